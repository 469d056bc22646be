import {
    Button, Card, CardBody, CardHeader, CardTitle, SearchInput, Toolbar, ToolbarContent, ToolbarItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, type ThProps, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import { useObjects } from "../../api/hooks";
import { type IscsiTarget, TARGET } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { useDialog } from "../../components/useDialog";
import { number } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, ngettext } from "../../text";
import { CreateTarget } from "./CreateTarget";
import { ImportTargets } from "./ImportTargets";
import { TargetActions } from "./TargetActions";

const MORE = 100;

type Value = (target: IscsiTarget) => string | number;
const COLUMNS: readonly Value[] = [
    ({ Iqn }) => Iqn,
    ({ State }) => State,
    ({ Luns }) => Luns.length,
    ({ SessionCount }) => SessionCount,
];

function compare(a: string | number, b: string | number): number {
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

function TargetRow({ target }: { target: IscsiTarget }) {
    const { Iqn, Alias, State, StateText, Luns, SessionCount, Portals, Enabled } = target;
    return (
        <Tr>
            <Td dataLabel={_("Name")} className="bams-wrap">
                <Link to={placeOf(target.path) ?? []}>{Iqn}</Link>
                {Alias && <div className="bams-quiet">{Alias}</div>}
            </Td>
            <Td dataLabel={_("State")}>
                <StateLabel state={State} title={StateText} />
                {!Enabled && State !== "foreign" && <div className="bams-quiet">{_("log-ins are off")}</div>}
            </Td>
            <Td dataLabel={_("LUNs")} className="bams-number">
                {number(Luns.length)}
            </Td>
            <Td dataLabel={_("Sessions")} className="bams-number">
                {number(SessionCount)}
            </Td>
            <Td dataLabel={_("Portals")} className="bams-wrap">
                {Portals.length ? Portals.join(", ") : _("all addresses")}
            </Td>
            <Td isActionCell>
                <TargetActions target={target} />
            </Td>
        </Tr>
    );
}

export function TargetsCard({ refusal }: { refusal: string }) {
    const all = useObjects<IscsiTarget>(TARGET);
    const [text, setText] = useState("");
    const [sort, setSort] = useState<{ column: number; direction: "asc" | "desc" }>({ column: 0, direction: "asc" });
    const [limit, setLimit] = useState(MORE);
    const { dialog, open } = useDialog();
    const wanted = text.trim().toLowerCase();
    const value = COLUMNS[sort.column] ?? (({ Iqn }: IscsiTarget) => Iqn);
    const shown = all
        .filter(({ Iqn, Alias }) => `${Iqn} ${Alias}`.toLowerCase().includes(wanted))
        .sort((a, b) => compare(value(a), value(b)) * (sort.direction === "asc" ? 1 : -1));
    const foreign = all.filter(({ Owned }) => !Owned).length;
    const sortBy = (column: number): NonNullable<ThProps["sort"]> => ({
        columnIndex: column,
        sortBy: { index: sort.column, direction: sort.direction },
        onSort: (_event, index, direction) => setSort({ column: index, direction }),
    });
    const given = refusal ? { refusal } : {};
    const buttons = (
        <>
            {foreign > 0 && (
                <ActionButton
                    action="org.bams.iscsi.manage"
                    variant="secondary"
                    onClick={() => open((close) => <ImportTargets chosen={[]} onClose={close} />)}
                    {...given}
                >
                    {_("Take over")}
                </ActionButton>
            )}
            <ActionButton
                action="org.bams.iscsi.manage"
                onClick={() => open((close) => <CreateTarget onClose={close} />)}
                {...given}
            >
                {_("Create target")}
            </ActionButton>
        </>
    );
    return (
        <Card>
            <CardHeader hasWrap actions={{ actions: buttons, hasNoOffset: true }}>
                <CardTitle component="h2">{_("Targets")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {(all.length > 5 || text !== "") && (
                    <Toolbar inset={{ default: "insetNone" }}>
                        <ToolbarContent>
                            <ToolbarItem>
                                <SearchInput
                                    value={text}
                                    aria-label={_("Find a target")}
                                    placeholder={_("Find a target")}
                                    onChange={(_event, next) => setText(next)}
                                    onClear={() => setText("")}
                                />
                            </ToolbarItem>
                        </ToolbarContent>
                    </Toolbar>
                )}
                {shown.length === 0 ? (
                    <NothingHere compact title={text ? _("Nothing of that name") : _("No target")}>
                        {text
                            ? _("Look for another part of the name.")
                            : _("A target offers repositories of use block device to other hosts, as their disks.")}
                    </NothingHere>
                ) : (
                    <Table variant="compact" aria-label={_("Targets")}>
                        <Thead>
                            <Tr>
                                <Th sort={sortBy(0)}>{_("Name")}</Th>
                                <Th sort={sortBy(1)}>{_("State")}</Th>
                                <Th sort={sortBy(2)}>{_("LUNs")}</Th>
                                <Th sort={sortBy(3)}>{_("Sessions")}</Th>
                                <Th>{_("Portals")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {shown.slice(0, limit).map((target) => (
                                <TargetRow key={target.path} target={target} />
                            ))}
                        </Tbody>
                    </Table>
                )}
                {shown.length > limit && (
                    <Button variant="link" className="bams-inset" onClick={() => setLimit(limit + MORE)}>
                        {ngettext("Show {count} more", "Show {count} more", Math.min(MORE, shown.length - limit))}
                    </Button>
                )}
            </CardBody>
            {dialog}
        </Card>
    );
}
