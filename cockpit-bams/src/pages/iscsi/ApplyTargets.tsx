import { apply } from "../../api/iscsi";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { useApply } from "./useApply";

/** Bring what is wanted into force: of one target, or of all with an empty name. */
export function ApplyTargets({ iqn, onClose }: { iqn: string; onClose: () => void }) {
    const applying = useApply({ always: true });
    return (
        <PlanDialog
            title={iqn ? fill(_("Apply {name}"), { name: iqn }) : _("Apply all targets")}
            verb={_("Apply")}
            dropping={applying.dropping}
            change={(common) => apply(iqn, applying.options(common))}
            onClose={onClose}
        />
    );
}
