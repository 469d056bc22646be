import { ExpandableRowContent, Tbody, Td, Tr } from "@patternfly/react-table";
import { useState } from "react";

import type { AuditRecord } from "../../api/audit";
import { ACTIONS } from "../../api/permissions";
import { Details } from "../../components/Details";
import { RowToggle } from "../../components/RowToggle";
import { StateLabel } from "../../components/StateLabel";
import { duration, moment } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";

/** An argument as text. What it holds came from a person or a device. */
function valueText(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}

function Arguments({ of }: { of: Record<string, unknown> }) {
    const entries = Object.entries(of);
    if (entries.length === 0) return null;
    return (
        <ul className="bams-commands">
            {entries.map(([name, value]) => (
                <li key={name}>{`${name} = ${valueText(value)}`}</li>
            ))}
        </ul>
    );
}

function whoText({ person, login_uid: login, uid, pid }: AuditRecord): string {
    const ids = [
        login === undefined ? "" : fill(_("logged in as user {uid}"), { uid: login }),
        uid === undefined ? "" : fill(_("called as user {uid}"), { uid }),
        !pid ? "" : fill(_("process {pid}"), { pid }),
    ];
    return [person, ...ids].filter(Boolean).join(", ");
}

/** Where the object of a record is now; it may be gone. */
function ObjectText({ object }: { object: string }) {
    const place = placeOf(object);
    if (object === "") return <span className="bams-quiet">–</span>;
    const name = object.replace(/^\/org\/bams\/?/, "") || "BAMS";
    return place ? <Link to={place}>{name}</Link> : name;
}

/** One record, which opens to all that is known of it. */
export function AuditRow({ record }: { record: AuditRecord }) {
    const [isOpen, setOpen] = useState(false);
    const known = ACTIONS[record.action];
    const time = moment(record.time);
    return (
        <Tbody isExpanded={isOpen}>
            <Tr>
                <Td>
                    <RowToggle
                        isOpen={isOpen}
                        label={fill(_("Details of the record of {time}"), { time })}
                        onToggle={() => setOpen(!isOpen)}
                    />
                </Td>
                <Td dataLabel={_("Time")} className="bams-number">
                    {time}
                </Td>
                <Td dataLabel={_("Person")} className="bams-wrap">
                    {record.person}
                </Td>
                <Td dataLabel={_("What")} className="bams-wrap">
                    {record.description || record.method}
                    {record.error && <div className="bams-quiet">{record.error}</div>}
                </Td>
                <Td dataLabel={_("Object")} className="bams-wrap">
                    <ObjectText object={record.object} />
                </Td>
                <Td dataLabel={_("Outcome")}>
                    <StateLabel state={record.outcome} />
                </Td>
            </Tr>
            <Tr isExpanded={isOpen}>
                <Td />
                <Td colSpan={5}>
                    <ExpandableRowContent>
                        {isOpen && (
                            <Details
                                entries={[
                                    [_("Person"), whoText(record)],
                                    [_("Method"), record.method],
                                    [
                                        _("Needed permission"),
                                        known ? `${_(known.description)} (${record.action})` : record.action,
                                    ],
                                    [_("Object"), record.object],
                                    [
                                        _("Arguments"),
                                        Object.keys(record.arguments).length > 0 && (
                                            <Arguments of={record.arguments} />
                                        ),
                                    ],
                                    [_("Error"), record.error],
                                    [_("Job"), record.job ? String(record.job) : ""],
                                    [_("Took"), record.duration_us ? duration(record.duration_us / 1e6) : ""],
                                ]}
                            />
                        )}
                    </ExpandableRowContent>
                </Td>
            </Tr>
        </Tbody>
    );
}
