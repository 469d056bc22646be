import { ArrowCircleDownIcon } from "@patternfly/react-icons/dist/esm/icons/arrow-circle-down-icon";
import { BroomIcon } from "@patternfly/react-icons/dist/esm/icons/broom-icon";
import { HddIcon } from "@patternfly/react-icons/dist/esm/icons/hdd-icon";
import { LockIcon } from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import { QuestionCircleIcon } from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import { SyncAltIcon } from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import { TapeIcon } from "@patternfly/react-icons/dist/esm/icons/tape-icon";
import { type ComponentType, memo } from "react";

import type { Slot, TapeDrive } from "../../api/tape";
import { _ } from "../../text";
import { type SlotLook, lookOf } from "./slots";
import { generationText, lookText, slotText } from "./words";

export const LOOK_ICONS: Record<SlotLook, ComponentType | null> = {
    data: TapeIcon,
    cleaning: BroomIcon,
    worm: LockIcon,
    unlabelled: QuestionCircleIcon,
    empty: null,
    "in-drive": HddIcon,
};

interface Props {
    slot: Slot;
    /** The place in the grid, from 0, for keys and clicks. */
    index: number;
    column: number;
    /** The drive that has this slot's cartridge. */
    drive: TapeDrive | undefined;
    /** The one that the Tab key comes to. */
    isActive: boolean;
    isSource: boolean;
    /** The chosen cartridge can go here. */
    isTarget: boolean;
    isMoving: boolean;
}

/** What only screen readers need: others see it by the colour and the frame. */
function Marks({ isSource, isTarget }: Pick<Props, "isSource" | "isTarget">) {
    if (!isSource && !isTarget) return null;
    return <span className="bams-spoken">{isSource ? _("chosen") : _("free for the chosen cartridge")}</span>;
}

/** One slot. The grid hears keys and clicks for all of its cells. */
export const SlotCell = memo(function SlotCell(props: Props) {
    const { slot, index, column, drive, isActive, isSource, isTarget, isMoving } = props;
    const [number, state, importExport, barcode, , generation] = slot;
    const look = lookOf(slot, drive !== undefined);
    const Icon = isMoving ? SyncAltIcon : isTarget ? ArrowCircleDownIcon : LOOK_ICONS[look];
    const text = isMoving ? _("Moving") : isTarget ? _("Put it here") : lookText(look, drive);
    const label = barcode || (look === "in-drive" ? drive?.Barcode : "");
    const marks = `${isSource ? " bams-slot-source" : ""}${isTarget ? " bams-slot-target" : ""}`;
    return (
        <div
            role="gridcell"
            tabIndex={isActive ? 0 : -1}
            aria-selected={isSource}
            aria-colindex={column + 1}
            data-index={index}
            data-number={number}
            draggable={state === "full"}
            className={`bams-slot bams-slot-${look}${marks}`}
            title={label || slotText(number, importExport)}
        >
            <span className="bams-slot-head">
                <span className="bams-slot-number">
                    <span className="bams-spoken">{slotText(number, importExport)}</span>
                    <span aria-hidden="true">{number}</span>
                </span>
                <span className="bams-slot-state">
                    {Icon && <Icon />} {text}
                </span>
            </span>
            <span className="bams-slot-barcode">
                {label || <span aria-hidden="true">–</span>}
                {generation > 0 && state === "full" && (
                    <span className="bams-slot-generation">{generationText(generation)}</span>
                )}
            </span>
            <Marks {...{ isSource, isTarget }} />
        </div>
    );
});
