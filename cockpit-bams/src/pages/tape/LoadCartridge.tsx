import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";

import { type Slot, type TapeDrive, type TapeLibrary, load } from "../../api/tape";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { SlotSelect } from "./SlotSelect";
import { withSlots } from "./moving";
import { useRobot } from "./useRobot";
import { cartridgeName, driveText, isCleaning, slotText } from "./words";

interface Props {
    library: TapeLibrary;
    drives: readonly TapeDrive[];
    slots: readonly Slot[];
    /** What is chosen already. */
    slot?: Slot;
    drive?: TapeDrive;
    onClose: () => void;
}

/** Bring a cartridge into a drive: either of the two may be given, the other is chosen. */
export function LoadCartridge({ library, drives, slots, slot: given, drive: fixed, onClose }: Props) {
    const free = drives.filter(({ State }) => State === "empty");
    const [from, setFrom] = useState<number | null>(given?.[0] ?? null);
    const [path, setPath] = useState(fixed?.path ?? free[0]?.path ?? "");
    const drive = drives.find((known) => known.path === path);
    const robot = useRobot(library, drive);
    const full = slots.filter((slot) => slot[1] === "full" && !isCleaning(slot));
    const title = given
        ? fill(_("Load {cartridge}"), { cartridge: cartridgeName(given[3]) })
        : fill(_("Load drive {number} of {library}"), { number: fixed?.Index ?? "", library: library.Name });
    return (
        <PlanDialog
            title={title}
            verb={_("Load")}
            isReady={from !== null && drive !== undefined && robot.isReady}
            change={(common) => {
                const options = { ...common, ...robot.options };
                return withSlots(load(library.Serial, from ?? 0, drive?.Index ?? 0, options), from);
            }}
            onClose={onClose}
        >
            {given ? (
                <p>
                    {fill(_("From {slot} of {library}."), {
                        slot: slotText(given[0], given[2]),
                        library: library.Name,
                    })}
                </p>
            ) : (
                <SlotSelect
                    id="load-slot"
                    label={_("Cartridge")}
                    slots={full}
                    value={from}
                    onChange={setFrom}
                    nothing={_("No slot holds a cartridge")}
                />
            )}
            {fixed === undefined && (
                <FormGroup label={_("Into")} fieldId="load-drive">
                    <FormSelect id="load-drive" value={path} onChange={(_event, next) => setPath(next)}>
                        {free.map((known) => (
                            <FormSelectOption key={known.path} value={known.path} label={driveText(known.Index)} />
                        ))}
                    </FormSelect>
                </FormGroup>
            )}
            {given && fixed && <p>{fill(_("Into drive {number}."), { number: fixed.Index })}</p>}
            {robot.fields}
        </PlanDialog>
    );
}
