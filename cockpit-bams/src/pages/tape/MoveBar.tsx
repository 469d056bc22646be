
import type { Slot, TapeDrive } from "../../api/tape";
import { useAllowed } from "../../api/permissions";
import { ActionButton } from "../../components/ActionButton";
import { Button } from "../../components/spoken";
import { Link } from "../../routing";
import { _, fill } from "../../text";
import { OPERATE, cartridgeName, driveText, isCleaning, slotText } from "./words";

interface Props {
    /** The chosen cartridge: in a slot or in a drive. */
    slot: Slot | undefined;
    drive: TapeDrive | undefined;
    hasFreeDrive: boolean;
    onLoad: () => void;
    onMove: () => void;
    onCancel: () => void;
}

/** What is chosen, and what can be done with it. It is always there, so that the grid stays where it is. */
export function MoveBar({ slot, drive, hasFreeDrive, onLoad, onMove, onCancel }: Props) {
    const { allowed, reason } = useAllowed(OPERATE);
    const barcode = slot ? slot[3] : (drive?.Barcode ?? "");
    const from = slot ? slotText(slot[0], slot[2]) : driveText(drive?.Index ?? 0);
    const next = !allowed
        ? reason
        : slot && isCleaning(slot)
          ? _("Choose the drive to clean, or an empty slot.")
          : slot
            ? _("Choose an empty slot or drive.")
            : _("Choose an empty slot.");
    if (!slot && !drive) {
        return (
            <section className="bams-move bams-move-idle" aria-label={_("Chosen cartridge")}>
                <span className="bams-move-text" role="status">
                    {allowed
                        ? _("Choose a cartridge to move it, or pull it to its place.")
                        : _("Choose a cartridge to see more of it.")}
                </span>
            </section>
        );
    }
    return (
        <section className="bams-move" aria-label={_("Chosen cartridge")}>
            <span className="bams-move-text" role="status">
                <strong className="bams-wrap">
                    {fill(_("{cartridge}, {place}."), { cartridge: cartridgeName(barcode), place: from })}
                </strong>{" "}
                {next}
            </span>
            {slot && !isCleaning(slot) && (
                <ActionButton
                    action={OPERATE}
                    variant="secondary"
                    size="sm"
                    onClick={onLoad}
                    {...(hasFreeDrive ? {} : { refusal: _("No drive is empty.") })}
                >
                    {_("Load")}
                </ActionButton>
            )}
            <ActionButton action={OPERATE} variant="secondary" size="sm" onClick={onMove}>
                {_("Move to a slot")}
            </ActionButton>
            {barcode && <Link to={["tape", "cartridges", barcode]}>{_("History")}</Link>}
            <Button variant="link" size="sm" onClick={onCancel}>
                {_("Choose none")}
            </Button>
        </section>
    );
}
