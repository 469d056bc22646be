import { Label, type LabelProps } from "@patternfly/react-core";

import { N_, _ } from "../text";

type Look = { status: NonNullable<LabelProps["status"]> } | { color: NonNullable<LabelProps["color"]> };

const GOOD: Look = { status: "success" };
const CARE: Look = { status: "warning" };
const BAD: Look = { status: "danger" };
const PLAIN: Look = { color: "grey" };
const BUSY: Look = { color: "blue" };

/** How each state of the contract looks and reads. A state of a later version is shown as it is, in grey. */
const STATES: Record<string, { look: Look; text: string }> = {
    online: { look: GOOD, text: N_("Online") },
    ready: { look: GOOD, text: N_("Ready") },
    succeeded: { look: GOOD, text: N_("Done") },
    done: { look: GOOD, text: N_("Done") },
    "in-sync": { look: GOOD, text: N_("Applied") },
    allowed: { look: PLAIN, text: N_("Allowed") },
    denied: { look: CARE, text: N_("Denied") },
    busy: { look: BUSY, text: N_("Busy") },
    foreign: { look: PLAIN, text: N_("Made by others") },
    drifted: { look: CARE, text: N_("Changed outside BAMS") },
    absent: { look: CARE, text: N_("Not there") },
    unavailable: { look: BAD, text: N_("Not available") },
    unavail: { look: BAD, text: N_("Not available") },
    removed: { look: BAD, text: N_("Missing") },
    running: { look: BUSY, text: N_("Running") },
    planned: { look: PLAIN, text: N_("Planned") },
    "rolling-back": { look: BUSY, text: N_("Rolling back") },
    loaded: { look: BUSY, text: N_("Loaded") },
    empty: { look: PLAIN, text: N_("Empty") },
    unknown: { look: PLAIN, text: N_("Unknown") },
    active: { look: GOOD, text: N_("Active") },
    activating: { look: BUSY, text: N_("Starting") },
    reloading: { look: BUSY, text: N_("Reloading") },
    deactivating: { look: BUSY, text: N_("Stopping") },
    recovered: { look: CARE, text: N_("Settled after a restart") },
    inactive: { look: PLAIN, text: N_("Inactive") },
    cancelled: { look: PLAIN, text: N_("Cancelled") },
    degraded: { look: CARE, text: N_("Degraded") },
    incomplete: { look: CARE, text: N_("Incomplete") },
    pending: { look: CARE, text: N_("Not applied") },
    offline: { look: CARE, text: N_("Offline") },
    suspended: { look: BAD, text: N_("Suspended") },
    faulted: { look: BAD, text: N_("Faulted") },
    missing: { look: BAD, text: N_("Missing") },
    unresponsive: { look: BAD, text: N_("No answer") },
    failed: { look: BAD, text: N_("Failed") },
    critical: { look: BAD, text: N_("Critical") },
    warning: { look: CARE, text: N_("Warning") },
    info: { look: BUSY, text: N_("Note") },
};

/** A state as a word. */
export function stateText(state: string): string {
    const known = STATES[state];
    return known ? _(known.text) : state;
}

/** A state as a coloured word. Colour is never the only sign: the text says it too. */
export function StateLabel({ state, title }: { state: string; title?: string }) {
    const known = STATES[state];
    return (
        <Label isCompact variant="outline" {...(known?.look ?? PLAIN)} {...(title ? { title } : {})}>
            {stateText(state)}
        </Label>
    );
}
