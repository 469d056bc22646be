// The words of log entries, and how they look when copied.
import type { LogEntry } from "../../api/logs";
import { N_, _ } from "../../text";

/** By number: 0 is the worst. */
export const PRIORITIES: readonly string[] = [
    N_("Emergency"), N_("Alert"), N_("Critical"), N_("Error"), N_("Warning"), N_("Notice"), N_("Information"),
    N_("Debug"),
];

/** From this number on an entry is everyday news. */
export const EVERYDAY = 5;

export function priorityText(priority: number): string {
    const text = PRIORITIES[priority];
    return text ? _(text) : String(priority);
}

/** systemd[1], or whatever of it is known. */
export function programText({ identifier, unit, pid }: LogEntry): string {
    const name = identifier || unit || "–";
    return pid ? `${name}[${pid}]` : name;
}

/** One entry as a line, such as journalctl's: for other programs and other people, so in no one's language. */
export function lineText(entry: LogEntry): string {
    return `${new Date(entry.time / 1000).toISOString()} ${programText(entry)}: ${entry.message}`;
}

/** Entries as text, the oldest first, as a log file has them. */
export function linesText(newestFirst: readonly LogEntry[]): string {
    return newestFirst.map(lineText).reverse().join("\n") + "\n";
}
