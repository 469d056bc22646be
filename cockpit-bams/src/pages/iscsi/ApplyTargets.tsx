import { apply } from "../../api/iscsi";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { useApply } from "./useApply";

interface Props {
    iqn: string;
    /** Others changed the target, and that is undone. */
    isRepair?: boolean;
    onClose: () => void;
}

/** Bring what is wanted into force: of one target, or of all with an empty name. */
export function ApplyTargets({ iqn, isRepair = false, onClose }: Props) {
    const applying = useApply({ always: true });
    const title = isRepair ? _("Repair {name}") : _("Apply {name}");
    return (
        <PlanDialog
            title={iqn ? fill(title, { name: iqn }) : _("Apply all targets")}
            verb={isRepair ? _("Repair") : _("Apply")}
            dropping={applying.dropping}
            change={(common) => apply(iqn, applying.options(common))}
            onClose={onClose}
        />
    );
}
