import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import { useObjects } from "../../api/hooks";
import { JOB, type Job } from "../../api/jobs";
import { StateLabel } from "../../components/StateLabel";
import { duration, time } from "../../format";
import { _ } from "../../text";

const MOST = 10;

/** What ended lately, the newest first. Plans are no news. */
export function JobsCard() {
    const ended = useObjects<Job>(JOB).filter(({ State }) => State !== "running" && State !== "planned");
    const recent = [...ended].sort((a, b) => b.EndTime - a.EndTime).slice(0, MOST);
    return (
        <Card>
            <CardTitle component="h2">{_("Recent jobs")}</CardTitle>
            <CardBody className="bams-table-body">
                {recent.length === 0 ? (
                    <p className="bams-inset">{_("No job has ended in the last hour.")}</p>
                ) : (
                    <Table variant="compact" aria-label={_("Recent jobs")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Job")}</Th>
                                <Th>{_("State")}</Th>
                                <Th>{_("Person")}</Th>
                                <Th>{_("Ended")}</Th>
                                <Th>{_("Took")}</Th>
                            </Tr>
                        </Thead>
                        <Tbody>
                            {recent.map((job) => (
                                <Tr key={job.path}>
                                    <Td dataLabel={_("Job")} className="bams-wrap">
                                        {job.Description}
                                        {job.Error[1] && <div className="bams-quiet">{job.Error[1]}</div>}
                                    </Td>
                                    <Td dataLabel={_("State")}>
                                        <StateLabel state={job.State} />
                                    </Td>
                                    <Td dataLabel={_("Person")}>{job.StartedBy}</Td>
                                    <Td dataLabel={_("Ended")}>{time(job.EndTime)}</Td>
                                    <Td dataLabel={_("Took")} className="bams-number">
                                        {duration((job.EndTime - job.StartTime) / 1e6)}
                                    </Td>
                                </Tr>
                            ))}
                        </Tbody>
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}
