import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import { useObjects } from "../../api/hooks";
import { type IscsiTarget, type Session, TARGET } from "../../api/iscsi";
import { ActionsMenu } from "../../components/ActionsMenu";
import { ErrorAlert } from "../../components/ErrorAlert";
import { NothingHere } from "../../components/NothingHere";
import { Button, Spinner } from "../../components/spoken";
import { useFew } from "../../components/useFew";
import { openDialog } from "../../dialogs";
import { bytes, rate, time } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { CloseSession } from "./CloseSession";
import { useSessions } from "./useSessions";

/** A rate where it is known, else what was moved since the log-in, else a dash. */
function flow(perSecond: number | undefined, total: number | undefined): string {
    if (perSecond !== undefined) return rate(perSecond);
    return total !== undefined ? fill(_("{size} in all"), { size: bytes(total) }) : bytes(null);
}

interface RowProps {
    session: Session;
    target: IscsiTarget | undefined;
    withTarget: boolean;
    onClosed: () => void;
}

function SessionRow({ session, target, withTarget, onClosed }: RowProps) {
    const place = target && placeOf(target.path);
    const actions = [
        {
            text: _("Close session"),
            action: "org.bams.iscsi.destroy",
            isDanger: true,
            refusal: target?.Owned ? undefined : _("Others made this target. BAMS never changes it."),
            onClick: () => openDialog((close) => <CloseSession {...{ session, onClosed }} onClose={close} />),
        },
    ];
    return (
        <Tr>
            <Td dataLabel={_("Initiator")} className="bams-wrap">
                {session.initiator}
                <div className="bams-quiet">{fill(_("since {time}"), { time: time(session.since) })}</div>
            </Td>
            {withTarget && (
                <Td dataLabel={_("Target")} className="bams-wrap">
                    {place ? <Link to={place}>{session.target}</Link> : session.target}
                </Td>
            )}
            <Td dataLabel={_("From")} className="bams-wrap">
                {session.address ?? bytes(null)}
                {session.portal && (
                    <div className="bams-quiet">{fill(_("through {portal}"), { portal: session.portal })}</div>
                )}
            </Td>
            <Td dataLabel={_("LUNs")} className="bams-wrap">
                {session.luns.length ? session.luns.join(", ") : bytes(null)}
            </Td>
            <Td dataLabel={_("Reads")} className="bams-number">
                {flow(session.read_rate, session.read_bytes)}
            </Td>
            <Td dataLabel={_("Writes")} className="bams-number">
                {flow(session.write_rate, session.written_bytes)}
            </Td>
            <Td isActionCell>
                <ActionsMenu label={fill(_("Actions of {name}"), { name: session.initiator })} actions={actions} />
            </Td>
        </Tr>
    );
}

/** Who is logged in: to one target, or to any with an empty name. */
export function SessionsCard({ iqn }: { iqn: string }) {
    const { value, error, again } = useSessions(iqn);
    const targets = useObjects<IscsiTarget>(TARGET);
    const sessions = value ?? [];
    const { few, more } = useFew(sessions);
    const refresh = (
        <Button variant="link" isInline onClick={again}>
            {_("Look again")}
        </Button>
    );
    return (
        <Card>
            <CardHeader actions={{ actions: refresh, hasNoOffset: true }}>
                <CardTitle component="h2">{_("Sessions")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {error && (
                    <div className="bams-inset">
                        <ErrorAlert error={error} title={_("The sessions are not known")} />
                    </div>
                )}
                {!error && !value && <Spinner size="lg" aria-label={_("Looking for sessions")} />}
                {!error && value && sessions.length === 0 && (
                    <NothingHere compact title={_("Nobody is logged in")}>
                        {iqn
                            ? _("Below is what an initiator has to type.")
                            : _("An initiator that logs in to a target is shown here.")}
                    </NothingHere>
                )}
                {!error && sessions.length > 0 && (
                    <Table variant="compact" aria-label={_("Sessions")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Initiator")}</Th>
                                {!iqn && <Th>{_("Target")}</Th>}
                                <Th>{_("From")}</Th>
                                <Th>{_("LUNs")}</Th>
                                <Th>{_("Reads")}</Th>
                                <Th>{_("Writes")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {few.map((session) => (
                                <SessionRow
                                    key={`${session.target} ${session.initiator} ${session.id}`}
                                    session={session}
                                    target={targets.find(({ Iqn }) => Iqn === session.target)}
                                    withTarget={iqn === ""}
                                    onClosed={again}
                                />
                            ))}
                        </Tbody>
                    </Table>
                )}
                {more}
            </CardBody>
        </Card>
    );
}
