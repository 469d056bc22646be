// The one connection to bamsd. It is made anew when the daemon restarts and when the person gains or drops
// administrative access, because a channel keeps the privilege that it was opened with.
import { _ } from "../text";
import { BusError, asBusError } from "./errors";
import { serviceState } from "./service";
import { ManagedObjects, ObjectStore } from "./store";
import { plain } from "./wire";

const NAME = "org.bams";
const ROOT = "/org/bams";
const MANAGER = "org.bams.Manager";
const OBJECTS = "org.freedesktop.DBus.ObjectManager";
const PROPERTIES = "org.freedesktop.DBus.Properties";
const RETRY_MS = 3000;

export type ConnectionState =
    | { kind: "connecting" }
    | { kind: "ready" }
    /** It was there and ended; systemd starts it again, or it does not. */
    | { kind: "gone" }
    | { kind: "stopped"; failed: boolean }
    | { kind: "absent" }
    /** The way to the host is broken, or the bus refuses. */
    | { kind: "lost"; problem: string };

export type SignalListener = (path: string, iface: string, signal: string, args: unknown[]) => void;

export const store = new ObjectStore();

let client: CockpitDBusClient | null = null;
let state: ConnectionState = { kind: "connecting" };
let wasReady = false;
let connections = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
const stateListeners = new Set<() => void>();
const signalListeners = new Set<SignalListener>();

export function connectionState(): ConnectionState {
    return state;
}

/** Another number with each connection that was made, for what has to be asked for again then. */
export function connectionNumber(): number {
    return connections;
}

/** Wait until there is a connection. */
export async function connected(): Promise<void> {
    if (state.kind === "ready") return;
    await new Promise<void>((resolve) => {
        const stop = onConnectionState(() => {
            if (state.kind !== "ready") return;
            stop();
            resolve();
        });
    });
}

export function onConnectionState(listener: () => void): () => void {
    stateListeners.add(listener);
    return () => stateListeners.delete(listener);
}

/** Hear signals other than those of properties and objects, such as Tape.SlotsChanged. Returns the way out. */
export function onSignal(listener: SignalListener): () => void {
    signalListeners.add(listener);
    return () => signalListeners.delete(listener);
}

function become(next: ConnectionState): void {
    // Ready again is news: after a new connection, everything that was asked before may have another answer.
    if (next.kind !== "ready" && JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    if (next.kind === "ready") {
        wasReady = true;
        connections += 1;
    }
    for (const listener of [...stateListeners]) listener();
}

/**
 * Call a method. The signature is that of the arguments; values come back without variants.
 * Throws BusError, with the daemon's name and sentence.
 */
export async function call(
    path: string,
    iface: string,
    method: string,
    signature: string,
    ...args: unknown[]
): Promise<unknown[]> {
    // A call asks the bus to start the daemon, which an administrator may have stopped.
    if (!client || state.kind !== "ready") {
        throw new BusError("org.freedesktop.DBus.Error.ServiceUnknown", _("There is no connection to BAMS."));
    }
    try {
        return plain(await client.call(path, iface, method, args, { type: signature })) as unknown[];
    } catch (thrown) {
        throw asBusError(thrown);
    }
}

/** Open the connection, or open it anew. */
export function connect(): void {
    clearTimeout(retry);
    // Closing tells "close" at once, and that of a channel which was given up is no news.
    const before = client;
    client = null;
    before?.close();
    const opened = cockpit.dbus(NAME, { bus: "system", superuser: "try" });
    client = opened;
    if (!wasReady) become({ kind: "connecting" });
    let owner: string | null | undefined;
    opened.addEventListener("close", (_event, options?: { problem?: string }) => {
        if (client === opened) void failed(opened, asBusError({ problem: options?.problem ?? "closed" }));
    });
    opened.addEventListener("owner", (_event, name: string | null) => {
        if (client !== opened) return;
        // The first owner is the one that this connection was opened to.
        if (!name) void away(opened);
        else if (owner !== undefined && owner !== name) connect();
        owner = name;
    });
    opened.subscribe({ path_namespace: ROOT }, (...signal) => {
        if (client === opened) heard(...signal);
    });
    load(opened).catch((thrown: unknown) => {
        if (client === opened) void failed(opened, asBusError(thrown));
    });
}

async function load(opened: CockpitDBusClient): Promise<void> {
    store.expect();
    const [[objects], [manager]] = await Promise.all([
        opened.call(ROOT, OBJECTS, "GetManagedObjects", [], { type: "" }),
        opened.call(ROOT, PROPERTIES, "GetAll", [MANAGER], { type: "s" }),
    ]);
    if (client !== opened) return;
    store.reset({ ...(objects as ManagedObjects), [ROOT]: { [MANAGER]: manager as Record<string, unknown> } });
    become({ kind: "ready" });
}

function heard(path: string, iface: string, signal: string, args: unknown[]): void {
    if (iface === OBJECTS) {
        if (signal === "InterfacesAdded") store.added(args[0] as string, args[1] as ManagedObjects[string]);
        if (signal === "InterfacesRemoved") store.removed(args[0] as string, args[1] as string[]);
    } else if (iface === PROPERTIES) {
        const [name, changed, gone] = args as [string, Record<string, unknown>, string[]];
        store.changed(path, name, changed);
        if (gone.length) void refresh(path, name);
    } else {
        const values = plain(args) as unknown[];
        for (const listener of [...signalListeners]) listener(path, iface, signal, values);
    }
}

async function refresh(path: string, name: string): Promise<void> {
    try {
        const [all] = await call(path, PROPERTIES, "GetAll", "s", name);
        store.changed(path, name, all as Record<string, unknown>);
    } catch {
        // The object went away meanwhile; its removal is announced by itself.
    }
}

/** The daemon left the bus. When systemd brings it back, the event "owner" opens the connection anew. */
async function away(opened: CockpitDBusClient): Promise<void> {
    become({ kind: "gone" });
    const unit = await serviceState();
    if (client !== opened) return;
    if (state.kind === "gone" && unit.known && !unit.active) become({ kind: "stopped", failed: unit.failed });
    again();
}

async function failed(opened: CockpitDBusClient, error: BusError): Promise<void> {
    const problem = error.busName.replace(/^cockpit\./, "");
    if (problem === "disconnected" || problem === "terminated" || problem === "access-denied") {
        become({ kind: "lost", problem });
        return;
    }
    const unit = await serviceState();
    if (client !== opened) return;
    if (unit.known && !unit.installed) become({ kind: "absent" });
    else if (unit.known && unit.active) become({ kind: wasReady ? "gone" : "connecting" });
    else become({ kind: "stopped", failed: unit.failed });
    again();
}

function again(): void {
    clearTimeout(retry);
    // Only look: opening the channel asks the bus to start the daemon, which an administrator may have stopped.
    retry = setTimeout(() => {
        if (state.kind === "ready") return;
        void serviceState().then((unit) => {
            if (state.kind === "ready") return;
            if (!unit.known || unit.active) {
                connect();
                return;
            }
            // systemd may have given up since the last look.
            become(unit.installed ? { kind: "stopped", failed: unit.failed } : { kind: "absent" });
            again();
        });
    }, RETRY_MS);
}
