// Jobs that end while nobody looks at them become short messages.
import { store } from "./api/bus";
import { JOB, type Job } from "./api/jobs";
import { _, fill } from "./text";
import { toast } from "./toasts";

const running = new Set<string>();
const inDialog = new Set<string>();

/**
 * A dialog shows this job itself. Call what is returned when it no longer does; with true when the end of the job, if
 * it comes later, is to be told by a message.
 */
export function watched(path: string): (later: boolean) => void {
    inDialog.add(path);
    return (later) => {
        if (!later) running.delete(path);
        inDialog.delete(path);
        if (later) look();
    };
}

/** What a job that did its work still has to say. */
export function tellWarnings(job: Job): void {
    const warnings = job.Result["warnings"];
    if (!Array.isArray(warnings) || warnings.length === 0) return;
    toast("warning", fill(_("Done, with a warning: {job}"), { job: job.Description }), warnings.join(" "));
}

function look(): void {
    for (const job of store.list(JOB) as readonly Job[]) {
        if (job.State === "running") running.add(job.path);
        else if (running.has(job.path) && !inDialog.has(job.path)) {
            running.delete(job.path);
            tell(job);
        }
    }
}

function tell(job: Job): void {
    const values = { job: job.Description };
    if (job.State === "succeeded") {
        toast("success", fill(_("Done: {job}"), values));
        tellWarnings(job);
    } else if (job.State === "cancelled") toast("info", fill(_("Cancelled: {job}"), values), job.Error[1]);
    else toast("danger", fill(_("Failed: {job}"), values), job.Error[1]);
}

export function followJobs(): void {
    store.subscribe(look);
}
