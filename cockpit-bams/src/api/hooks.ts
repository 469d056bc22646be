// What React components read of the daemon.
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

import { type ConnectionState, connectionNumber, connectionState, onConnectionState, onSignal, store } from "./bus";
import { BusError, asBusError } from "./errors";
import { MANAGER, type DeviceArea, type Manager } from "./manager";
import type { Listed } from "./store";

export function useConnection(): ConnectionState {
    return useSyncExternalStore(onConnectionState, connectionState);
}

/** Another number with each connection to the daemon: what was asked before may have another answer now. */
export function useConnectionNumber(): number {
    return useSyncExternalStore(onConnectionState, connectionNumber);
}

/** All objects with an interface, such as useObjects<DiskPool>(POOL). */
export function useObjects<T extends Listed>(iface: string): readonly T[] {
    return useSyncExternalStore(store.subscribe, () => store.list(iface)) as readonly T[];
}

/** One object, or undefined when it is not there. */
export function useObject<T extends Listed>(path: string, iface: string): T | undefined {
    return useSyncExternalStore(store.subscribe, () => store.one(path, iface)) as T | undefined;
}

/** One property of one object; undefined when it is not there. */
export function useProperty<T extends Listed, K extends keyof T>(
    path: string,
    iface: string,
    name: K,
): T[K] | undefined {
    return useObject<T>(path, iface)?.[name];
}

export function useManager(): Manager | undefined {
    return useObject<Manager>("/org/bams", MANAGER);
}

/** Whether the daemon can do something, by the word in Manager.Features. */
export function useFeature(word: string): boolean {
    return useManager()?.Features.includes(word) ?? false;
}

/** Whether the daemon has just started and not found all devices of an area yet; never without an area. */
export function useDiscovering(area: DeviceArea | undefined): boolean {
    const looking = useManager()?.Discovering ?? [];
    return area !== undefined && looking.includes(area);
}

export interface Answered<T> {
    value: T | undefined;
    error: BusError | undefined;
    loading: boolean;
    /** Ask again. */
    again: () => void;
}

/**
 * Ask the daemon something when the component appears, with each new connection, when the daemon has found the devices
 * of one more area, and whenever `ask` changes: wrap it in useCallback. The value before stays until the new one is
 * there.
 */
export function useAnswer<T>(ask: () => Promise<T>): Answered<T> {
    const [result, setResult] = useState<{ value?: T; error?: BusError; loading: boolean }>({ loading: true });
    const [round, setRound] = useState(0);
    const connection = useConnectionNumber();
    const discovering = useManager()?.Discovering?.join() ?? "";
    useEffect(() => {
        let current = true;
        setResult((before) => ({ ...before, loading: true }));
        ask().then(
            (value) => current && setResult({ value, loading: false }),
            (thrown: unknown) => current && setResult({ error: asBusError(thrown), loading: false }),
        );
        return () => {
            current = false;
        };
    }, [ask, round, connection, discovering]);
    const again = useCallback(() => setRound((before) => before + 1), []);
    return { value: result.value, error: result.error, loading: result.loading, again };
}

/** Hear a signal of an interface while the component is there. Wrap `listener` in useCallback. */
export function useSignal(iface: string, signal: string, listener: (path: string, args: unknown[]) => void): void {
    useEffect(
        () => onSignal((path, from, name, args) => {
            if (from === iface && name === signal) listener(path, args);
        }),
        [iface, signal, listener],
    );
}
