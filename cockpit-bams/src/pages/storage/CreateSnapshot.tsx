import { FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { type DiskRepository, createSnapshot } from "../../api/disk";
import { t } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { SizeInput } from "../../components/SizeInput";
import { Alert } from "../../components/spoken";
import { _, fill } from "../../text";
import { nameProblem } from "./words";

const SHARE = 5;
const MIB = 2 ** 20;

function today(): string {
    return `s${new Date().toISOString().slice(0, 10)}`;
}

export function CreateSnapshot({ repository, onClose }: { repository: DiskRepository; onClose: () => void }) {
    const { Name, Kind, Size, Use } = repository;
    const [snapshot, setSnapshot] = useState(today);
    const [size, setSize] = useState<number | null>(Math.max(MIB, Math.floor(Size / SHARE / MIB) * MIB));
    const isThick = Kind === "lvm";
    const problem = nameProblem(snapshot);
    return (
        <PlanDialog
            title={fill(_("Create a snapshot of {name}"), { name: Name })}
            verb={_("Create")}
            isReady={snapshot !== "" && problem === "" && (!isThick || size !== null)}
            change={(common) => createSnapshot(Name, snapshot, isThick ? { ...common, size: t(size ?? 0) } : common)}
            onClose={onClose}
        >
            <FormGroup label={_("Name")} fieldId="snapshot-name" isRequired>
                <TextInput
                    id="snapshot-name"
                    value={snapshot}
                    autoFocus
                    validated={problem ? "error" : "default"}
                    onChange={(_event, value) => setSnapshot(value)}
                />
                <FieldHint problem={problem} />
            </FormGroup>
            {isThick && (
                <FormGroup label={_("Space for changes")} fieldId="snapshot-size">
                    <SizeInput id="snapshot-size" value={size} onChange={setSize} />
                    <FieldHint
                        help={_("When more than this is written to the repository, the snapshot is lost.")}
                    />
                </FormGroup>
            )}
            {Use === "block" && (
                <Alert isInline isPlain variant="info" title={_("A snapshot is what a power cut would leave.")}>
                    {_("Stop what writes to the device first, or have it flush.")}
                </Alert>
            )}
        </PlanDialog>
    );
}
