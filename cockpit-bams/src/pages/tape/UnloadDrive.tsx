import { useState } from "react";

import { type Slot, type TapeDrive, type TapeLibrary, unload } from "../../api/tape";
import { u } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { SlotSelect } from "./SlotSelect";
import { withSlots } from "./moving";
import { useRobot } from "./useRobot";
import { cartridgeName } from "./words";

interface Props {
    library: TapeLibrary;
    drive: TapeDrive;
    slots: readonly Slot[];
    /** Where to, when that is chosen already. */
    target?: number;
    onClose: () => void;
}

/** Take the cartridge out of a drive: to where it belongs, or to a slot that the person chooses. */
export function UnloadDrive({ library, drive, slots, target, onClose }: Props) {
    const [to, setTo] = useState<number | null>(target ?? null);
    const robot = useRobot(library, drive);
    const { SourceSlot, Barcode, Index } = drive;
    const home = SourceSlot
        ? fill(_("Where it came from: slot {number}"), { number: SourceSlot })
        : _("A free slot");
    return (
        <PlanDialog
            title={fill(_("Unload drive {number} of {library}"), { number: Index, library: library.Name })}
            verb={_("Unload")}
            isReady={robot.isReady}
            change={(common) => {
                const options = { ...common, ...robot.options, ...(to === null ? {} : { slot: u(to) }) };
                return withSlots(unload(library.Serial, Index, options), to ?? (SourceSlot || null));
            }}
            onClose={onClose}
        >
            <p className="bams-wrap">
                {fill(_("In it: {cartridge}"), { cartridge: cartridgeName(Barcode) })}
            </p>
            <SlotSelect
                id="unload-slot"
                label={_("Bring it to")}
                slots={slots.filter(([, state]) => state !== "full")}
                value={to}
                onChange={setTo}
                whenNone={home}
                nothing=""
            />
            {robot.fields}
        </PlanDialog>
    );
}
