import { List, ListItem } from "@patternfly/react-core";

import { useObject } from "../../api/hooks";
import { ISCSI, ISCSI_PATH, type Iscsi } from "../../api/iscsi";
import { CopyableText } from "../../components/CopyableText";
import { Alert } from "../../components/spoken";
import { _, fill } from "../../text";
import { stackName } from "./words";

/** Why nothing can be changed; empty when it can. */
export function useStackRefusal(): string {
    const iscsi = useObject<Iscsi>(ISCSI_PATH, ISCSI);
    return iscsi?.BackendState === "ready" ? "" : (iscsi?.BackendText ?? _("The target stack is not known yet."));
}

/** The target stack of this host, or what is missing for one. */
export function StackState() {
    const iscsi = useObject<Iscsi>(ISCSI_PATH, ISCSI);
    if (!iscsi) return null;
    if (iscsi.BackendState === "ready") {
        return (
            <p className="bams-quiet">
                {fill(_("Targets are served by {stack}, which is ready."), { stack: stackName(iscsi.Backend) })}
            </p>
        );
    }
    return (
        <Alert isInline variant="warning" component="h2" title={_("This host cannot serve iSCSI targets now")}>
            <p className="bams-wrap bams-space-below">{iscsi.BackendText}</p>
            <p>{_("BAMS needs one of these. It looks again by itself:")}</p>
            <List>
                <ListItem>
                    {_("LIO, the target of the Linux kernel. Load it with")}{" "}
                    <CopyableText text="modprobe iscsi_target_mod" />
                </ListItem>
                <ListItem>
                    {_("SCST, which has to be built for this kernel. Start it with")}{" "}
                    <CopyableText text="systemctl enable --now scst.service" />
                </ListItem>
            </List>
        </Alert>
    );
}
