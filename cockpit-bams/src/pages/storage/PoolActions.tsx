import { POOL, type DiskPool } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { ActionsMenu } from "../../components/ActionsMenu";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { CreateRepository } from "./CreateRepository";
import { CreateThinPool } from "./CreateThinPool";
import { DeletePool } from "./DeletePool";
import { ExtendPool } from "./ExtendPool";

export function PoolActions({ pool }: { pool: DiskPool }) {
    const pools = useObjects<DiskPool>(POOL);
    const props = { pool, pools };
    const manage = "org.bams.disk.manage";
    const actions = [
        {
            text: _("Create repository"),
            action: manage,
            onClick: () => openDialog((close) => <CreateRepository pool={pool} onClose={close} />),
        },
        ...(pool.Kind === "lvm"
            ? [
                  {
                      text: _("Create thin pool"),
                      action: manage,
                      onClick: () => openDialog((close) => <CreateThinPool group={pool} onClose={close} />),
                  },
              ]
            : []),
        {
            text: _("Extend"),
            action: manage,
            onClick: () => openDialog((close) => <ExtendPool {...props} onClose={close} />),
        },
        {
            text: _("Delete"),
            action: "org.bams.disk.destroy",
            isDanger: true,
            refusal: pool.Owned ? undefined : _("BAMS did not make it and will not delete it."),
            onClick: () => openDialog((close) => <DeletePool {...props} onClose={close} />),
        },
    ];
    return <ActionsMenu label={fill(_("Actions of {name}"), { name: pool.Name })} actions={actions} />;
}
