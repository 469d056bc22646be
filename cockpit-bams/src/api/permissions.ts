// What the person may do, as polkit answers through Manager.GetPermissions. Buttons are shown by this.
import { useSyncExternalStore } from "react";

import { N_, _ } from "../text";
import { connectionState, onConnectionState } from "./bus";
import { type Answer, getPermissions } from "./manager";

const OPERATORS = N_("members of the group bams-operator or bams-admin");
const ADMINS = N_("members of the group bams-admin");

/** What each action is, and who has it with the rules that BAMS ships. */
export const ACTIONS: Record<string, { description: string; who: string }> = {
    "org.bams.logs.read": { description: N_("Read logs and the audit record"), who: OPERATORS },
    "org.bams.tape.operate": { description: N_("Operate tape libraries"), who: OPERATORS },
    "org.bams.bacula.operate": { description: N_("Operate Bacula's tapes"), who: OPERATORS },
    "org.bams.bacula.restart": { description: N_("Restart the Bacula storage daemon"), who: OPERATORS },
    "org.bams.bacula.configure": { description: N_("Configure the Bacula storage daemon"), who: ADMINS },
    "org.bams.disk.manage": { description: N_("Manage disk repositories"), who: ADMINS },
    "org.bams.disk.destroy": { description: N_("Delete disk repositories and roll back snapshots"), who: ADMINS },
    "org.bams.iscsi.manage": { description: N_("Manage iSCSI targets"), who: ADMINS },
    "org.bams.iscsi.destroy": { description: N_("Delete iSCSI targets and close sessions"), who: ADMINS },
    "org.bams.manage": { description: N_("Manage the backup appliance"), who: ADMINS },
};

export type Permissions = Readonly<Record<string, Answer>>;

let known: Permissions = {};
const listeners = new Set<() => void>();

/** Ask again. Until the first answer nothing is allowed. */
export async function refreshPermissions(): Promise<void> {
    try {
        const next = await getPermissions();
        if (JSON.stringify(next) === JSON.stringify(known)) return;
        known = next;
        for (const listener of [...listeners]) listener();
    } catch {
        // The connection says what is wrong; what was allowed before will be refused by the daemon itself.
    }
}

/** Ask whenever the connection is made or made anew. */
export function followPermissions(): void {
    onConnectionState(() => {
        if (connectionState().kind === "ready") void refreshPermissions();
    });
}

export function usePermissions(): Permissions {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => known,
    );
}

export interface Allowed {
    allowed: boolean;
    /** Why not, and how to get it; empty when allowed. */
    reason: string;
}

/** Whether the person may do an action, and if not, a sentence that says why. */
export function useAllowed(action: string): Allowed {
    const permissions = usePermissions();
    return explain(action, permissions[action]);
}

export function explain(action: string, answer: Answer | undefined): Allowed {
    if (answer === "yes") return { allowed: true, reason: "" };
    if (answer === "challenge") {
        const how = _("This needs administrative access. Turn it on at the top of the window of Cockpit.");
        return { allowed: false, reason: how };
    }
    const who = ACTIONS[action]?.who;
    return {
        allowed: false,
        reason: who ? `${_("You may not do this. Who may:")} ${_(who)}.` : _("You may not do this."),
    };
}
