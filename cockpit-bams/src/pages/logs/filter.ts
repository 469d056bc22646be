// Which entries are wanted. The filter is part of the address, so that a person can send it to another.
import { type Options, s, u } from "../../api/wire";
import { type Range, bounds } from "../../components/TimeRange";

export interface LogFilter extends Range {
    service: string;
    /** A number of 0 to 7, or empty for all. */
    priority: string;
    text: string;
}

export const DEFAULT_SERVICE = "bamsd";

export function readFilter(options: Record<string, string>): LogFilter {
    const { service = "", priority = "", text = "", range = "", since = "", until = "" } = options;
    return { service, priority: /^[0-7]$/.test(priority) ? priority : "", text, range, since, until };
}

/** The options of an address; what is not set is left out. */
export function addressOf(filter: LogFilter): Record<string, string> {
    const between = filter.range === "between";
    return Object.fromEntries(
        Object.entries(filter).filter(([name, value]) => value !== "" && (between || !/^(since|until)$/.test(name))),
    );
}

/** Options that Follow takes. */
export function followOptions({ priority, text }: LogFilter): Options {
    return { ...(priority ? { priority: u(Number(priority)) } : {}), ...(text ? { text: s(text) } : {}) };
}

/** Options that Get takes. */
export function getOptions(filter: LogFilter): Options {
    return { ...followOptions(filter), ...bounds(filter) };
}

/** Whether anything narrows the log. */
export function isNarrowed({ priority, text, range }: LogFilter): boolean {
    return priority !== "" || text !== "" || range !== "";
}
