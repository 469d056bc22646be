import { Card, CardBody, CardTitle, Stack, StackItem } from "@patternfly/react-core";

import { POOL, type DiskPool, type DiskRepository } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { CopyableText } from "../../components/CopyableText";
import { Details } from "../../components/Details";
import { ObjectHead } from "../../components/ObjectHead";
import { StateLabel } from "../../components/StateLabel";
import { Alert } from "../../components/spoken";
import { bytes, time } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { HoldersList } from "./HoldersList";
import { RepositoryActions } from "./RepositoryActions";
import { SnapshotsCard } from "./SnapshotsCard";
import { isIn, usageText, volumeKind } from "./words";

function madeText({ Created, CreatedBy }: DiskRepository): string {
    return CreatedBy ? fill(_("{time} by {person}"), { time: time(Created), person: CreatedBy }) : time(Created);
}

function usedText({ Used, UsedKnown, Sparse }: DiskRepository): string {
    const used = bytes(UsedKnown ? Used : null);
    return Sparse ? fill(_("{used}, only what is written"), { used }) : used;
}

export function RepositoryPage({ repository }: { repository: DiskRepository }) {
    const pool = useObjects<DiskPool>(POOL).find((known) => isIn(repository, known));
    const place = pool && placeOf(pool.path);
    const { Name, Device, MountPoint, State, StateText, Owned } = repository;
    return (
        <>
            <ObjectHead
                trail={[[_("Storage"), ["storage"]]]}
                title={Name}
                state={<StateLabel state={State} />}
                actions={<RepositoryActions repository={repository} />}
            />
            <Stack hasGutter>
                {State !== "ready" && StateText && (
                    <StackItem>
                        <Alert isInline variant="warning" title={StateText} />
                    </StackItem>
                )}
                {!Owned && (
                    <StackItem>
                        <Alert
                            isInline
                            variant="info"
                            title={_("Others made this volume. BAMS shows it and never changes it.")}
                        />
                    </StackItem>
                )}
                <StackItem>
                    <Card>
                        <CardBody>
                            <Details
                                entries={[
                                    [_("Pool"), place ? <Link to={place}>{repository.Pool}</Link> : repository.Pool],
                                    [_("Kind"), volumeKind(repository.Kind)],
                                    [_("Use"), Owned && usageText(repository)],
                                    [_("Size"), bytes(repository.Size)],
                                    [_("Taken"), usedText(repository)],
                                    [_("Device"), Device && <CopyableText text={Device} />],
                                    [_("Mount point"), MountPoint && <CopyableText text={MountPoint} />],
                                    [_("Made"), Owned && madeText(repository)],
                                    [_("Identity"), repository.Uuid && <CopyableText text={repository.Uuid} />],
                                ]}
                            />
                        </CardBody>
                    </Card>
                </StackItem>
                <StackItem>
                    <SnapshotsCard repository={repository} />
                </StackItem>
                <StackItem>
                    <Card>
                        <CardTitle component="h2">{_("Who uses it")}</CardTitle>
                        <CardBody>
                            <HoldersList
                                // Asked again whenever something that changes holders has changed.
                                key={`${repository.Mounted} ${State} ${repository.Snapshots.length}`}
                                name={Name}
                                whenNone={_("Nobody at this moment.")}
                            />
                        </CardBody>
                    </Card>
                </StackItem>
            </Stack>
        </>
    );
}
