import { Card, CardBody, CardTitle, Stack, StackItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useCallback } from "react";

import { type BaculaJob, type BaculaStatus, type CatalogJob, listJobs } from "../../api/bacula";
import { useAnswer } from "../../api/hooks";
import { u } from "../../api/wire";
import { ErrorAlert } from "../../components/ErrorAlert";
import { NothingHere } from "../../components/NothingHere";
import { Spinner } from "../../components/spoken";
import { bytes, duration, number, rate, time } from "../../format";
import { _, fill } from "../../text";
import { Word } from "./Word";
import { jobKind, jobState } from "./words";

const MOST = 100;

type Shown = BaculaJob & Partial<CatalogJob>;

function took({ started = 0, ended = 0 }: Shown): string {
    return started && ended > started ? duration((ended - started) / 1e6) : "";
}

/** Bytes a second from the begin to the end, or to now. */
function speed({ started = 0, ended = 0, bytes: written = 0 }: Shown, now: number): string {
    const seconds = ((ended || now) - started) / 1e6;
    return started && seconds > 1 && written > 0 ? rate(written / seconds) : "";
}

function JobRow({ job, asOf, withDevice }: { job: Shown; asOf: number; withDevice: boolean }) {
    const { text, look } = jobState(job.status ?? "");
    const kind = jobKind({ ...(job.type ? { type: job.type } : {}), ...(job.level ? { level: job.level } : {}) });
    return (
        <Tr>
            <Td dataLabel={_("Job")} className="bams-wrap">
                {job.name}
                <div className="bams-quiet">
                    {[fill(_("job {id}"), { id: job.jobid }), kind, job.client].filter(Boolean).join(" · ")}
                </div>
            </Td>
            <Td dataLabel={_("State")}>
                <Word text={text} look={look} />
                {Boolean(job.errors) && (
                    <div className="bams-quiet">{fill(_("Errors: {count}"), { count: number(job.errors ?? 0) })}</div>
                )}
            </Td>
            <Td dataLabel={_("Started")}>
                {time(job.started ?? 0)}
                <div className="bams-quiet">{took(job)}</div>
            </Td>
            <Td dataLabel={_("Written")} className="bams-number">
                {bytes(job.bytes)}
                <div className="bams-quiet">{speed(job, asOf)}</div>
            </Td>
            <Td dataLabel={_("Files")} className="bams-number">
                {number(job.files ?? 0)}
            </Td>
            {withDevice && (
                <Td dataLabel={_("Device")} className="bams-wrap">
                    {job.device || bytes(null)}
                    {job.volume && <div className="bams-quiet">{job.volume}</div>}
                </Td>
            )}
        </Tr>
    );
}

function JobsTable({ label, jobs, asOf }: { label: string; jobs: readonly Shown[]; asOf: number }) {
    const withDevice = jobs.some(({ device }) => Boolean(device));
    return (
        <Table variant="compact" aria-label={label}>
            <Thead>
                <Tr>
                    <Th>{_("Job")}</Th>
                    <Th>{_("State")}</Th>
                    <Th>{_("Started")}</Th>
                    <Th>{_("Written")}</Th>
                    <Th>{_("Files")}</Th>
                    {withDevice && <Th>{_("Device")}</Th>}
                </Tr>
            </Thead>
            <Tbody>
                {jobs.map((job) => (
                    <JobRow key={job.jobid} job={job} asOf={asOf} withDevice={withDevice} />
                ))}
            </Tbody>
        </Table>
    );
}

function CatalogJobs({ round, asOf }: { round: number; asOf: number }) {
    const ask = useCallback(() => {
        void round;
        return listJobs({ limit: u(MOST) });
    }, [round]);
    const { value: jobs, error } = useAnswer(ask);
    if (error) return <ErrorAlert error={error} />;
    if (!jobs) return <Spinner size="lg" aria-label={_("Asking the Director")} />;
    if (jobs.length === 0) {
        return (
            <NothingHere compact title={_("No job in the catalog")}>
                {_("Jobs are set up and started at the Director.")}
            </NothingHere>
        );
    }
    return <JobsTable label={_("Newest jobs")} jobs={jobs} asOf={asOf} />;
}

function EndedJobs({ status, asOf }: { status: BaculaStatus; asOf: number }) {
    const ended = [...(status.ended ?? [])].sort((a, b) => b.jobid - a.jobid);
    if (ended.length === 0) {
        return (
            <NothingHere compact title={_("No ended job is known")}>
                {status.reachable
                    ? _("The storage daemon remembers the last ones. The Director, which knows all, does not answer.")
                    : _("Neither the storage daemon nor the Director answers. What to do stands above.")}
            </NothingHere>
        );
    }
    return <JobsTable label={_("Ended jobs")} jobs={ended} asOf={asOf} />;
}

export function JobsTab({ status, round, asOf }: { status: BaculaStatus; round: number; asOf: number }) {
    const running = status.running ?? [];
    return (
        <Stack hasGutter>
            <StackItem>
                <Card>
                    <CardTitle component="h2">{_("Running in the storage daemon")}</CardTitle>
                    <CardBody className="bams-table-body">
                        {running.length > 0 ? (
                            <JobsTable label={_("Running jobs of Bacula")} jobs={running} asOf={asOf} />
                        ) : (
                            <p className="bams-inset">
                                {status.reachable
                                    ? _("No job runs.")
                                    : _("Whether a job runs is not known: the storage daemon does not answer.")}
                            </p>
                        )}
                    </CardBody>
                </Card>
            </StackItem>
            <StackItem>
                <Card>
                    <CardTitle component="h2">
                        {status.director_reachable ? _("Newest jobs of the catalog") : _("Ended jobs")}
                    </CardTitle>
                    <CardBody className="bams-table-body">
                        {status.director_reachable ? (
                            <CatalogJobs round={round} asOf={asOf} />
                        ) : (
                            <EndedJobs status={status} asOf={asOf} />
                        )}
                    </CardBody>
                </Card>
            </StackItem>
        </Stack>
    );
}
