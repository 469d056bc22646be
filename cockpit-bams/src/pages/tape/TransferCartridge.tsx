import { useState } from "react";

import { type Slot, type TapeLibrary, transfer } from "../../api/tape";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { SlotSelect } from "./SlotSelect";
import { withSlots } from "./moving";
import { useRobot } from "./useRobot";
import { cartridgeName, slotText } from "./words";

interface Props {
    library: TapeLibrary;
    slot: Slot;
    slots: readonly Slot[];
    target?: number;
    onClose: () => void;
}

/** From one slot to another. Import/export slots are among them, so this also takes cartridges in and out. */
export function TransferCartridge({ library, slot, slots, target, onClose }: Props) {
    const [from, , importExport, barcode] = slot;
    const [to, setTo] = useState<number | null>(target ?? null);
    const robot = useRobot(library);
    return (
        <PlanDialog
            title={fill(_("Move {cartridge}"), { cartridge: cartridgeName(barcode) })}
            verb={_("Move")}
            isReady={to !== null && robot.isReady}
            change={(common) =>
                withSlots(transfer(library.Serial, from, to ?? 0, { ...common, ...robot.options }), from, to)
            }
            onClose={onClose}
        >
            <p>
                {fill(_("From {slot} of {library}."), {
                    slot: slotText(from, importExport),
                    library: library.Name,
                })}
            </p>
            <SlotSelect
                id="transfer-slot"
                label={_("To")}
                slots={slots.filter(([, state]) => state !== "full")}
                value={to}
                onChange={setTo}
                nothing={_("No slot is empty")}
            />
            {robot.fields}
        </PlanDialog>
    );
}
