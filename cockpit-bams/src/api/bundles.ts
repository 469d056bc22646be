// Support bundles of org.bams.Manager; only with the feature "bundles".
import { call } from "./bus";
import type { Options } from "./wire";

const PATH = "/org/bams";
const IFACE = "org.bams.Manager";

/** What Job.Operation is while a bundle is made. */
export const BUNDLE_JOB = "bundle";

export interface Bundle {
    name: string;
    path: string;
    size: number;
    created: number;
}

export async function createBundle(options: Options = {}): Promise<string> {
    return (await call(PATH, IFACE, "CreateBundle", "a{sv}", options))[0] as string;
}

export async function listBundles(options: Options = {}): Promise<Bundle[]> {
    return (await call(PATH, IFACE, "ListBundles", "a{sv}", options))[0] as Bundle[];
}

export async function deleteBundle(name: string, options: Options = {}): Promise<void> {
    await call(PATH, IFACE, "DeleteBundle", "sa{sv}", name, options);
}
