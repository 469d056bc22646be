// What the slots of a library are, as pure functions: joining pages and changes, and finding among them.
import type { Slot, TapeDrive } from "../../api/tape";

export type SlotLook = "data" | "cleaning" | "worm" | "unlabelled" | "empty" | "in-drive";

/** What a person may look for. */
export type SlotFilter = "all" | "full" | "empty" | "cleaning" | "unlabelled" | "import-export";

export const FILTERS: readonly SlotFilter[] = ["all", "full", "empty", "cleaning", "unlabelled", "import-export"];

/** Slots by number with some of them new or changed. Slots that are the same stay the same objects. */
export function merged(known: readonly Slot[], changed: readonly Slot[]): readonly Slot[] {
    if (changed.length === 0) return known;
    const last = known[known.length - 1];
    const [first] = changed;
    // Pages come by number, so most of the time they only follow.
    if (!last || (first && first[0] > last[0])) return [...known, ...changed];
    const news = new Map(changed.map((slot) => [slot[0], slot]));
    const next = known.map((slot) => {
        const other = news.get(slot[0]);
        news.delete(slot[0]);
        return other && !isSame(slot, other) ? other : slot;
    });
    return news.size ? [...next, ...news.values()].sort((a, b) => a[0] - b[0]) : next;
}

function isSame(one: Slot, other: Slot): boolean {
    return one.every((value, index) => value === other[index]);
}

/** Which drive holds the cartridge that belongs into each slot. */
export function borrowedSlots(drives: readonly TapeDrive[]): ReadonlyMap<number, TapeDrive> {
    const loaded = drives.filter(({ State, SourceSlot }) => State === "loaded" && SourceSlot > 0);
    return new Map(loaded.map((drive) => [drive.SourceSlot, drive]));
}

export function lookOf([, state, , barcode, kind]: Slot, borrowed: boolean): SlotLook {
    if (state !== "full") return borrowed ? "in-drive" : "empty";
    if (barcode === "") return "unlabelled";
    return kind === "cleaning" || kind === "worm" ? kind : "data";
}

/** The slots that a person looks for: by a part of the barcode (or the number), and by what is in them. */
export function found(
    slots: readonly Slot[],
    text: string,
    filter: SlotFilter,
    borrowed: ReadonlyMap<number, TapeDrive>,
): readonly Slot[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === "" && filter === "all") return slots;
    return slots.filter((slot) => {
        const [number, state, importExport, barcode, kind] = slot;
        const home = state === "full" ? "" : (borrowed.get(number)?.Barcode ?? "");
        if (wanted !== "" && !`${barcode} ${home}`.toLowerCase().includes(wanted) && String(number) !== wanted) {
            return false;
        }
        switch (filter) {
            case "full":
                return state === "full";
            case "empty":
                return state !== "full";
            case "cleaning":
                return kind === "cleaning";
            case "unlabelled":
                return state === "full" && barcode === "";
            case "import-export":
                return importExport;
            default:
                return true;
        }
    });
}
