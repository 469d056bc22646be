import { type IscsiTarget, deleteTarget } from "../../api/iscsi";
import { s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill, ngettext } from "../../text";
import { useApply } from "./useApply";

export function DeleteTarget({ target, onClose }: { target: IscsiTarget; onClose: () => void }) {
    const applying = useApply();
    const { Iqn, SessionCount } = target;
    return (
        <PlanDialog
            title={fill(_("Delete {name}"), { name: Iqn })}
            verb={_("Delete")}
            typedName={Iqn}
            alwaysTyped
            alwaysShowPlan
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) => deleteTarget(Iqn, { ...applying.options(common), confirm: s(Iqn) })}
            onClose={onClose}
        >
            <p>
                {_("Initiators do not find this target any more. The data and identity of its disks stay.")}
            </p>
            {SessionCount > 0 && (
                <p>{ngettext("{count} initiator is logged in.", "{count} initiators are logged in.", SessionCount)}</p>
            )}
            {applying.field}
        </PlanDialog>
    );
}
