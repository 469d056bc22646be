import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";

import { type DiskPool, extendPool, listCandidates } from "../../api/disk";
import { useAnswer } from "../../api/hooks";
import { type Options, b, s, t } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { SizeInput } from "../../components/SizeInput";
import { _, fill } from "../../text";
import { LAYOUTS } from "./CreatePool";
import { DiskChooser, withOldContent } from "./DiskChooser";
import { isThin, poolName } from "./words";

interface Props {
    pool: DiskPool;
    pools: readonly DiskPool[];
    onClose: () => void;
}

const allDisks = () => listCandidates();

export function ExtendPool({ pool, pools, onClose }: Props) {
    const disks = useAnswer(allDisks);
    const [chosen, setChosen] = useState<string[]>([]);
    const [layout, setLayout] = useState("single");
    const [wipe, setWipe] = useState(false);
    const [size, setSize] = useState<number | null>(pool.Size);
    const thin = isThin(pool);
    const needsWipe = withOldContent(disks.value, chosen).length > 0;
    const options = (common: Options): Options => ({
        ...common,
        ...(thin ? { size: t(size ?? 0) } : {}),
        ...(pool.Kind === "zfs" ? { layout: s(layout) } : {}),
        ...(needsWipe ? { wipe: b(wipe) } : {}),
    });
    return (
        <PlanDialog
            title={fill(_("Extend {name}"), { name: pool.Name })}
            verb={_("Extend")}
            isReady={thin ? size !== null && size > pool.Size : chosen.length > 0 && (!needsWipe || wipe)}
            alwaysShowPlan
            typedName={pool.Name}
            loss={<p>{_("What stands on the chosen disks.")}</p>}
            change={(common) => extendPool(poolName(pool, pools), thin ? [] : chosen, options(common))}
            onClose={onClose}
        >
            {thin ? (
                <FormGroup label={_("New size")} fieldId="pool-size">
                    <SizeInput id="pool-size" value={size} onChange={setSize} autoFocus />
                </FormGroup>
            ) : (
                <>
                    {pool.Kind === "zfs" && (
                        <FormGroup label={_("Layout of what is added")} fieldId="extend-layout">
                            <FormSelect
                                id="extend-layout"
                                value={layout}
                                onChange={(_event, value) => setLayout(value)}
                            >
                                {LAYOUTS.map(({ id, text }) => (
                                    <FormSelectOption key={id} value={id} label={_(text)} />
                                ))}
                            </FormSelect>
                        </FormGroup>
                    )}
                    <DiskChooser disks={disks} chosen={chosen} onChoose={setChosen} wipe={wipe} onWipe={setWipe} />
                </>
            )}
        </PlanDialog>
    );
}
