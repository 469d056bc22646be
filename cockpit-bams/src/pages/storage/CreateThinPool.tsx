import { FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { type DiskPool, createPool } from "../../api/disk";
import { t } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { SizeInput } from "../../components/SizeInput";
import { bytes } from "../../format";
import { _, fill } from "../../text";

/** A thin pool inside a volume group. */
export function CreateThinPool({ group, onClose }: { group: DiskPool; onClose: () => void }) {
    const [name, setName] = useState("");
    const [size, setSize] = useState<number | null>(null);
    return (
        <PlanDialog
            title={fill(_("Create a thin pool in {name}"), { name: group.Name })}
            verb={_("Create")}
            isReady={name !== "" && size !== null}
            change={(common) =>
                createPool(`${group.Name}/${name}`, "lvm-thin", [], { ...common, size: t(size ?? 0) })
            }
            onClose={onClose}
        >
            <FormGroup label={_("Name")} fieldId="thin-name" isRequired>
                <TextInput id="thin-name" value={name} autoFocus onChange={(_event, value) => setName(value)} />
            </FormGroup>
            <FormGroup label={_("Size")} fieldId="thin-size" isRequired>
                <SizeInput id="thin-size" value={size} onChange={setSize} />
                <FieldHint
                    help={fill(_("{name} has {free} free. Some of it is needed for the pool's metadata."), {
                        name: group.Name,
                        free: bytes(group.Free),
                    })}
                />
            </FormGroup>
        </PlanDialog>
    );
}
