import { useState } from "react";

import { type Slot, type TapeDrive, type TapeLibrary, clean } from "../../api/tape";
import { u } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { SlotSelect } from "./SlotSelect";
import { withSlots } from "./moving";
import { useRobot } from "./useRobot";
import { isCleaning } from "./words";

interface Props {
    library: TapeLibrary;
    drive: TapeDrive;
    slots: readonly Slot[];
    /** The slot of the cleaning cartridge, when that is chosen already. */
    source?: number;
    onClose: () => void;
}

export function CleanDrive({ library, drive, slots, source, onClose }: Props) {
    const [from, setFrom] = useState<number | null>(source ?? null);
    const robot = useRobot(library, drive);
    return (
        <PlanDialog
            title={fill(_("Clean drive {number} of {library}"), { number: drive.Index, library: library.Name })}
            verb={_("Clean")}
            isReady={robot.isReady}
            change={(common) => {
                const options = { ...common, ...robot.options, ...(from === null ? {} : { slot: u(from) }) };
                return withSlots(clean(library.Serial, drive.Index, options), from);
            }}
            onClose={onClose}
        >
            <p>
                {_("The drive cleans itself with the cartridge, which then goes back to its slot. This takes some " +
                    "minutes and uses up one cleaning of the cartridge.")}
            </p>
            <SlotSelect
                id="clean-slot"
                label={_("Cleaning cartridge")}
                slots={slots.filter(isCleaning)}
                value={from}
                onChange={setFrom}
                whenNone={_("The first one found")}
                nothing=""
            />
            {robot.fields}
        </PlanDialog>
    );
}
