// org.bams.Job: long operations. dbus/org.bams.Job.xml says what the members mean.
import { call } from "./bus";
import { BusError } from "./errors";
import type { Listed } from "./store";
import { type Options, plain } from "./wire";

export const JOB = "org.bams.Job";

export type Effect = "safe" | "pause" | "disconnect" | "destroy";

/** One step of a plan. */
export interface Step {
    summary: string;
    effect: Effect;
    object: string;
    command: string;
}

export interface Job extends Listed {
    Operation: string;
    Description: string;
    Objects: string[];
    State: "planned" | "running" | "succeeded" | "failed" | "cancelled";
    Progress: number;
    ProgressValid: boolean;
    StartTime: number;
    EndTime: number;
    ExpectedEndTime: number;
    StartedByUid: number;
    StartedBy: string;
    Cancelable: boolean;
    Result: Record<string, unknown>;
    Error: [name: string, message: string];
}

const EFFECTS: readonly Effect[] = ["safe", "pause", "disconnect", "destroy"];

/** What a job is now, asked of the daemon. */
export async function getJob(path: string): Promise<Job> {
    const [all] = await call(path, "org.freedesktop.DBus.Properties", "GetAll", "s", JOB);
    return { ...(plain(all) as Omit<Job, "path">), path };
}

/** The steps of a job that was asked for with dry_run. */
export async function getPlan(path: string): Promise<Step[]> {
    const { Result } = await getJob(path);
    const steps = Array.isArray(Result["plan"]) ? (Result["plan"] as Partial<Step>[]) : [];
    return steps.map((step) => ({
        summary: step.summary ?? "",
        // An effect of a later version: take it for the worst.
        effect: EFFECTS.find((known) => known === step.effect) ?? "destroy",
        object: step.object ?? "",
        command: step.command ?? "",
    }));
}

/** The worst effect of a plan. */
export function worst(steps: readonly Step[]): Effect {
    const rank = Math.max(0, ...steps.map(({ effect }) => EFFECTS.indexOf(effect)));
    return EFFECTS[rank] ?? "destroy";
}

/** The error of a job that failed or was cancelled. */
export function jobError(job: Job): BusError | null {
    const [name, message] = job.Error;
    return job.State === "failed" || job.State === "cancelled" ? new BusError(name, message) : null;
}

export async function cancel(path: string, options: Options = {}): Promise<void> {
    await call(path, JOB, "Cancel", "a{sv}", options);
}
