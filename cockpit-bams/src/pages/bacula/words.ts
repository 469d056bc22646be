// The words of Bacula, and the small facts that several cards need.
import type { BaculaDevice, BaculaStatus, BaculaVolume } from "../../api/bacula";
import type { TapeLibrary } from "../../api/tape";
import { N_, _, fill } from "../../text";

export const OPERATE = "org.bams.bacula.operate";
export const CONFIGURE = "org.bams.bacula.configure";
export const RESTART = "org.bams.bacula.restart";

/** How good a state is. */
export type Look = "success" | "warning" | "danger" | "info" | "plain";

/** How the storage daemon is, in the order in which things have to be set right. */
export type Condition = "absent" | "stopped" | "silent" | "good";

export function conditionOf({ installed, unit_state: unit, reachable }: BaculaStatus): Condition {
    if (!installed) return "absent";
    if (reachable) return "good";
    return unit === "active" || unit === "activating" || unit === "reloading" ? "silent" : "stopped";
}

/** The letters of Bacula for how a job is or ended. */
const JOB_STATES: Record<string, { text: string; look: Look }> = {
    T: { text: N_("Done"), look: "success" },
    W: { text: N_("Done with warnings"), look: "warning" },
    E: { text: N_("Ended with errors"), look: "danger" },
    e: { text: N_("Ended with errors"), look: "danger" },
    f: { text: N_("Failed"), look: "danger" },
    A: { text: N_("Cancelled"), look: "plain" },
    D: { text: N_("Differences found"), look: "warning" },
    I: { text: N_("Incomplete"), look: "warning" },
    R: { text: N_("Running"), look: "info" },
    C: { text: N_("Waits to start"), look: "plain" },
    B: { text: N_("Blocked"), look: "warning" },
    F: { text: N_("Waits for the client"), look: "plain" },
    S: { text: N_("Waits for the storage daemon"), look: "plain" },
    m: { text: N_("Waits for a new volume"), look: "warning" },
    M: { text: N_("Waits for a volume to be mounted"), look: "warning" },
    s: { text: N_("Waits for storage"), look: "plain" },
    j: { text: N_("Waits for another job"), look: "plain" },
    c: { text: N_("Waits for the client"), look: "plain" },
    d: { text: N_("Waits for its turn"), look: "plain" },
    t: { text: N_("Waits for its time"), look: "plain" },
    p: { text: N_("Waits for a more urgent job"), look: "plain" },
    i: { text: N_("Writes its file records"), look: "info" },
    a: { text: N_("Despools attributes"), look: "info" },
    l: { text: N_("Despools data"), look: "info" },
    L: { text: N_("Writes the last data"), look: "info" },
};

export function jobState(letter: string): { text: string; look: Look } {
    const known = JOB_STATES[letter];
    return known ? { text: _(known.text), look: known.look } : { text: letter || _("Unknown"), look: "plain" };
}

const LEVELS: Record<string, string> = {
    F: N_("full"),
    D: N_("differential"),
    I: N_("incremental"),
    C: N_("verify the catalog"),
    V: N_("verify the first time"),
    O: N_("verify the volume"),
    d: N_("verify the disk"),
    A: N_("verify the data"),
    B: N_("base"),
    f: N_("virtual full"),
};

const TYPES: Record<string, string> = {
    B: N_("Backup"),
    V: N_("Verification"),
    R: N_("Restore"),
    D: N_("Administration"),
    A: N_("Archive"),
    C: N_("Copy"),
    c: N_("Copying"),
    g: N_("Migration"),
    M: N_("Migrated"),
};

/** "Backup, full" */
export function jobKind({ type = "", level = "" }: { type?: string; level?: string }): string {
    const kind = TYPES[type];
    const depth = LEVELS[level];
    return [kind ? _(kind) : type, depth ? _(depth) : level.trim()].filter(Boolean).join(", ");
}

/** What Bacula's word for the state of a volume means. */
const VOLUMES: Record<string, { text: string; look: Look }> = {
    Append: { text: N_("takes more data"), look: "success" },
    Full: { text: N_("is full"), look: "info" },
    Used: { text: N_("takes no more data"), look: "info" },
    Recycle: { text: N_("will be written anew"), look: "plain" },
    Purged: { text: N_("holds no job, may be written anew"), look: "plain" },
    Error: { text: N_("had an error, takes no more data"), look: "danger" },
    Archive: { text: N_("is kept as it is"), look: "plain" },
    Disabled: { text: N_("is not used"), look: "plain" },
    "Read-Only": { text: N_("is only read"), look: "plain" },
    Busy: { text: N_("is being used"), look: "info" },
    Cleaning: { text: N_("is a cleaning cartridge"), look: "plain" },
};

export function volumeState({ status, enabled }: BaculaVolume): { text: string; look: Look } {
    if (!enabled) return { text: _("is switched off"), look: "plain" };
    const known = VOLUMES[status];
    return known ? { text: _(known.text), look: known.look } : { text: "", look: "plain" };
}

/** Where a volume is, as the libraries show it; else what the catalog says. */
export function whereText({ library, place, number = 0, slot, in_changer: inside }: BaculaVolume): string {
    const values = { library: library ?? "", number };
    switch (place) {
        case "slot":
            return fill(_("Slot {number} of {library}"), values);
        case "import-export":
            return fill(_("Import/export slot {number} of {library}"), values);
        case "drive":
            return fill(_("Drive {number} of {library}"), values);
        case "outside":
            return library ? fill(_("Taken out of {library}"), values) : _("Outside");
        case undefined:
            return inside && slot ? fill(_("Slot {slot}, as the catalog says"), { slot }) : _("In no library");
        default:
            return place;
    }
}

/** How a device is, as one word. */
export function deviceState({ enabled, blocked, mounted, open, writers }: BaculaDevice): { text: string; look: Look } {
    if (enabled === false) return { text: _("Disabled"), look: "plain" };
    if (blocked) return { text: _("Waits"), look: "warning" };
    if (writers) return { text: _("Writing"), look: "info" };
    if (mounted) return { text: _("Mounted"), look: "success" };
    return open ? { text: _("Open"), look: "success" } : { text: _("Idle"), look: "plain" };
}

/** What Bacula's words for a blocked device mean: those of its code (BST_...) and those that it shows to people. */
const BLOCKED: readonly { words: RegExp; text: string }[] = [
    { words: /unmounted.*(wait|sysop)/i, text: N_("It was unmounted while a job waited for a volume. Mount one.") },
    { words: /unmounted/i, text: N_("It was unmounted by a person. Mount it, and Bacula uses it again.") },
    {
        words: /sysop|media/i,
        text: N_("It waits for a volume that a person has to bring. Mount one, or label a new one."),
    },
    { words: /acquire|initiali/i, text: N_("It is being prepared for a job.") },
    { words: /label/i, text: N_("It writes a label.") },
    { words: /mount/i, text: N_("It waits for a volume to be mounted. Mount one.") },
    { words: /despool/i, text: N_("It writes data that was collected on disk.") },
    { words: /releas/i, text: N_("It is being given back.") },
];

/** Why a device waits, in the person's language; empty when Bacula's word is a new one. */
export function blockedText(blocked: string): string {
    const known = BLOCKED.find(({ words }) => words.test(blocked));
    return known ? _(known.text) : "";
}

/** The tape library behind a storage: Bacula knows it by its name, without signs that Bacula does not take. */
export function libraryOf(storage: string, libraries: readonly TapeLibrary[]): TapeLibrary | undefined {
    const asName = (name: string) => name.replace(/[^A-Za-z0-9_.:-]+/g, "-").replace(/^[_.:-]+/, "").slice(0, 100);
    return libraries.find(({ Name }) => asName(Name) === storage);
}

/** The name by which the Director knows the autochanger or device. */
export function storageOf({ autochanger, name }: BaculaDevice): string {
    return autochanger || name;
}
