import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import { POOL, type DiskPool } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { ActionButton } from "../../components/ActionButton";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { UsageBar } from "../../components/UsageBar";
import { openDialog } from "../../dialogs";
import { bytes } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { CreatePool } from "./CreatePool";
import { PoolActions } from "./PoolActions";
import { poolKind, takenBytes, unknownReason } from "./words";

function PoolRow({ pool }: { pool: DiskPool }) {
    return (
        <Tr>
            <Td dataLabel={_("Name")} className="bams-wrap">
                <Link to={placeOf(pool.path) ?? []}>{pool.Name}</Link>
            </Td>
            <Td dataLabel={_("Kind")}>{poolKind(pool.Kind)}</Td>
            <Td dataLabel={_("Health")}>
                <StateLabel state={pool.Health} title={pool.HealthText} />
            </Td>
            <Td dataLabel={_("Taken")}>
                <UsageBar
                    used={takenBytes(pool)}
                    size={pool.Size}
                    reason={unknownReason(pool)}
                    label={fill(_("How full {name} is"), { name: pool.Name })}
                />
            </Td>
            <Td dataLabel={_("Free")} className="bams-number">
                {pool.Size > 0 ? bytes(pool.Free) : bytes(null)}
            </Td>
            <Td isActionCell>
                <PoolActions pool={pool} />
            </Td>
        </Tr>
    );
}

export function PoolsCard() {
    const pools = useObjects<DiskPool>(POOL);
    const create = (
        <ActionButton
            action="org.bams.disk.manage"
            variant="secondary"
            onClick={() => openDialog((close) => <CreatePool onClose={close} />)}
        >
            {_("Create pool")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader actions={{ actions: create, hasNoOffset: true }}>
                <CardTitle component="h2">{_("Pools")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {pools.length === 0 ? (
                    <NothingHere compact title={_("No pool")}>
                        {_("Repositories are made in a pool of LVM or ZFS. Make one of free disks.")}
                    </NothingHere>
                ) : (
                    <Table variant="compact" aria-label={_("Pools")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Name")}</Th>
                                <Th>{_("Kind")}</Th>
                                <Th>{_("Health")}</Th>
                                <Th>{_("Taken")}</Th>
                                <Th>{_("Free")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {pools.map((pool) => (
                                <PoolRow key={pool.path} pool={pool} />
                            ))}
                        </Tbody>
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}
