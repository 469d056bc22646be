import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";

import { inventory } from "../../api/bacula";
import { PlanDialog } from "../../components/PlanDialog";
import { _ } from "../../text";

/** `storages` has at least one. */
export function Inventory({ storages, onClose }: { storages: readonly string[]; onClose: () => void }) {
    const [storage, setStorage] = useState(storages[0] ?? "");
    return (
        <PlanDialog
            title={_("Compare the catalog with the slots of a library")}
            verb={_("Compare")}
            isReady={storage !== ""}
            change={(common) => inventory(storage, common)}
            onClose={onClose}
        >
            <StorageSelect storages={storages} value={storage} onChange={setStorage} />
            <p>{_("Bacula writes the slots that it finds into its catalog, and names volumes that are new to it.")}</p>
        </PlanDialog>
    );
}

interface SelectProps {
    storages: readonly string[];
    value: string;
    onChange: (storage: string) => void;
}

export function StorageSelect({ storages, value, onChange }: SelectProps) {
    return (
        <FormGroup label={_("Library")} fieldId="bacula-storage">
            <FormSelect id="bacula-storage" value={value} onChange={(_event, next) => onChange(next)}>
                {storages.map((name) => (
                    <FormSelectOption key={name} value={name} label={name} />
                ))}
            </FormSelect>
        </FormGroup>
    );
}
