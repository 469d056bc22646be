// The words of tape libraries, and the small facts that several cards need.
import type { Cartridge, PlaceKind, Slot, TapeDrive } from "../../api/tape";
import { number, time } from "../../format";
import { N_, _, fill } from "../../text";
import type { SlotFilter, SlotLook } from "./slots";

export const OPERATE = "org.bams.tape.operate";

const LOOKS: Record<SlotLook, string> = {
    data: N_("Full"),
    cleaning: N_("Cleaning"),
    worm: N_("WORM"),
    unlabelled: N_("No label"),
    empty: N_("Empty"),
    "in-drive": N_("In drive {number}"),
};

export function lookText(look: SlotLook, drive?: TapeDrive): string {
    const text = LOOKS[look];
    return fill(_(text), { number: drive?.Index ?? "" });
}

const FILTERS: Record<SlotFilter, string> = {
    all: N_("All slots"),
    full: N_("Full"),
    empty: N_("Empty"),
    cleaning: N_("Cleaning cartridges"),
    unlabelled: N_("Without a readable label"),
    "import-export": N_("Import/export slots"),
};

export function filterText(filter: SlotFilter): string {
    const text = FILTERS[filter];
    return _(text);
}

const KINDS: Record<string, string> = {
    data: N_("Data"),
    cleaning: N_("Cleaning cartridge"),
    worm: N_("WORM: written once, kept for good"),
};

/** What a cartridge is, such as: Data, LTO-8. */
export function cartridgeKind({ kind, generation }: { kind: string; generation: number }): string {
    const known = KINDS[kind];
    const words = [known ? _(known) : kind, generation > 0 ? generationText(generation) : ""];
    return words.filter(Boolean).join(", ") || _("not known");
}

export function generationText(generation: number): string {
    return `LTO-${generation}`;
}

export function slotText(slot: number, importExport = false): string {
    return fill(importExport ? _("Import/export slot {number}") : _("Slot {number}"), { number: slot });
}

export function driveText(index: number): string {
    return fill(_("Drive {number}"), { number: index });
}

export function placeText(kind: PlaceKind, place: number): string {
    switch (kind) {
        case "slot":
            return slotText(place);
        case "import-export":
            return slotText(place, true);
        case "drive":
            return driveText(place);
        default:
            return _("Outside");
    }
}

/** What a cartridge is called in a sentence. */
export function cartridgeName(barcode: string): string {
    return barcode || _("a cartridge without a readable label");
}

/** One slot in a list to choose from: Slot 12: BAM012L8. */
export function slotChoice([place, , importExport, barcode]: Slot): string {
    return barcode ? `${slotText(place, importExport)}: ${barcode}` : slotText(place, importExport);
}

export function isCleaning(cartridge: Pick<Cartridge, "kind"> | Slot): boolean {
    return (Array.isArray(cartridge) ? cartridge[4] : (cartridge as Cartridge).kind) === "cleaning";
}

const MATCHINGS: Record<string, string> = {
    serial: N_("by serial number"),
    configured: N_("by the configuration"),
    order: N_("by their order: a guess"),
    none: N_("not found on this host"),
};

export function matchingText(matching: string): string {
    const text = MATCHINGS[matching];
    return text ? _(text) : matching;
}

const ENCRYPTIONS: Record<string, string> = {
    on: N_("on"),
    mixed: N_("on, and plain data is read too"),
    rawread: N_("raw reading"),
    off: N_("off"),
};

export function encryptionText(encryption: string): string {
    if (encryption === "unknown") return "";
    const text = ENCRYPTIONS[encryption];
    return text ? _(text) : encryption;
}

const MEASURES: Record<string, string> = {
    temperature_celsius: N_("Temperature"),
    write_errors_corrected: N_("Write errors, corrected"),
    write_errors_uncorrected: N_("Write errors, not corrected"),
    write_errors_bytes_processed: N_("Bytes written since the counters began"),
    read_errors_corrected: N_("Read errors, corrected"),
    read_errors_uncorrected: N_("Read errors, not corrected"),
    read_errors_bytes_processed: N_("Bytes read since the counters began"),
    power_on_hours: N_("Hours switched on"),
    motion_hours: N_("Hours in motion"),
    loads: N_("Loads"),
    cleanings: N_("Cleanings"),
    activity: N_("Activity"),
    load_count: N_("Loads of the cartridge"),
    remaining_mib: N_("Free"),
    maximum_mib: N_("Capacity"),
    written_mib: N_("Written in its life"),
    read_mib: N_("Read in its life"),
    manufacturer: N_("Manufacturer"),
    serial: N_("Serial number"),
    manufacture_date: N_("Made"),
    last_written: N_("Last written"),
};

/** The word for what a drive or cartridge measures; one of a later version is shown as it is. */
export function measureText(name: string): string {
    const text = MEASURES[name];
    return text ? _(text) : name.replaceAll("_", " ");
}

/** Whether it is in the table above, and not for specialists. */
export function isKnownMeasure(name: string): boolean {
    return name in MEASURES;
}

/** When the slots and drives of a library were last read. */
export function readText(microseconds: number): string {
    return microseconds ? fill(_("read {time}"), { time: time(microseconds) }) : _("not read yet");
}

export function countText(full: number, slots: number): string {
    return fill(_("{full} of {slots} slots are full"), { full: number(full), slots: number(slots) });
}
