// The one dialog that is open. It belongs to no part of a page, so that it stays when that part goes: the row of what
// somebody else deleted, or the whole page while the daemon is away.
import { type ReactNode, useSyncExternalStore } from "react";

interface Opened {
    id: number;
    content: ReactNode;
}

let opened: Opened | null = null;
let next = 1;
const listeners = new Set<() => void>();

function become(dialog: Opened | null): void {
    opened = dialog;
    for (const listener of [...listeners]) listener();
}

/** Open a dialog in place of any other. `make` gets the function that closes it. */
export function openDialog(make: (close: () => void) => ReactNode): void {
    const id = next++;
    const close = () => {
        if (opened?.id === id) become(null);
    };
    become({ id, content: make(close) });
}

export function closeDialog(): void {
    become(null);
}

export function useOpened(): Opened | null {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => opened,
    );
}
