import type { IscsiTarget } from "../../api/iscsi";
import { ActionsMenu, type MenuAction } from "../../components/ActionsMenu";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { AddLun } from "./AddLun";
import { ApplyTargets } from "./ApplyTargets";
import { DeleteTarget } from "./DeleteTarget";
import { EditInitiators } from "./EditInitiators";
import { EditParameters } from "./EditParameters";
import { EditTarget } from "./EditTarget";
import { ImportTargets } from "./ImportTargets";
import { SetCredentials } from "./SetCredentials";
import { needsApply } from "./words";

const MANAGE = "org.bams.iscsi.manage";

export function TargetActions({ target }: { target: IscsiTarget }) {
    const own: MenuAction[] = [
        {
            text: _("Apply"),
            action: MANAGE,
            refusal: needsApply(target) ? undefined : _("Everything is in force already."),
            onClick: () => openDialog((close) => <ApplyTargets iqn={target.Iqn} onClose={close} />),
        },
        {
            text: _("Add LUN"),
            action: MANAGE,
            onClick: () => openDialog((close) => <AddLun target={target} onClose={close} />),
        },
        {
            text: _("Change initiators"),
            action: MANAGE,
            onClick: () => openDialog((close) => <EditInitiators target={target} onClose={close} />),
        },
        {
            text: _("Set credentials"),
            action: MANAGE,
            onClick: () => openDialog((close) => <SetCredentials target={target} onClose={close} />),
        },
        {
            text: _("Change alias and portals"),
            action: MANAGE,
            onClick: () => openDialog((close) => <EditTarget target={target} onClose={close} />),
        },
        {
            text: _("Change parameters"),
            action: MANAGE,
            onClick: () => openDialog((close) => <EditParameters target={target} onClose={close} />),
        },
        {
            text: _("Delete"),
            action: "org.bams.iscsi.destroy",
            isDanger: true,
            onClick: () => openDialog((close) => <DeleteTarget target={target} onClose={close} />),
        },
    ];
    const foreign: MenuAction[] = [
        {
            text: _("Take over"),
            action: MANAGE,
            onClick: () => openDialog((close) => <ImportTargets chosen={[target.Iqn]} onClose={close} />),
        },
    ];
    const label = fill(_("Actions of {name}"), { name: target.Iqn });
    return <ActionsMenu label={label} actions={target.Owned ? own : foreign} />;
}
