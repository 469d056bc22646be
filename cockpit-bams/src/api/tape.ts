// org.bams.Tape: see dbus/*.xml for what the members mean.
import { call } from "./bus";
import type { Listed } from "./store";
import type { Options } from "./wire";

const PATH = "/org/bams/Tape";
const IFACE = "org.bams.Tape";
export const TAPE = IFACE;
export const LIBRARY = "org.bams.Tape.Library";
export const DRIVE = "org.bams.Tape.Drive";

/** As ListSlots gives it: number, empty or full, reached from outside, barcode, kind, LTO generation. */
export type Slot = [
    number: number,
    state: string,
    importExport: boolean,
    barcode: string,
    kind: string,
    generation: number,
];

/** org.bams.Tape.Library */
export interface TapeLibrary extends Listed {
    Name: string;
    Serial: string;
    Vendor: string;
    Product: string;
    Revision: string;
    Device: string;
    SlotCount: number;
    ImportExportCount: number;
    DriveCount: number;
    FullCount: number;
    State: string;
    LastInventory: number;
    Error: string;
    Drives: string[];
    DriveMatching: string;
    Quirks: string[];
}

/** org.bams.Tape.Drive */
export interface TapeDrive extends Listed {
    Library: string;
    Index: number;
    Serial: string;
    Vendor: string;
    Product: string;
    Revision: string;
    Device: string;
    ScsiGeneric: string;
    State: string;
    Barcode: string;
    SourceSlot: number;
    Generation: number;
    Matching: string;
    HeldBy: string;
    HealthReported: boolean;
    Alerts: string[];
    NeedsCleaning: boolean;
    Encryption: string;
    Health: Record<string, unknown>;
    Cartridge: Record<string, unknown>;
}

/** Where a cartridge is: number is that of the slot or drive, 0 outside. */
export type PlaceKind = "slot" | "import-export" | "drive" | "outside";

/** One entry of Tape.ListCartridges. */
export interface Cartridge {
    barcode: string;
    kind: string;
    generation: number;
    /** Serial number of the library that it was last seen in. */
    library: string;
    place: PlaceKind;
    number: number;
    home_slot: number;
    loads: number;
    first_seen: number;
    last_seen: number;
}

export interface CartridgeMove {
    time_us: number;
    library: string;
    from_kind: PlaceKind;
    from_number: number;
    to_kind: PlaceKind;
    to_number: number;
    cause: string;
    person: string;
}

export async function inventory(library: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Inventory", "sa{sv}", library, options))[0] as string;
}

export async function load(library: string, slot: number, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Load", "suua{sv}", library, slot, drive, options))[0] as string;
}

export async function unload(library: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Unload", "sua{sv}", library, drive, options))[0] as string;
}

export async function transfer(
    library: string,
    fromSlot: number,
    toSlot: number,
    options: Options = {},
): Promise<string> {
    return (await call(PATH, IFACE, "Transfer", "suua{sv}", library, fromSlot, toSlot, options))[0] as string;
}

export async function clean(library: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Clean", "sua{sv}", library, drive, options))[0] as string;
}

export async function listSlots(library: string, options: Options = {}): Promise<Slot[]> {
    return (await call(PATH, IFACE, "ListSlots", "sa{sv}", library, options))[0] as Slot[];
}

export async function listCartridges(options: Options = {}): Promise<[cartridges: Cartridge[], cursor: string]> {
    return (await call(PATH, IFACE, "ListCartridges", "a{sv}", options)) as [Cartridge[], string];
}

/** One cartridge and its last 100 moves, the newest first. */
export async function getCartridge(barcode: string): Promise<Cartridge & { moves: CartridgeMove[] }> {
    const [cartridge] = await call(PATH, IFACE, "GetCartridge", "s", barcode);
    return cartridge as Cartridge & { moves: CartridgeMove[] };
}

export async function refresh(options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "Refresh", "a{sv}", options);
}
