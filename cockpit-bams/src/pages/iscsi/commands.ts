// What an administrator types at an initiator. Names come from people and devices, so they are quoted for the shell.

const DEFAULT_PORT = "3260";

export type System = "linux" | "windows" | "vmware";

export interface Offer {
    iqn: string;
    /** Address, with the port where it has one. */
    portal: string;
    /** What initiators log in with; empty when nothing is asked. */
    user: string;
}

/** An address and its port: 192.0.2.1:3260, [2001:db8::1]:3260, or a name. */
export function splitPortal(portal: string): [address: string, port: string] {
    const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(portal);
    return found ? [found[1] ?? found[2] ?? "", found[3] ?? DEFAULT_PORT] : [portal, DEFAULT_PORT];
}

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
    return /^[A-Za-z0-9._:@%+,/[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** One word for PowerShell. */
export function powerShellWord(text: string): string {
    return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}

/** Where an initiator has its own name, which the target's list must have. */
export const OWN_NAME: Record<System, string> = {
    linux: "cat /etc/iscsi/initiatorname.iscsi",
    windows: "(Get-InitiatorPort).NodeAddress",
    vmware: "esxcli iscsi adapter get --adapter=vmhbaN",
};

/** The commands, one a line. SECRET and vmhbaN stand for what only the person knows. */
export function commands(system: System, { iqn, portal, user }: Offer): string {
    const [address, port] = splitPortal(portal);
    const full = `${address.includes(":") ? `[${address}]` : address}:${port}`;
    if (system === "linux") return linux(shellWord(iqn), shellWord(full), user && shellWord(user));
    if (system === "windows") return windows(iqn, address, port, user);
    return vmware(shellWord(full), user && shellWord(user));
}

function linux(iqn: string, portal: string, user: string): string {
    const node = `iscsiadm -m node -T ${iqn} -p ${portal}`;
    const login = (key: string, value: string) => `${node} -o update -n node.session.auth.${key} -v ${value}`;
    const proof = [login("authmethod", "CHAP"), login("username", user), login("password", "SECRET")];
    return [`iscsiadm -m discovery -t sendtargets -p ${portal}`, ...(user ? proof : []), `${node} --login`].join("\n");
}

function windows(iqn: string, address: string, port: string, user: string): string {
    const chap = ` -AuthenticationType ONEWAYCHAP -ChapUsername ${powerShellWord(user)} -ChapSecret SECRET`;
    return [
        `New-IscsiTargetPortal -TargetPortalAddress ${powerShellWord(address)} -TargetPortalPortNumber ${port}`,
        `Connect-IscsiTarget -NodeAddress ${powerShellWord(iqn)} -IsPersistent $true${user ? chap : ""}`,
    ].join("\n");
}

function vmware(portal: string, user: string): string {
    const adapter = "--adapter=vmhbaN";
    // Only where the target asks for it: the discovery of targets goes without a secret.
    const chap = `esxcli iscsi adapter auth chap set ${adapter} --direction=uni --level=discouraged`;
    return [
        "esxcli iscsi software set --enabled=true",
        `esxcli iscsi adapter discovery sendtarget add ${adapter} --address=${portal}`,
        ...(user ? [`${chap} --authname=${user} --secret=SECRET`] : []),
        `esxcli storage core adapter rescan ${adapter}`,
    ].join("\n");
}
