// What was sampled over time, of org.bams.Manager; only with the feature "history".
import { call } from "./bus";
import type { Options } from "./wire";

const PATH = "/org/bams";
const IFACE = "org.bams.Manager";

export interface Series {
    name: string;
    /** The object path that it is about; empty for the whole host. */
    object: string;
    unit: string;
    description: string;
}

/** Points of one series. A point is missing where nothing was sampled. */
export interface History {
    name: string;
    unit: string;
    /** The width of a point in microseconds. */
    step: number;
    times: number[];
    low: number[];
    mean: number[];
    high: number[];
}

export async function listSeries(options: Options = {}): Promise<Series[]> {
    return (await call(PATH, IFACE, "ListSeries", "a{sv}", options))[0] as Series[];
}

/** One entry for each name, in the same order. */
export async function getHistory(names: string[], options: Options = {}): Promise<History[]> {
    return (await call(PATH, IFACE, "GetHistory", "asa{sv}", names, options))[0] as History[];
}
