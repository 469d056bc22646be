import { List, ListItem } from "@patternfly/react-core";
import { useCallback } from "react";

import { getHolders } from "../../api/disk";
import { useAnswer } from "../../api/hooks";
import { N_, _, fill } from "../../text";

const KINDS: Record<string, string> = {
    mount: N_("mounted"),
    swap: N_("swap"),
    "iscsi-lun": N_("iSCSI"),
    "bacula-device": N_("Bacula"),
    process: N_("program"),
};

/** Who uses a volume, asked at this moment, and how to end it. Nothing when nobody does. */
export function HoldersList({ name, whenNone }: { name: string; whenNone?: string }) {
    const { value, error } = useAnswer(useCallback(() => getHolders(name), [name]));
    if (error) return <p className="bams-wrap">{error.message}</p>;
    if (!value) return null;
    if (value.length === 0) return whenNone ? <p>{whenNone}</p> : null;
    return (
        <List>
            {value.map((holder) => {
                const kind = KINDS[holder.kind];
                return (
                    <ListItem key={`${holder.kind} ${holder.name}`} className="bams-wrap">
                        {fill(_("{kind}: {name}"), { kind: kind ? _(kind) : holder.kind, name: holder.name })}
                        <div className="bams-quiet">{holder.release}</div>
                    </ListItem>
                );
            })}
        </List>
    );
}
