import { ExpandableSection, Progress, ProgressMeasureLocation } from "@patternfly/react-core";
import { useEffect, useState } from "react";

import { asBusError } from "../api/errors";
import { useObjects } from "../api/hooks";
import { JOB, type Job, cancel } from "../api/jobs";
import { ago, left } from "../format";
import { _, fill, ngettext } from "../text";
import { toast } from "../toasts";
import { Button, Spinner } from "./spoken";

/** The time, again every few seconds while jobs run. */
function useNow(active: boolean): number {
    const [now, setNow] = useState(Date.now);
    useEffect(() => {
        if (!active) return undefined;
        const timer = setInterval(() => setNow(Date.now()), 2000);
        return () => clearInterval(timer);
    }, [active]);
    return now;
}

function remaining(job: Job, now: number): string {
    if (!job.ExpectedEndTime) return "";
    const seconds = job.ExpectedEndTime / 1e6 - now / 1000;
    return seconds > 0 ? left(seconds) : _("takes longer than usual");
}

function JobRow({ job, now }: { job: Job; now: number }) {
    const [asked, setAsked] = useState(false);
    const stop = () => {
        setAsked(true);
        cancel(job.path).catch((thrown: unknown) => {
            setAsked(false);
            const error = asBusError(thrown);
            toast("danger", error.title, error.message);
        });
    };
    const who = fill(_("{person}, {time}"), { person: job.StartedBy, time: ago(job.StartTime, now) });
    return (
        <div className="bams-job">
            <div className="bams-job-text">
                <span className="bams-wrap">{job.Description}</span>
                <span className="bams-quiet">{[who, remaining(job, now)].filter(Boolean).join(" · ")}</span>
            </div>
            <div className="bams-job-progress">
                {job.ProgressValid ? (
                    <Progress
                        value={Math.round(job.Progress * 100)}
                        size="sm"
                        measureLocation={ProgressMeasureLocation.outside}
                        aria-label={job.Description}
                    />
                ) : (
                    <Spinner size="md" aria-label={fill(_("Running: {job}"), { job: job.Description })} />
                )}
            </div>
            {job.Cancelable && (
                <Button variant="link" size="sm" onClick={stop} isDisabled={asked}>
                    {asked ? _("Cancelling") : _("Cancel")}
                </Button>
            )}
        </div>
    );
}

/** What runs now, on every page. The daemon knows it, so it is the same after a reload. */
export function JobsBar() {
    const running = useObjects<Job>(JOB).filter(({ State }) => State === "running");
    const now = useNow(running.length > 0);
    const [isOpen, setOpen] = useState(false);
    if (running.length === 0) return null;
    const rows = running.map((job) => <JobRow key={job.path} job={job} now={now} />);
    return (
        <section className="bams-jobs" aria-label={_("Running jobs")}>
            {rows.slice(0, 2)}
            {rows.length > 2 && (
                <ExpandableSection
                    isExpanded={isOpen}
                    onToggle={(_event, next) => setOpen(next)}
                    toggleText={ngettext("{count} more", "{count} more", rows.length - 2)}
                >
                    {rows.slice(2)}
                </ExpandableSection>
            )}
        </section>
    );
}
