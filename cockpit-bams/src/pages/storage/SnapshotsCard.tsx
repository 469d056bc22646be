import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { DiskRepository, Snapshot } from "../../api/disk";
import { ActionButton } from "../../components/ActionButton";
import { ActionsMenu } from "../../components/ActionsMenu";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { openDialog } from "../../dialogs";
import { bytes, percent, time } from "../../format";
import { _, fill } from "../../text";
import { CreateSnapshot } from "./CreateSnapshot";
import { DeleteSnapshot } from "./DeleteSnapshot";
import { RollbackSnapshot } from "./RollbackSnapshot";

function usedText({ used, used_percent: share }: Snapshot): string {
    return share !== undefined ? percent(share / 100) : bytes(used);
}

function SnapshotRow({ repository, snapshot }: { repository: DiskRepository; snapshot: Snapshot }) {
    const props = { repository, snapshot };
    const lost = snapshot.valid === false;
    const foreign = snapshot.owned === false ? _("BAMS did not make it and will not change it.") : undefined;
    const mounted = repository.Mounted ? _("Unmount the repository first.") : undefined;
    const actions = [
        {
            text: _("Roll back to it"),
            action: "org.bams.disk.destroy",
            isDanger: true,
            refusal: foreign ?? (lost ? _("It ran full and is lost.") : mounted),
            onClick: () => openDialog((close) => <RollbackSnapshot {...props} onClose={close} />),
        },
        {
            text: _("Delete"),
            action: "org.bams.disk.destroy",
            isDanger: true,
            refusal: foreign,
            onClick: () => openDialog((close) => <DeleteSnapshot {...props} onClose={close} />),
        },
    ];
    return (
        <Tr>
            <Td dataLabel={_("Name")} className="bams-wrap">
                {snapshot.name} {lost && <StateLabel state="failed" title={_("It ran full and is lost.")} />}
            </Td>
            <Td dataLabel={_("Made")}>{time(snapshot.created ?? 0)}</Td>
            <Td dataLabel={_("Holds alone")} className="bams-number">
                {usedText(snapshot)}
            </Td>
            <Td isActionCell>
                <ActionsMenu label={fill(_("Actions of {name}"), { name: snapshot.name })} actions={actions} />
            </Td>
        </Tr>
    );
}

export function SnapshotsCard({ repository }: { repository: DiskRepository }) {
    const create = (
        <ActionButton
            action="org.bams.disk.manage"
            variant="secondary"
            onClick={() => openDialog((close) => <CreateSnapshot repository={repository} onClose={close} />)}
            {...(repository.State === "ready" ? {} : { refusal: _("The repository is not ready.") })}
        >
            {_("Create snapshot")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader {...(repository.Owned ? { actions: { actions: create, hasNoOffset: true } } : {})}>
                <CardTitle component="h2">{_("Snapshots")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {repository.Snapshots.length === 0 ? (
                    <NothingHere compact title={_("No snapshot")}>
                        {_("A snapshot keeps the present content, to go back to it.")}
                    </NothingHere>
                ) : (
                    <Table variant="compact" aria-label={_("Snapshots")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Name")}</Th>
                                <Th>{_("Made")}</Th>
                                <Th>{_("Holds alone")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {repository.Snapshots.map((snapshot) => (
                                <SnapshotRow key={snapshot.name} repository={repository} snapshot={snapshot} />
                            ))}
                        </Tbody>
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}
