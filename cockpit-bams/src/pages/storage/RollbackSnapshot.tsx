import { type DiskRepository, type Snapshot, rollbackSnapshot } from "../../api/disk";
import { s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { time } from "../../format";
import { _, fill } from "../../text";
import { HoldersList } from "./HoldersList";

interface Props {
    repository: DiskRepository;
    snapshot: Snapshot;
    onClose: () => void;
}

export function RollbackSnapshot({ repository, snapshot, onClose }: Props) {
    const { Name, Kind } = repository;
    return (
        <PlanDialog
            title={fill(_("Put {repository} back to {name}"), { repository: Name, name: snapshot.name })}
            verb={_("Roll back")}
            typedName={Name}
            loss={
                <p>
                    {fill(_("Everything that was written to {repository} since {time}."), {
                        repository: Name,
                        time: time(snapshot.created ?? 0),
                    })}{" "}
                    {Kind === "zvol" ? "" : _("LVM uses the snapshot up.")}
                </p>
            }
            trouble={<HoldersList name={Name} />}
            change={(common) => rollbackSnapshot(Name, snapshot.name, { ...common, confirm: s(Name) })}
            onClose={onClose}
        />
    );
}
