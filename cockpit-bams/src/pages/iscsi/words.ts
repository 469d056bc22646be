// The words of iSCSI, and the small facts that several cards need. Pure functions.
import type { Group, IscsiTarget } from "../../api/iscsi";
import { N_, _, fill, ngettext } from "../../text";

export const DEFAULT_GROUP = "default";
const NAME_LIMIT = 223;
const LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const IQN = new RegExp(`^iqn\\.\\d{4}-(?:0[1-9]|1[0-2])\\.${LABEL}(?:\\.${LABEL})*(?::[a-z0-9.:-]+)?$`);
const OTHER_NAME = /^(?:eui\.[0-9a-f]{16}|naa\.(?:[0-9a-f]{16}|[0-9a-f]{32}))$/;
const PATTERN = /^!?[a-z0-9.:*?-]+$/;
const SECRET = /^[A-Za-z0-9._:@+,!%^*~/-]{12,16}$/;

const STACKS: Record<string, string> = { scst: "SCST", lio: "LIO" };

/** What each login parameter takes: a choice, or a number in a range. */
export const PARAMETERS: readonly { name: string; choices?: readonly string[]; least?: number; most?: number }[] = [
    { name: "QueuedCommands", least: 1, most: 2048 },
    { name: "InitialR2T", choices: ["Yes", "No"] },
    { name: "ImmediateData", choices: ["Yes", "No"] },
    { name: "MaxOutstandingR2T", least: 1, most: 65535 },
    { name: "MaxRecvDataSegmentLength", least: 512, most: 16777215 },
    { name: "MaxXmitDataSegmentLength", least: 512, most: 16777215 },
    { name: "MaxBurstLength", least: 512, most: 16777215 },
    { name: "FirstBurstLength", least: 512, most: 16777215 },
    { name: "HeaderDigest", choices: ["None", "CRC32C", "CRC32C,None", "None,CRC32C"] },
    { name: "DataDigest", choices: ["None", "CRC32C", "CRC32C,None", "None,CRC32C"] },
];

export function stackName(backend: string): string {
    return STACKS[backend] ?? backend;
}

/** Why it is no name for a target; empty when it is, and while nothing stands there. */
export function targetNameProblem(text: string): string {
    if (text === "" || isIscsiName(text)) return "";
    if (isIscsiName(text.toLowerCase())) return _("Use lower case letters only.");
    return _("Write for example iqn.2026-01.org.example:backup1, with a to z, 0 to 9, dots, colons and dashes.");
}

/** Why the first of several names or patterns of initiators is wrong; empty when all are right. */
export function initiatorsProblem(names: readonly string[]): string {
    const wrong = names.find((name) => !isIscsiName(name) && !isPattern(name));
    if (wrong === undefined) return "";
    return fill(_("{name} is no name of an initiator. It looks like iqn.1998-01.com.example:host1, in lower case."), {
        name: wrong,
    });
}

function isIscsiName(text: string): boolean {
    return text.length <= NAME_LIMIT && (IQN.test(text) || OTHER_NAME.test(text));
}

function isPattern(text: string): boolean {
    return text.length <= NAME_LIMIT && /[*?!]/.test(text) && PATTERN.test(text);
}

export function secretProblem(text: string): string {
    if (text === "" || SECRET.test(text)) return "";
    return _("Use 12 to 16 letters, digits and the marks . _ : @ + , ! % ^ * ~ / - only.");
}

/** Names or addresses that a person wrote with blanks, commas or one a line. */
export function splitWords(text: string): string[] {
    return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/**
 * A name for a new target, as RFC 7143 builds it: the month, the domain from its end, and a free number.
 * ``today`` is a date of this computer.
 */
export function suggestIqn(hostname: string, taken: readonly string[], today: Date): string {
    const month = `${today.getFullYear()}-${String(today.getMonth() + 1).padStart(2, "0")}`;
    const labels = hostname
        .toLowerCase()
        .split(".")
        .map((label) => label.replace(/[^a-z0-9-]/g, "-").replace(/^-+|-+$/g, ""))
        .filter(Boolean);
    // A name without a domain is nobody's; "local" is kept for this (RFC 6762).
    const domain = labels.length > 1 ? labels : [labels[0] ?? "bams", "local"];
    const start = `iqn.${month}.${[...domain].reverse().join(".")}`.slice(0, NAME_LIMIT - 16).replace(/[.-]+$/, "");
    for (let number = 1; ; number += 1) {
        const name = `${start}:target${number}`;
        if (!taken.includes(name)) return name;
    }
}

/** Whether it is as it shall be. */
export function needsApply({ Owned, State, Pending }: IscsiTarget): boolean {
    return Owned && (Pending.length > 0 || ["pending", "drifted", "failed"].includes(State));
}

/** A heading that says what a state means. */
const STATE_TITLES: Record<string, string> = {
    pending: N_("Not applied yet"),
    drifted: N_("Somebody changed this target without BAMS"),
    failed: N_("This target could not be brought into force"),
    foreign: N_("Others made this target"),
    unknown: N_("The state of this target is not known"),
};

export function stateTitle(state: string): string {
    const text = STATE_TITLES[state];
    return text ? _(text) : state;
}

export function lunsText(group: Group): string {
    if (!group.luns) return _("all LUNs");
    if (group.luns.length === 0) return _("no LUN");
    return fill(_("LUN {numbers}"), { numbers: group.luns.join(", ") });
}

export function countText(target: IscsiTarget): string {
    return ngettext("{count} LUN", "{count} LUNs", target.Luns.length);
}
