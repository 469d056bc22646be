// Short messages at the edge of the window, for what ends in the background.
import { useSyncExternalStore } from "react";

export interface Toast {
    id: number;
    kind: "success" | "danger" | "warning" | "info";
    title: string;
    text?: string;
}

const MOST = 5;
let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function become(list: readonly Toast[]): void {
    toasts = list;
    for (const listener of [...listeners]) listener();
}

export function toast(kind: Toast["kind"], title: string, text?: string): void {
    const made: Toast = { id: next++, kind, title, ...(text ? { text } : {}) };
    become([...toasts, made].slice(-MOST));
}

export function dismiss(id: number): void {
    become(toasts.filter((known) => known.id !== id));
}

export function useToasts(): readonly Toast[] {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => toasts,
    );
}
