import { type DiskRepository, deleteRepository } from "../../api/disk";
import { s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { bytes, time } from "../../format";
import { _, fill } from "../../text";
import { HoldersList } from "./HoldersList";

export function DeleteRepository({ repository, onClose }: { repository: DiskRepository; onClose: () => void }) {
    const { Name, Size, Used, UsedKnown, Created, State } = repository;
    const what = UsedKnown
        ? _("All data of {name}: a volume of {size}, of which {used} are taken, made {time}.")
        : _("All data of {name}: a volume of {size}, made {time}.");
    return (
        <PlanDialog
            title={fill(_("Delete {name}"), { name: Name })}
            verb={_("Delete")}
            typedName={Name}
            alwaysShowPlan
            loss={
                State !== "missing" && (
                    <p>{fill(what, { name: Name, size: bytes(Size), used: bytes(Used), time: time(Created) })}</p>
                )
            }
            trouble={<HoldersList name={Name} />}
            change={(common) => deleteRepository(Name, { ...common, confirm: s(Name) })}
            onClose={onClose}
        />
    );
}
