import { createContext, useCallback, useContext, useState } from "react";

/** What the fields of the open dialog remember, by their ids. */
export const FieldMemory = createContext<Map<string, unknown> | null>(null);

/**
 * State of a field of a dialog, such as what stands in it as it was typed. It outlives the field, which is not there
 * while the plan is shown or the daemon is away. ``id`` is one of its own in the dialog.
 */
export function useFieldState<T>(id: string, initial: () => T): [T, (next: T) => void] {
    const memory = useContext(FieldMemory);
    const [value, setValue] = useState<T>(() => (memory?.has(id) ? (memory.get(id) as T) : initial()));
    const become = useCallback(
        (next: T) => {
            memory?.set(id, next);
            setValue(next);
        },
        [memory, id],
    );
    return [value, become];
}
