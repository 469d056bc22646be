// The audit record of org.bams.Manager. dbus/org.bams.Manager.xml says what the members mean.
import { call } from "./bus";
import type { Options } from "./wire";

const PATH = "/org/bams";
const IFACE = "org.bams.Manager";

/** One change that was asked for. What is left out was not known. */
export interface AuditRecord {
    time: number;
    person: string;
    login_uid?: number;
    uid?: number;
    pid?: number;
    action: string;
    method: string;
    object: string;
    description: string;
    arguments: Record<string, unknown>;
    outcome: string;
    error?: string;
    job?: number;
    duration_us?: number;
}

export const OUTCOMES = ["allowed", "denied", "done", "failed", "cancelled", "recovered"] as const;

/** The newest first. Only with the feature "audit-filter" may the options ask for more than limit and cursor. */
export async function listAudit(options: Options = {}): Promise<[entries: AuditRecord[], cursor: string]> {
    return (await call(PATH, IFACE, "ListAudit", "a{sv}", options)) as [AuditRecord[], string];
}

/** Check the chain of all records. */
export async function verifyAudit(): Promise<[ok: boolean, records: number, problem: string]> {
    return (await call(PATH, IFACE, "VerifyAudit", "")) as [boolean, number, string];
}
