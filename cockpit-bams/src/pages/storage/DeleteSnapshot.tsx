import { type DiskRepository, type Snapshot, deleteSnapshot } from "../../api/disk";
import { s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { time } from "../../format";
import { _, fill } from "../../text";

interface Props {
    repository: DiskRepository;
    snapshot: Snapshot;
    onClose: () => void;
}

export function DeleteSnapshot({ repository, snapshot, onClose }: Props) {
    const { name } = snapshot;
    return (
        <PlanDialog
            title={fill(_("Delete snapshot {name}"), { name })}
            verb={_("Delete")}
            typedName={name}
            loss={
                <p>
                    {fill(_("What {repository} had at {time} can then not be brought back."), {
                        repository: repository.Name,
                        time: time(snapshot.created ?? 0),
                    })}
                </p>
            }
            change={(common) => deleteSnapshot(repository.Name, name, { ...common, confirm: s(name) })}
            onClose={onClose}
        />
    );
}
