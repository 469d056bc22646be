import type { LogEntry } from "../../api/logs";
import { _ } from "../../text";
import { LogRow } from "./LogRow";

interface Props {
    entries: readonly LogEntry[];
    chosen: ReadonlySet<string>;
    onChoose: (cursor: string, chosen: boolean) => void;
}

/** The lines as a table of plain elements: PatternFly's is too slow for a thousand lines that change. */
export function LogLines({ entries, chosen, onChoose }: Props) {
    return (
        <table className="bams-log" aria-label={_("Log")}>
            <thead>
                <tr>
                    <th scope="col">
                        <span className="pf-v6-screen-reader">{_("Choose")}</span>
                    </th>
                    <th scope="col">
                        <span className="pf-v6-screen-reader">{_("Details")}</span>
                    </th>
                    <th scope="col">{_("Time")}</th>
                    <th scope="col">{_("Severity")}</th>
                    <th scope="col">{_("Program")}</th>
                    <th scope="col">{_("Message")}</th>
                </tr>
            </thead>
            <tbody>
                {entries.map((entry) => (
                    <LogRow
                        key={entry.cursor}
                        entry={entry}
                        isChosen={chosen.has(entry.cursor)}
                        onChoose={onChoose}
                    />
                ))}
            </tbody>
        </table>
    );
}
