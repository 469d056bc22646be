import { type IscsiTarget, type Lun, removeLun } from "../../api/iscsi";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { useApply } from "./useApply";

interface Props {
    target: IscsiTarget;
    lun: Lun;
    onClose: () => void;
}

export function RemoveLun({ target, lun: [number, name], onClose }: Props) {
    const applying = useApply();
    return (
        <PlanDialog
            title={fill(_("Remove LUN {number}"), { number })}
            verb={_("Remove")}
            alwaysShowPlan
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) => removeLun(target.Iqn, number, applying.options(common))}
            onClose={onClose}
        >
            <p className="bams-wrap">{fill(_("Initiators lose this disk. The data of {name} stays."), { name })}</p>
            {applying.field}
        </PlanDialog>
    );
}
