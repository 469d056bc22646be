import { Card, CardBody, CardHeader, CardTitle, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import { useObjects } from "../../api/hooks";
import { type IscsiTarget, TARGET } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { FindInput } from "../../components/FindInput";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { useFew } from "../../components/useFew";
import { useSorted } from "../../components/useSorted";
import { openDialog } from "../../dialogs";
import { number } from "../../format";
import { Link, placeOf } from "../../routing";
import { _ } from "../../text";
import { CreateTarget } from "./CreateTarget";
import { ImportTargets } from "./ImportTargets";
import { TargetActions } from "./TargetActions";

const COLUMNS = {
    name: ({ Iqn }: IscsiTarget) => Iqn,
    state: ({ State }: IscsiTarget) => State,
    luns: ({ Luns }: IscsiTarget) => Luns.length,
    sessions: ({ SessionCount }: IscsiTarget) => SessionCount,
};

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
    const wanted = text.trim().toLowerCase();
    const shown = all.filter(({ Iqn, Alias }) => `${Iqn} ${Alias}`.toLowerCase().includes(wanted));
    const { sorted, sortBy } = useSorted(shown, COLUMNS);
    const { few, more } = useFew(sorted);
    const foreign = all.filter(({ Owned }) => !Owned).length;
    const given = refusal ? { refusal } : {};
    const buttons = (
        <>
            {foreign > 0 && (
                <ActionButton
                    action="org.bams.iscsi.manage"
                    variant="secondary"
                    onClick={() => openDialog((close) => <ImportTargets chosen={[]} onClose={close} />)}
                    {...given}
                >
                    {_("Take over")}
                </ActionButton>
            )}
            <ActionButton
                action="org.bams.iscsi.manage"
                onClick={() => openDialog((close) => <CreateTarget onClose={close} />)}
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
                                <FindInput text={text} label={_("Find a target")} onChange={setText} />
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
                                <Th sort={sortBy("name")}>{_("Name")}</Th>
                                <Th sort={sortBy("state")}>{_("State")}</Th>
                                <Th sort={sortBy("luns")}>{_("LUNs")}</Th>
                                <Th sort={sortBy("sessions")}>{_("Sessions")}</Th>
                                <Th>{_("Portals")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {few.map((target) => (
                                <TargetRow key={target.path} target={target} />
                            ))}
                        </Tbody>
                    </Table>
                )}
                {more}
            </CardBody>
        </Card>
    );
}
