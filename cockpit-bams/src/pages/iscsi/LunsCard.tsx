import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import { type DiskRepository, REPOSITORY } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import type { IscsiTarget, Lun } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { ActionsMenu } from "../../components/ActionsMenu";
import { CopyableText } from "../../components/CopyableText";
import { NothingHere } from "../../components/NothingHere";
import { openDialog } from "../../dialogs";
import { bytes } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { AddLun } from "./AddLun";
import { RemoveLun } from "./RemoveLun";

function LunRow({ target, lun }: { target: IscsiTarget; lun: Lun }) {
    const [number, name, device, readOnly] = lun;
    const repository = useObjects<DiskRepository>(REPOSITORY).find(({ Name, Owned }) => Owned && Name === name);
    const naa = target.LunIdentities.find(([known]) => known === number)?.[1] ?? "";
    const actions = [
        {
            text: _("Remove"),
            action: "org.bams.iscsi.manage",
            isDanger: true,
            onClick: () => openDialog((close) => <RemoveLun target={target} lun={lun} onClose={close} />),
        },
    ];
    return (
        <Tr>
            <Td dataLabel={_("Number")} className="bams-number">
                {number}
            </Td>
            <Td dataLabel={_("Name")} className="bams-wrap">
                {repository ? <Link to={placeOf(repository.path) ?? []}>{name}</Link> : name}
                {device !== name && <div className="bams-quiet bams-wrap">{device}</div>}
            </Td>
            <Td dataLabel={_("Size")} className="bams-number">
                {bytes(repository?.Size)}
            </Td>
            <Td dataLabel={_("Access")}>{readOnly ? _("read only") : _("read and write")}</Td>
            <Td dataLabel={_("Identity")} className="bams-wrap">
                {naa ? <CopyableText text={naa} /> : bytes(null)}
            </Td>
            <Td isActionCell>
                {target.Owned && (
                    <ActionsMenu label={fill(_("Actions of LUN {number}"), { number })} actions={actions} />
                )}
            </Td>
        </Tr>
    );
}

export function LunsCard({ target }: { target: IscsiTarget }) {
    const add = (
        <ActionButton
            action="org.bams.iscsi.manage"
            variant="secondary"
            onClick={() => openDialog((close) => <AddLun target={target} onClose={close} />)}
        >
            {_("Add LUN")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader {...(target.Owned ? { actions: { actions: add, hasNoOffset: true } } : {})}>
                <CardTitle component="h2">{_("LUNs")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {target.Luns.length === 0 ? (
                    <NothingHere compact title={_("No LUN")}>
                        {_("Add a repository, which initiators then see as a disk.")}
                    </NothingHere>
                ) : (
                    <Table variant="compact" aria-label={_("LUNs")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Number")}</Th>
                                <Th>{_("Name")}</Th>
                                <Th>{_("Size")}</Th>
                                <Th>{_("Access")}</Th>
                                <Th>{_("Identity")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {target.Luns.map((lun) => (
                                <LunRow key={lun[0]} target={target} lun={lun} />
                            ))}
                        </Tbody>
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}
