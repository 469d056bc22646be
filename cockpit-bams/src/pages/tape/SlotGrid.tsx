import { type CSSProperties, type DragEvent, type KeyboardEvent, type MouseEvent, useLayoutEffect, useRef, useState,
} from "react";

import type { Slot, TapeDrive } from "../../api/tape";
import { SlotCell } from "./SlotCell";
import type { Source } from "./source";
import { useWindow } from "./useWindow";
import { moveBy } from "./windowing";

interface Props {
    label: string;
    slots: readonly Slot[];
    borrowed: ReadonlyMap<number, TapeDrive>;
    moving: ReadonlySet<number>;
    source: Source | null;
    /** Whether the person may move cartridges; else they can only look at them. */
    mayMove: boolean;
    /** A full slot was chosen, or the chosen one again. */
    onSource: (source: Source | null) => void;
    /** An empty slot was chosen as the place for the source. */
    onTarget: (slot: Slot) => void;
}

/** The slot that an event is about. */
function cellOf(event: { target: EventTarget }): HTMLElement | null {
    return event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
}

/**
 * Slots as a grid of which only what is seen is drawn. One cell is in the order of the Tab key; arrows move from there,
 * Enter chooses, Escape gives up.
 */
export function SlotGrid({ label, slots, borrowed, moving, source, mayMove, onSource, onTarget }: Props) {
    const { box, columns, page, first, end, pitch, height, onScroll, show } = useWindow(slots.length);
    const [wanted, setActive] = useState(0);
    const wantsFocus = useRef(false);
    const active = Math.min(wanted, Math.max(0, slots.length - 1));

    useLayoutEffect(() => {
        if (!wantsFocus.current) return;
        wantsFocus.current = false;
        box.current?.querySelector<HTMLElement>(`[data-index="${active}"]`)?.focus({ preventScroll: true });
    });

    const goTo = (index: number) => {
        wantsFocus.current = true;
        show(index);
        setActive(index);
    };
    const choose = (index: number) => {
        const slot = slots[index];
        if (!slot) return;
        const [number, state] = slot;
        if (source?.kind === "slot" && source.number === number) onSource(null);
        else if (state === "full") onSource({ kind: "slot", number });
        else if (source && mayMove) onTarget(slot);
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.altKey || event.metaKey) return;
        if (event.key === "Escape" && source) onSource(null);
        else if (event.key === "Enter" || event.key === " ") choose(active);
        else {
            const rightToLeft = getComputedStyle(event.currentTarget).direction === "rtl";
            const how = { page, rightToLeft, withControl: event.ctrlKey };
            const next = moveBy(event.key, active, { count: slots.length, columns }, how);
            if (next === null) return;
            goTo(next);
        }
        event.preventDefault();
    };
    const onClick = (event: MouseEvent) => {
        const cell = cellOf(event);
        if (!cell) return;
        const index = Number(cell.dataset["index"]);
        wantsFocus.current = true;
        setActive(index);
        choose(index);
    };
    const slotAt = (event: DragEvent): Slot | undefined => slots[Number(cellOf(event)?.dataset["index"] ?? -1)];
    const onDragStart = (event: DragEvent) => {
        const slot = slotAt(event);
        if (!slot || slot[1] !== "full") return;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", slot[3]);
        onSource({ kind: "slot", number: slot[0] });
    };
    const onDragOver = (event: DragEvent) => {
        if (source && mayMove && slotAt(event)?.[1] === "empty") event.preventDefault();
    };
    const onDrop = (event: DragEvent) => {
        const slot = slotAt(event);
        if (!source || !mayMove || slot?.[1] !== "empty") return;
        event.preventDefault();
        onTarget(slot);
    };

    // The row with the focus stays, wherever the person scrolls, so that the keyboard does not get lost.
    const activeRow = Math.floor(active / columns);
    const rows = Array.from({ length: end - first }, (_unused, index) => first + index);
    if (slots.length > 0 && (activeRow < first || activeRow >= end)) rows.push(activeRow);

    return (
        <div
            ref={box}
            role="grid"
            tabIndex={-1}
            aria-label={label}
            aria-rowcount={Math.ceil(slots.length / columns)}
            aria-colcount={columns}
            className="bams-slots"
            onScroll={onScroll}
            onKeyDown={onKeyDown}
            onClick={onClick}
            onDragStart={onDragStart}
            onDragOver={onDragOver}
            onDrop={onDrop}
        >
            <div role="presentation" className="bams-slots-all" style={{ blockSize: height }}>
                {rows.map((row) => (
                    <div
                        key={row}
                        role="row"
                        aria-rowindex={row + 1}
                        className="bams-slots-row"
                        style={{ insetBlockStart: row * pitch, "--bams-columns": columns } as CSSProperties}
                    >
                        {slots.slice(row * columns, (row + 1) * columns).map((slot, column) => {
                            const index = row * columns + column;
                            const [number, state] = slot;
                            const isSource = source?.kind === "slot" && source.number === number;
                            return (
                                <SlotCell
                                    key={number}
                                    slot={slot}
                                    index={index}
                                    column={column}
                                    drive={state === "full" ? undefined : borrowed.get(number)}
                                    isActive={index === active}
                                    isSource={isSource}
                                    isTarget={source !== null && mayMove && state !== "full"}
                                    isMoving={moving.has(number)}
                                />
                            );
                        })}
                    </div>
                ))}
            </div>
        </div>
    );
}
