// The lines that a page shows: the newest first, each once, and never more than a browser can bear.
import type { LogEntry } from "../../api/logs";

export const MOST = 1000;

type Lines = readonly LogEntry[];

/** Those of `more` that are not there yet. */
export function unknownIn(lines: Lines, more: Lines): LogEntry[] {
    const known = new Set(lines.map(({ cursor }) => cursor));
    return more.filter(({ cursor }) => !known.has(cursor));
}

/** With what came since; `more` has the oldest first. What does not fit falls out at the old end. */
export function withNewer(lines: Lines, more: Lines): Lines {
    const fresh = unknownIn(lines, more).reverse();
    return fresh.length ? [...fresh, ...lines].slice(0, MOST) : lines;
}

/** With what was before; `more` has the newest first. What does not fit falls out at the new end. */
export function withOlder(lines: Lines, more: Lines): Lines {
    return [...lines, ...unknownIn(lines, more)].slice(-MOST);
}
