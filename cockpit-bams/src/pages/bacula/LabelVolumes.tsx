import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";

import { label } from "../../api/bacula";
import { useObjects } from "../../api/hooks";
import { LIBRARY, type TapeLibrary } from "../../api/tape";
import { of } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { Button } from "../../components/spoken";
import { _, ngettext } from "../../text";
import { StorageSelect } from "./Inventory";
import { type Cartridge, SlotChooser, useCartridges } from "./SlotChooser";
import { libraryOf } from "./words";

function refusal({ barcode }: Cartridge): string {
    return barcode ? "" : _("Without a barcode it has no name.");
}

interface Props {
    storages: readonly string[];
    pools: readonly string[];
    onClose: () => void;
}

/** New cartridges get Bacula's label, with the barcode as the name. */
export function LabelVolumes({ storages, pools, onClose }: Props) {
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const [storage, setStorage] = useState(storages[0] ?? "");
    const [pool, setPool] = useState(pools[0] ?? "");
    const [chosen, setChosen] = useState<number[]>([]);
    const library = libraryOf(storage, libraries)?.Name ?? storage;
    const cartridges = useCartridges(library);
    const all = (cartridges.value ?? []).filter((cartridge) => !refusal(cartridge)).map(({ slot }) => slot);
    return (
        <PlanDialog
            title={_("Label cartridges by their barcodes")}
            verb={_("Label")}
            isReady={storage !== "" && pool !== "" && chosen.length > 0}
            alwaysShowPlan
            change={(common) => label(storage, pool, { ...common, slots: of("au", chosen) })}
            onClose={onClose}
        >
            <StorageSelect
                storages={storages}
                value={storage}
                onChange={(next) => {
                    setStorage(next);
                    setChosen([]);
                }}
            />
            <FormGroup label={_("Pool")} fieldId="label-pool">
                <FormSelect id="label-pool" value={pool} onChange={(_event, value) => setPool(value)}>
                    {pools.map((name) => (
                        <FormSelectOption key={name} value={name} label={name} />
                    ))}
                </FormSelect>
            </FormGroup>
            <FormGroup role="group" label={_("Cartridges")} fieldId="label-cartridges">
                <p>{_("A cartridge that has a label already is left alone. Each is loaded, which takes minutes.")}</p>
                <div className="bams-links bams-space-below">
                    <Button variant="link" isInline onClick={() => setChosen(all)} isDisabled={all.length === 0}>
                        {_("Choose all")}
                    </Button>
                    <Button variant="link" isInline onClick={() => setChosen([])} isDisabled={chosen.length === 0}>
                        {_("Choose none")}
                    </Button>
                    <span className="bams-quiet" aria-live="polite">
                        {ngettext("{count} chosen", "{count} chosen", chosen.length)}
                    </span>
                </div>
                <SlotChooser
                    key={library}
                    library={library}
                    cartridges={cartridges}
                    chosen={chosen}
                    onChoose={setChosen}
                    refusal={refusal}
                />
            </FormGroup>
        </PlanDialog>
    );
}
