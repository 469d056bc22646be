import { FormGroup, FormSelect, FormSelectOption, Radio, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { createPool, listCandidates } from "../../api/disk";
import { useAnswer } from "../../api/hooks";
import { b, s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { N_, _ } from "../../text";
import { DiskChooser, withOldContent } from "./DiskChooser";

/** What ZFS can make of disks, with how many it needs at least. */
export const LAYOUTS: readonly { id: string; text: string; least: number }[] = [
    { id: "single", text: N_("No redundancy: one failed disk loses all"), least: 1 },
    { id: "mirror", text: N_("Mirror: every disk has all data"), least: 2 },
    { id: "raidz1", text: N_("RAID-Z1: one disk may fail"), least: 3 },
    { id: "raidz2", text: N_("RAID-Z2: two disks may fail"), least: 4 },
    { id: "raidz3", text: N_("RAID-Z3: three disks may fail"), least: 5 },
];

const allDisks = () => listCandidates();

export function CreatePool({ onClose }: { onClose: () => void }) {
    const disks = useAnswer(allDisks);
    const [name, setName] = useState("");
    const [kind, setKind] = useState<"lvm" | "zfs">("lvm");
    const [layout, setLayout] = useState("single");
    const [chosen, setChosen] = useState<string[]>([]);
    const [wipe, setWipe] = useState(false);
    const needsWipe = withOldContent(disks.value, chosen).length > 0;
    const least = kind === "zfs" ? (LAYOUTS.find(({ id }) => id === layout)?.least ?? 1) : 1;
    return (
        <PlanDialog
            title={_("Create a pool")}
            verb={_("Create")}
            isReady={name !== "" && chosen.length >= least && (!needsWipe || wipe)}
            alwaysShowPlan
            typedName={name}
            loss={<p>{_("What stands on the chosen disks.")}</p>}
            change={(common) =>
                createPool(name, kind, chosen, {
                    ...common,
                    ...(kind === "zfs" ? { layout: s(layout) } : {}),
                    ...(needsWipe ? { wipe: b(wipe) } : {}),
                })
            }
            onClose={onClose}
        >
            <FormGroup label={_("Name")} fieldId="pool-name" isRequired>
                <TextInput id="pool-name" value={name} autoFocus onChange={(_event, value) => setName(value)} />
            </FormGroup>
            <FormGroup role="radiogroup" label={_("Kind")} fieldId="pool-kind" isStack>
                <Radio
                    id="kind-lvm"
                    name="kind"
                    label={_("LVM volume group")}
                    description={_("Plain volumes without redundancy; put it on a RAID controller.")}
                    isChecked={kind === "lvm"}
                    onChange={() => setKind("lvm")}
                />
                <Radio
                    id="kind-zfs"
                    name="kind"
                    label={_("ZFS pool")}
                    description={_("Checksums, redundancy by ZFS itself, cheap snapshots.")}
                    isChecked={kind === "zfs"}
                    onChange={() => setKind("zfs")}
                />
            </FormGroup>
            {kind === "zfs" && (
                <FormGroup label={_("Layout")} fieldId="pool-layout">
                    <FormSelect id="pool-layout" value={layout} onChange={(_event, value) => setLayout(value)}>
                        {LAYOUTS.map(({ id, text }) => (
                            <FormSelectOption key={id} value={id} label={_(text)} />
                        ))}
                    </FormSelect>
                </FormGroup>
            )}
            <DiskChooser disks={disks} chosen={chosen} onChoose={setChosen} wipe={wipe} onWipe={setWipe} />
        </PlanDialog>
    );
}
