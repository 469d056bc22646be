import { FormGroup } from "@patternfly/react-core";
import { useState } from "react";

import { type DiskRepository, resizeRepository } from "../../api/disk";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { SizeInput } from "../../components/SizeInput";
import { bytes } from "../../format";
import { _, fill } from "../../text";

export function GrowRepository({ repository, onClose }: { repository: DiskRepository; onClose: () => void }) {
    const { Name, Size, Use } = repository;
    const [size, setSize] = useState<number | null>(Size);
    // Asked for the size it has, the daemon grows the file system to it.
    const isReady = size !== null && (size > Size || (size === Size && Use === "filesystem"));
    const limit = fill(_("It has {size} now, and cannot shrink."), { size: bytes(Size) });
    return (
        <PlanDialog
            title={fill(_("Grow {name}"), { name: Name })}
            verb={_("Grow")}
            isReady={isReady}
            change={(common) => resizeRepository(Name, size ?? 0, common)}
            onClose={onClose}
        >
            <FormGroup label={_("New size")} fieldId="size">
                <SizeInput id="size" value={size} onChange={setSize} autoFocus />
                <FieldHint problem={size !== null && size < Size ? limit : ""} help={limit} />
            </FormGroup>
        </PlanDialog>
    );
}
