import { Label } from "@patternfly/react-core";
import { memo, useState } from "react";

import { copyText } from "../../clipboard";
import type { LogEntry } from "../../api/logs";
import { RowToggle } from "../../components/RowToggle";
import { Button } from "../../components/spoken";
import { moment } from "../../format";
import { _, fill, ngettext } from "../../text";
import { toast } from "../../toasts";
import { EVERYDAY, linesText, priorityText, programText } from "./words";

/** Signs of a message that stand in the list; the rest is one click away. */
const SHORT = 400;

function Severity({ priority }: { priority: number }) {
    const text = priorityText(priority);
    if (priority >= EVERYDAY) return <span className="bams-quiet">{text}</span>;
    return (
        <Label isCompact variant="outline" status={priority === EVERYDAY - 1 ? "warning" : "danger"}>
            {text}
        </Label>
    );
}

/** Copy entries, and say it. */
export async function copyEntries(newestFirst: readonly LogEntry[]): Promise<void> {
    if (await copyText(linesText(newestFirst))) {
        toast("success", ngettext("{count} line was copied", "{count} lines were copied", newestFirst.length));
    } else {
        toast("danger", _("The browser does not let this page copy"));
    }
}

function EntryDetails({ entry }: { entry: LogEntry }) {
    const { unit, identifier, pid } = entry;
    return (
        <div className="bams-log-details">
            <span>{fill(_("Program: {name}"), { name: identifier || "–" })}</span>
            {pid > 0 && <span>{fill(_("Process: {pid}"), { pid })}</span>}
            {unit && (
                <Button variant="link" isInline onClick={() => cockpit.jump(unitAddress(unit))}>
                    {fill(_("Show {unit} among Cockpit's services"), { unit })}
                </Button>
            )}
            <Button variant="link" isInline onClick={() => void copyEntries([entry])}>
                {_("Copy this line")}
            </Button>
        </div>
    );
}

/** Where Cockpit shows a unit of systemd. */
export function unitAddress(unit: string): string {
    return `/system/services#/${encodeURIComponent(unit)}`;
}

interface Props {
    entry: LogEntry;
    isChosen: boolean;
    onChoose: (cursor: string, chosen: boolean) => void;
}

/** One entry. A list has a thousand of them, so it is drawn again only when it changes. */
export const LogRow = memo(function LogRow({ entry, isChosen, onChoose }: Props) {
    const [isOpen, setOpen] = useState(false);
    const { message, cursor, priority } = entry;
    const time = moment(entry.time);
    const isLong = message.length > SHORT || message.includes("\n");
    const [first = ""] = message.split("\n", 1);
    const shown = isOpen || !isLong ? message : `${first.slice(0, SHORT)} …`;
    return (
        <tr className={priority < EVERYDAY ? "bams-log-bad" : ""}>
            <td>
                <input
                    type="checkbox"
                    checked={isChosen}
                    aria-label={fill(_("Choose the line of {time}"), { time })}
                    onChange={(event) => onChoose(cursor, event.target.checked)}
                />
            </td>
            <td>
                <RowToggle
                    isOpen={isOpen}
                    label={fill(_("Details of the line of {time}"), { time })}
                    onToggle={() => setOpen(!isOpen)}
                />
            </td>
            <td className="bams-number">{time}</td>
            <td>
                <Severity priority={priority} />
            </td>
            <td className="bams-wrap bams-log-program">{programText(entry)}</td>
            <td className="bams-log-message">
                <div className="bams-wrap">{shown || <span className="bams-quiet">{_("(no text)")}</span>}</div>
                {isOpen && <EntryDetails entry={entry} />}
            </td>
        </tr>
    );
});
