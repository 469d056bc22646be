// Which slots and drives a running move is about. A job names its library and drive, and no slots, so what this page
// started is kept beside the job's path; moves that others started show at their drive and library alone.
import { useMemo, useSyncExternalStore } from "react";

import { useObjects } from "../../api/hooks";
import { JOB, type Job } from "../../api/jobs";

let started: ReadonlyMap<string, readonly number[]> = new Map();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** Remember the slots of a move. Passes the path of the job on. */
export async function withSlots(job: Promise<string>, ...slots: (number | null)[]): Promise<string> {
    const path = await job;
    started = new Map([...started, [path, slots.filter((slot) => slot !== null)]]);
    for (const listener of [...listeners]) listener();
    return path;
}

export function useRunning(object: string): readonly Job[] {
    const jobs = useObjects<Job>(JOB);
    return useMemo(() => jobs.filter(({ State, Objects }) => State === "running" && Objects.includes(object)), [
        jobs,
        object,
    ]);
}

/** The numbers of slots that a running job of the library takes from or brings to. */
export function useMovingSlots(library: string): ReadonlySet<number> {
    const jobs = useRunning(library);
    const known = useSyncExternalStore(subscribe, () => started);
    return useMemo(() => new Set(jobs.flatMap(({ path }) => known.get(path) ?? [])), [jobs, known]);
}
