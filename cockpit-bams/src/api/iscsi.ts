// org.bams.Iscsi: see dbus/*.xml for what the members mean.
import { call } from "./bus";
import type { Step } from "./jobs";
import type { Listed } from "./store";
import type { Options } from "./wire";

const PATH = "/org/bams/Iscsi";
export const ISCSI_PATH = PATH;
const IFACE = "org.bams.Iscsi";
export const ISCSI = IFACE;
export const TARGET = "org.bams.Iscsi.Target";

/** Initiators with what they see; without luns it is all LUNs. */
export interface Group {
    name: string;
    initiators: string[];
    luns?: number[];
}

/** An initiator that is logged in. What the stack does not tell is left out. */
export interface Session {
    target: string;
    initiator: string;
    id: string;
    since: number;
    luns: number[];
    address?: string;
    portal?: string;
    read_bytes?: number;
    written_bytes?: number;
    in_flight?: number;
    read_rate?: number;
    write_rate?: number;
}

export interface Drift {
    targets: string[];
    object: string;
    difference: string;
}

/** Number, repository or path of a file, device, whether it is read only. */
export type Lun = [number: number, name: string, device: string, readOnly: boolean];

/** org.bams.Iscsi */
export interface Iscsi extends Listed {
    Backend: string;
    BackendState: string;
    BackendText: string;
}

/** org.bams.Iscsi.Target */
export interface IscsiTarget extends Listed {
    Iqn: string;
    Alias: string;
    Enabled: boolean;
    Owned: boolean;
    Portals: string[];
    Initiators: string[];
    Groups: Group[];
    Luns: Lun[];
    LunIdentities: [number, string][];
    ChapUsers: string[];
    MutualChapUser: string;
    Parameters: Record<string, string>;
    RelativeTargetId: number;
    SessionCount: number;
    State: string;
    StateText: string;
    Pending: Step[];
    Created: number;
    CreatedBy: string;
}

export async function createTarget(iqn: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "CreateTarget", "sa{sv}", iqn, options))[0] as string;
}

export async function updateTarget(iqn: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "UpdateTarget", "sa{sv}", iqn, options))[0] as string;
}

export async function deleteTarget(iqn: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "DeleteTarget", "sa{sv}", iqn, options))[0] as string;
}

export async function setCredentials(iqn: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "SetCredentials", "sa{sv}", iqn, options))[0] as string;
}

export async function addLun(
    iqn: string,
    repository: string,
    options: Options = {},
): Promise<[job: string, lun: number]> {
    return (await call(PATH, IFACE, "AddLun", "ssa{sv}", iqn, repository, options)) as [job: string, lun: number];
}

export async function removeLun(iqn: string, lun: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "RemoveLun", "sua{sv}", iqn, lun, options))[0] as string;
}

export async function apply(iqn: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Apply", "sa{sv}", iqn, options))[0] as string;
}

export async function importTargets(iqns: string[], options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "ImportTargets", "asa{sv}", iqns, options))[0] as string;
}

export async function getDrift(): Promise<Drift[]> {
    return (await call(PATH, IFACE, "GetDrift", ""))[0] as Drift[];
}

export async function listSessions(iqn: string): Promise<Session[]> {
    return (await call(PATH, IFACE, "ListSessions", "s", iqn))[0] as Session[];
}

export async function closeSession(iqn: string, session: string, options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "CloseSession", "ssa{sv}", iqn, session, options);
}
