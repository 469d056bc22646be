import { Card, CardBody, CardTitle, Stack, StackItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { DiskPool } from "../../api/disk";
import { CopyableText } from "../../components/CopyableText";
import { Details } from "../../components/Details";
import { ObjectHead } from "../../components/ObjectHead";
import { StateLabel } from "../../components/StateLabel";
import { UsageBar } from "../../components/UsageBar";
import { Alert } from "../../components/spoken";
import { bytes, percent } from "../../format";
import { _, fill } from "../../text";
import { PoolActions } from "./PoolActions";
import { RepositoriesCard } from "./RepositoriesCard";
import { isIn, poolKind, takenBytes, unknownReason } from "./words";

function DevicesCard({ pool }: { pool: DiskPool }) {
    if (pool.Devices.length === 0) return null;
    return (
        <Card>
            <CardTitle component="h2">{_("Disks")}</CardTitle>
            <CardBody className="bams-table-body">
                <Table variant="compact" aria-label={_("Disks")}>
                    <Thead>
                        <Tr>
                            <Th>{_("Disk")}</Th>
                            <Th>{_("Size")}</Th>
                            <Th>{_("State")}</Th>
                        </Tr>
                    </Thead>
                    <Tbody>
                        {pool.Devices.map(({ path, size, state, reason }, index) => (
                            <Tr key={path ?? index}>
                                <Td dataLabel={_("Disk")} className="bams-wrap">
                                    {path ?? _("unknown")}
                                </Td>
                                <Td dataLabel={_("Size")} className="bams-number">
                                    {bytes(size)}
                                </Td>
                                <Td dataLabel={_("State")}>
                                    <StateLabel state={state ?? "unknown"} />
                                    {reason && <div className="bams-quiet bams-wrap">{reason}</div>}
                                </Td>
                            </Tr>
                        ))}
                    </Tbody>
                </Table>
            </CardBody>
        </Card>
    );
}

export function PoolPage({ pool }: { pool: DiskPool }) {
    const label = fill(_("How full {name} is"), { name: pool.Name });
    const taken = (
        <UsageBar used={takenBytes(pool)} size={pool.Size} label={label} reason={unknownReason(pool)} />
    );
    return (
        <>
            <ObjectHead
                trail={[[_("Storage"), ["storage"]]]}
                title={pool.Name}
                state={<StateLabel state={pool.Health} />}
                actions={<PoolActions pool={pool} />}
            />
            <Stack hasGutter>
                {pool.Health !== "online" && pool.HealthText && (
                    <StackItem>
                        <Alert isInline variant="warning" title={pool.HealthText} />
                    </StackItem>
                )}
                <StackItem>
                    <Card>
                        <CardBody>
                            <Details
                                entries={[
                                    [_("Kind"), poolKind(pool.Kind)],
                                    [_("Made by"), pool.Owned ? _("BAMS") : _("others; BAMS will not delete it")],
                                    [_("Taken"), taken],
                                    [_("Free"), bytes(pool.Size > 0 ? pool.Free : null)],
                                    [_("Metadata"), pool.MetadataPercent >= 0 && percent(pool.MetadataPercent / 100)],
                                    [_("Identity"), pool.Uuid && <CopyableText text={pool.Uuid} />],
                                ]}
                            />
                        </CardBody>
                    </Card>
                </StackItem>
                <StackItem>
                    <RepositoriesCard within={(repository) => isIn(repository, pool)} />
                </StackItem>
                <StackItem>
                    <DevicesCard pool={pool} />
                </StackItem>
            </Stack>
        </>
    );
}
