// org.bams.Bacula: see dbus/*.xml for what the members mean.
import { call } from "./bus";
import type { Options } from "./wire";

const PATH = "/org/bams/Bacula";
const IFACE = "org.bams.Bacula";

/** A job in the storage daemon. What is not known is left out. */
export interface BaculaJob {
    jobid: number;
    name: string;
    level?: string;
    type?: string;
    status?: string;
    bytes?: number;
    files?: number;
    errors?: number;
    volume?: string;
    device?: string;
    started?: number;
    ended?: number;
}

export interface BaculaDevice {
    name: string;
    archive_device?: string;
    type?: string;
    media_type?: string;
    autochanger?: string;
    open?: boolean;
    enabled?: boolean;
    mounted?: boolean;
    writers?: number;
    volume?: string;
    pool?: string;
    blocked?: string;
    bytes?: number;
    drive?: number;
}

export interface BaculaStatus {
    installed: boolean;
    unit_state: string;
    reachable: boolean;
    problem: string;
    name?: string;
    version?: string;
    started?: number;
    devices?: BaculaDevice[];
    running?: BaculaJob[];
    ended?: BaculaJob[];
    director_reachable: boolean;
    director_problem: string;
    storages?: string[];
    pools?: string[];
}

/** Something that is wrong with a configuration; an error keeps it from being applied. */
export interface Finding {
    severity: string;
    subject: string;
    text: string;
    advice: string;
    file: string;
    line: number;
}

/** A volume of the catalog; from `library` on only for what a library has shown. */
export interface BaculaVolume {
    name: string;
    pool: string;
    media_type: string;
    status: string;
    bytes: number;
    files: number;
    last_written: number;
    retention: number;
    slot: number;
    in_changer: boolean;
    enabled: boolean;
    needs_inventory: boolean;
    library?: string;
    place?: string;
    number?: number;
}

/** A job of the catalog. */
export interface CatalogJob {
    jobid: number;
    name: string;
    type: string;
    level: string;
    status: string;
    status_text: string;
    client: string;
    bytes: number;
    files: number;
    errors: number;
    started: number;
    ended: number;
    device: string;
}

export async function getStatus(): Promise<BaculaStatus> {
    return (await call(PATH, IFACE, "GetStatus", ""))[0] as BaculaStatus;
}

export async function getConfig(): Promise<string> {
    return (await call(PATH, IFACE, "GetConfig", ""))[0] as string;
}

export async function generateConfig(
    options: Options = {},
): Promise<[text: string, diff: string, director: string]> {
    return (await call(PATH, IFACE, "GenerateConfig", "a{sv}", options)) as [
        text: string,
        diff: string,
        director: string,
    ];
}

export async function checkConfig(options: Options = {}): Promise<Finding[]> {
    return (await call(PATH, IFACE, "CheckConfig", "a{sv}", options))[0] as Finding[];
}

export async function applyConfig(options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "ApplyConfig", "a{sv}", options))[0] as string;
}

export async function restart(options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Restart", "a{sv}", options))[0] as string;
}

export async function fixPermissions(options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "FixPermissions", "a{sv}", options))[0] as string;
}

export async function inventory(storage: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Inventory", "sa{sv}", storage, options))[0] as string;
}

export async function label(storage: string, pool: string, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Label", "ssa{sv}", storage, pool, options))[0] as string;
}

export async function mount(storage: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Mount", "sua{sv}", storage, drive, options))[0] as string;
}

export async function unmount(storage: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Unmount", "sua{sv}", storage, drive, options))[0] as string;
}

export async function release(storage: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "Release", "sua{sv}", storage, drive, options))[0] as string;
}

export async function enableDevice(storage: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "EnableDevice", "sua{sv}", storage, drive, options))[0] as string;
}

export async function disableDevice(storage: string, drive: number, options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "DisableDevice", "sua{sv}", storage, drive, options))[0] as string;
}

export async function listVolumes(options: Options = {}): Promise<[volumes: BaculaVolume[], cursor: string]> {
    return (await call(PATH, IFACE, "ListVolumes", "a{sv}", options)) as [volumes: BaculaVolume[], cursor: string];
}

export async function listJobs(options: Options = {}): Promise<CatalogJob[]> {
    return (await call(PATH, IFACE, "ListJobs", "a{sv}", options))[0] as CatalogJob[];
}
