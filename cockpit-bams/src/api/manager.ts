// org.bams.Manager: the daemon itself. dbus/org.bams.Manager.xml says what the members mean.
import { call } from "./bus";
import type { Listed } from "./store";
import type { Options } from "./wire";

const PATH = "/org/bams";
const IFACE = "org.bams.Manager";
export const MANAGER = "org.bams.Manager";

export interface Alert {
    id: string;
    severity: "critical" | "warning" | "info";
    summary: string;
    advice: string;
    object: string;
    since: number;
    acknowledged_by: string;
    acknowledged: number;
}

/** An area of the daemon that looks for devices when it starts. */
export type DeviceArea = "disk" | "tape" | "iscsi";

export interface Manager extends Listed {
    Version: string;
    Features: string[];
    Hostname: string;
    /** The areas that the daemon still looks for devices of; an older daemon does not say. */
    Discovering?: string[];
    Alerts: Alert[];
}

export type Answer = "yes" | "challenge" | "no";

export async function getPermissions(): Promise<Record<string, Answer>> {
    return (await call(PATH, IFACE, "GetPermissions", ""))[0] as Record<string, Answer>;
}

export async function reload(options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "Reload", "a{sv}", options);
}

export async function acknowledgeAlert(id: string, options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "AcknowledgeAlert", "sa{sv}", id, options);
}

/** What an overview shows at one glance; only with the feature "overview". */
export async function getOverview(): Promise<Record<string, unknown>> {
    return (await call(PATH, IFACE, "GetOverview", ""))[0] as Record<string, unknown>;
}

export interface Delivery {
    way: string;
    ok: boolean;
    text: string;
}

/** Send a test by every way that alerts take. */
export async function testDelivery(options: Options = {}): Promise<Delivery[]> {
    return (await call(PATH, IFACE, "TestDelivery", "a{sv}", options))[0] as Delivery[];
}

/** Whether the daemon has TestDelivery: Features has no word of its own for it. */
export async function canTestDelivery(): Promise<boolean> {
    const [xml] = await call(PATH, "org.freedesktop.DBus.Introspectable", "Introspect", "");
    return typeof xml === "string" && xml.includes('name="TestDelivery"');
}
