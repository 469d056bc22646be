// org.bams.Disk: see dbus/*.xml for what the members mean.
import { call } from "./bus";
import type { Listed } from "./store";
import type { Options } from "./wire";

const PATH = "/org/bams/Disk";
const IFACE = "org.bams.Disk";
export const POOL = "org.bams.Disk.Pool";
export const REPOSITORY = "org.bams.Disk.Repository";

export interface PoolDevice {
    path?: string;
    size?: number;
    state?: string;
    reason?: string;
}

/** What is not known is left out. */
export interface Snapshot {
    name: string;
    created?: number;
    size?: number;
    used?: number;
    used_percent?: number;
    valid?: boolean;
    owned?: boolean;
}

/** A disk that may become part of a pool. What is not known is left out. */
export interface Candidate {
    id: string;
    path: string;
    size?: number;
    model?: string;
    serial?: string;
    wwn?: string;
    rotational?: boolean;
    smart?: string;
    signature?: string;
    candidate: boolean;
    refusals?: string[];
}

/** Who uses a repository, and how to end it. */
export interface Holder {
    kind: string;
    name: string;
    release: string;
}

/** org.bams.Disk.Pool */
export interface DiskPool extends Listed {
    Name: string;
    Kind: string;
    Uuid: string;
    Owned: boolean;
    Size: number;
    Free: number;
    DataPercent: number;
    MetadataPercent: number;
    Health: string;
    HealthText: string;
    Devices: PoolDevice[];
    /** Why a figure is not known, by the name of the figure. */
    Reasons: Record<string, string>;
}

/** org.bams.Disk.Repository */
export interface DiskRepository extends Listed {
    Name: string;
    Kind: string;
    Pool: string;
    Uuid: string;
    Owned: boolean;
    Size: number;
    Used: number;
    UsedKnown: boolean;
    Sparse: boolean;
    Device: string;
    Created: number;
    CreatedBy: string;
    State: string;
    StateText: string;
    Use: string;
    Filesystem: string;
    MountPoint: string;
    Mounted: boolean;
    Snapshots: Snapshot[];
}

export async function listCandidates(options: Options = {}): Promise<Candidate[]> {
    return (await call(PATH, IFACE, "ListCandidates", "a{sv}", options))[0] as Candidate[];
}

export async function getHolders(name: string): Promise<Holder[]> {
    return (await call(PATH, IFACE, "GetHolders", "s", name))[0] as Holder[];
}

export async function createPool(
    name: string,
    kind: string,
    devices: string[],
    options: Options = {},
): Promise<string> {
    return (await call(PATH, IFACE, "CreatePool", "ssasa{sv}", name, kind, devices, options))[0] as string;
}

export async function extendPool(name: string, devices: string[], options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "ExtendPool", "sasa{sv}", name, devices, options))[0] as string;
}

export async function deletePool(name: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "DeletePool", "sa{sv}", name, options))[0] as string;
}

export async function createRepository(
    name: string,
    pool: string,
    size: number,
    options: Options = {},
): Promise<string> {
    return (await call(PATH, IFACE, "CreateRepository", "ssta{sv}", name, pool, size, options))[0] as string;
}

export async function resizeRepository(name: string, size: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "ResizeRepository", "sta{sv}", name, size, options))[0] as string;
}

export async function deleteRepository(name: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "DeleteRepository", "sa{sv}", name, options))[0] as string;
}

export async function finishRepository(name: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "FinishRepository", "sa{sv}", name, options))[0] as string;
}

export async function mountRepository(name: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "MountRepository", "sa{sv}", name, options))[0] as string;
}

export async function unmountRepository(name: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "UnmountRepository", "sa{sv}", name, options))[0] as string;
}

export async function createSnapshot(repository: string, snapshot: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "CreateSnapshot", "ssa{sv}", repository, snapshot, options))[0] as string;
}

export async function deleteSnapshot(repository: string, snapshot: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "DeleteSnapshot", "ssa{sv}", repository, snapshot, options))[0] as string;
}

export async function rollbackSnapshot(
    repository: string,
    snapshot: string,
    options: Options = {},
): Promise<string> {
    return (await call(PATH, IFACE, "RollbackSnapshot", "ssa{sv}", repository, snapshot, options))[0] as string;
}

export async function refresh(options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "Refresh", "a{sv}", options);
}
