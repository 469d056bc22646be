import { Card, CardBody, CardHeader, CardTitle, Flex } from "@patternfly/react-core";
import { Table, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import { useFeature } from "../../api/hooks";
import { ErrorAlert } from "../../components/ErrorAlert";
import { NothingHere } from "../../components/NothingHere";
import { Button, Spinner } from "../../components/spoken";
import { replace } from "../../routing";
import { _, ngettext } from "../../text";
import { AuditFilters } from "./AuditFilters";
import { AuditRow } from "./AuditRow";
import { VerdictAlert, type Verdict, VerifyButton } from "./VerifyButton";
import { addressOf, isNarrowed, readFilter } from "./filter";
import { useAudit } from "./useAudit";

type Audit = ReturnType<typeof useAudit>;

function Records({ audit }: { audit: Audit }) {
    return (
        <Table variant="compact" aria-label={_("Audit record")} isExpandable>
            <Thead>
                <Tr>
                    <Th screenReaderText={_("Details")} />
                    <Th>{_("Time")}</Th>
                    <Th>{_("Person")}</Th>
                    <Th>{_("What")}</Th>
                    <Th>{_("Object")}</Th>
                    <Th>{_("Outcome")}</Th>
                </Tr>
            </Thead>
            {audit.records.map((record, index) => (
                // A record has no name; its place does, until the record is read anew.
                <AuditRow key={`${index} ${record.time}`} record={record} />
            ))}
        </Table>
    );
}

function NoRecords({ audit, narrowed }: { audit: Audit; narrowed: boolean }) {
    if (audit.loading) return <Spinner size="lg" aria-label={_("Reading the audit record")} />;
    if (audit.error) return null;
    return narrowed ? (
        <NothingHere compact title={_("Nothing fits")}>
            {_("No record fits what you look for. Change it above, or show all.")}
        </NothingHere>
    ) : (
        <NothingHere compact title={_("No record yet")}>
            {_("Every change that somebody asks for is written down here, allowed or not.")}
        </NothingHere>
    );
}

/** Who asked for what, and what became of it. */
export function AuditCard({ options }: { options: Record<string, string> }) {
    const canFind = useFeature("audit-filter");
    const filter = readFilter(canFind ? options : {});
    const audit = useAudit(filter, canFind);
    const [verdict, setVerdict] = useState<Verdict | null>(null);
    const { records, cursor, loading, error } = audit;
    const actions = (
        <>
            <Button variant="link" onClick={audit.again}>
                {_("Read again")}
            </Button>
            <VerifyButton onVerdict={setVerdict} />
        </>
    );
    return (
        <Card>
            <CardHeader actions={{ actions, hasNoOffset: true }}>
                <CardTitle component="h2">{_("Audit record")}</CardTitle>
            </CardHeader>
            <CardBody>
                {verdict && <VerdictAlert verdict={verdict} />}
                {canFind && (
                    <AuditFilters filter={filter} onFind={(next) => replace(["audit"], addressOf(next))} />
                )}
                {error && <ErrorAlert error={error} className="bams-space-above" />}
            </CardBody>
            <CardBody className="bams-table-body">
                {records.length ? (
                    <Records audit={audit} />
                ) : (
                    <NoRecords audit={audit} narrowed={isNarrowed(filter)} />
                )}
                {records.length > 0 && (
                    <Flex className="bams-inset bams-space-above" alignItems={{ default: "alignItemsCenter" }}>
                        {cursor !== "" && (
                            <Button variant="secondary" onClick={audit.older} isLoading={loading} isDisabled={loading}>
                                {_("Older records")}
                            </Button>
                        )}
                        <span className="bams-quiet">
                            {ngettext("{count} record", "{count} records", records.length)}
                            {cursor === "" && ` · ${_("Nothing is older.")}`}
                        </span>
                    </Flex>
                )}
            </CardBody>
        </Card>
    );
}
