
import type { Slot, TapeDrive, TapeLibrary } from "../../api/tape";
import { ActionButton } from "../../components/ActionButton";
import { ActionsMenu, type MenuAction } from "../../components/ActionsMenu";
import { Button } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { CleanDrive } from "./CleanDrive";
import { LoadCartridge } from "./LoadCartridge";
import { UnloadDrive } from "./UnloadDrive";
import { OPERATE } from "./words";

interface Props {
    library: TapeLibrary;
    drive: TapeDrive;
    drives: readonly TapeDrive[];
    slots: () => readonly Slot[];
    /** Choose its cartridge, to bring it to a slot of the grid beside it. */
    onChoose?: () => void;
    /** What the chosen cartridge would do here, instead of what else can be done. */
    offer?: string;
    onOffer?: () => void;
}

/** Why a drive cannot be loaded, unloaded or cleaned as it is. */
function refusals({ State }: TapeDrive): { load?: string; unload?: string } {
    if (State === "loaded") return { load: _("A cartridge is in it. Unload it first.") };
    if (State === "empty") return { unload: _("It is empty.") };
    const text = State === "absent" ? _("The library has no drive there.") : _("Its state is not known.");
    return { load: text, unload: text };
}

export function DriveActions({ library, drive, drives, slots, onChoose, offer, onOffer }: Props) {
    const why = refusals(drive);
    const props = () => ({ library, drive, slots: slots() });
    const load = () => openDialog((close) => <LoadCartridge {...props()} drives={drives} onClose={close} />);
    const unload = () => openDialog((close) => <UnloadDrive {...props()} onClose={close} />);
    const clean: MenuAction = {
        text: _("Clean"),
        action: OPERATE,
        refusal: why.load,
        onClick: () => openDialog((close) => <CleanDrive {...props()} onClose={close} />),
    };
    const choose: MenuAction = {
        text: _("Move the cartridge to a slot"),
        action: OPERATE,
        refusal: why.unload,
        onClick: () => onChoose?.(),
    };
    const isLoaded = drive.State === "loaded";
    const label = isLoaded
        ? fill(_("Unload drive {number}"), { number: drive.Index })
        : fill(_("Load drive {number}"), { number: drive.Index });
    return (
        <>
            {offer && onOffer ? (
                <Button size="sm" onClick={onOffer}>
                    {offer}
                </Button>
            ) : (
                <ActionButton
                    action={OPERATE}
                    variant="secondary"
                    size="sm"
                    aria-label={label}
                    onClick={isLoaded ? unload : load}
                    {...(!isLoaded && why.load ? { refusal: why.load } : {})}
                >
                    {isLoaded ? _("Unload") : _("Load")}
                </ActionButton>
            )}
            <ActionsMenu
                label={fill(_("Actions of drive {number}"), { number: drive.Index })}
                actions={onChoose ? [choose, clean] : [clean]}
            />
        </>
    );
}
