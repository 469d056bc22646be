// org.bams.Logs: the journal of the appliance's services. dbus/org.bams.Logs.xml says what the members mean.
import { call } from "./bus";
import type { Options } from "./wire";

const PATH = "/org/bams/Logs";
const IFACE = "org.bams.Logs";
export const LOGS = IFACE;

export interface LogService {
    name: string;
    description: string;
    units: string[];
    state: string;
    present: boolean;
}

export interface LogEntry {
    cursor: string;
    time: number;
    priority: number;
    service: string;
    unit: string;
    identifier: string;
    pid: number;
    message: string;
}

export async function listServices(): Promise<LogService[]> {
    return (await call(PATH, IFACE, "ListServices", ""))[0] as LogService[];
}

export async function get(service: string, options: Options = {}): Promise<[entries: LogEntry[], cursor: string]> {
    return (await call(PATH, IFACE, "Get", "sa{sv}", service, options)) as [LogEntry[], string];
}

/** Entries come as the signal Entries(id, entries, dropped), to this caller alone. */
export async function follow(service: string, options: Options = {}): Promise<number> {
    return (await call(PATH, IFACE, "Follow", "sa{sv}", service, options))[0] as number;
}

export async function stopFollowing(id: number, options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "StopFollowing", "ua{sv}", id, options);
}
