import { type DiskPool, deletePool } from "../../api/disk";
import { s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { ngettext, _, fill } from "../../text";
import { poolName } from "./words";

interface Props {
    pool: DiskPool;
    pools: readonly DiskPool[];
    onClose: () => void;
}

export function DeletePool({ pool, pools, onClose }: Props) {
    const name = poolName(pool, pools);
    const disks = pool.Devices.length;
    const text = ngettext("The pool, which is empty. It gives {count} disk back.",
        "The pool, which is empty. It gives {count} disks back.", disks);
    return (
        <PlanDialog
            title={fill(_("Delete pool {name}"), { name: pool.Name })}
            verb={_("Delete")}
            typedName={name}
            loss={<p>{text}</p>}
            change={(common) => deletePool(name, { ...common, confirm: s(name) })}
            onClose={onClose}
        />
    );
}
