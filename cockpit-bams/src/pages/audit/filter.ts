// Which records are wanted. The filter is part of the address, so that a person can send it to another.
import { type Options, s } from "../../api/wire";
import { type Range, bounds } from "../../components/TimeRange";

export interface AuditFilter extends Range {
    person: string;
    action: string;
    object: string;
    outcome: string;
    text: string;
}

const WORDS = ["person", "action", "object", "outcome", "text"] as const;

export function readFilter(options: Record<string, string>): AuditFilter {
    const of = (name: string) => options[name] ?? "";
    return {
        person: of("person"),
        action: of("action"),
        object: of("object"),
        outcome: of("outcome"),
        text: of("text"),
        range: of("range"),
        since: of("since"),
        until: of("until"),
    };
}

/** The options of an address; what is not set is left out. */
export function addressOf(filter: AuditFilter): Record<string, string> {
    const between = filter.range === "between";
    return Object.fromEntries(
        Object.entries(filter).filter(([name, value]) => value !== "" && (between || !/^(since|until)$/.test(name))),
    );
}

/** Options of ListAudit, for a daemon with the feature "audit-filter". */
export function auditOptions(filter: AuditFilter): Options {
    const words = WORDS.filter((name) => filter[name] !== "").map((name) => [name, s(filter[name])] as const);
    return { ...Object.fromEntries(words), ...bounds(filter) };
}

export function isNarrowed(filter: AuditFilter): boolean {
    return Object.keys(addressOf(filter)).length > 0;
}
