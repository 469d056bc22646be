import { type DiskRepository, finishRepository, mountRepository, unmountRepository } from "../../api/disk";
import { ActionsMenu, type MenuAction } from "../../components/ActionsMenu";
import { PlanDialog } from "../../components/PlanDialog";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { CreateSnapshot } from "./CreateSnapshot";
import { DeleteRepository } from "./DeleteRepository";
import { GrowRepository } from "./GrowRepository";

const MANAGE = "org.bams.disk.manage";

export function RepositoryActions({ repository }: { repository: DiskRepository }) {
    const { Name, State, Use, Mounted, Owned } = repository;
    if (!Owned) return null;
    const simple = (title: string, verb: string, call: typeof mountRepository) => () =>
        openDialog((close) => (
            <PlanDialog
                title={fill(title, { name: Name })}
                verb={verb}
                change={(common) => call(Name, common)}
                onClose={close}
            />
        ));
    const notReady = State === "ready" ? undefined : fill(_("It is not ready: {state}."), { state: State });
    const actions: MenuAction[] = [];
    if (State === "incomplete") {
        const finish = simple(_("Finish {name}"), _("Finish"), finishRepository);
        actions.push({ text: _("Finish the interrupted change"), action: MANAGE, onClick: finish });
    }
    if (Use === "filesystem") {
        const unmount = simple(_("Unmount {name}"), _("Unmount"), unmountRepository);
        const mount = simple(_("Mount {name}"), _("Mount"), mountRepository);
        actions.push(
            Mounted
                ? { text: _("Unmount"), action: MANAGE, onClick: unmount }
                : { text: _("Mount"), action: MANAGE, refusal: notReady, onClick: mount },
        );
    }
    actions.push(
        {
            text: _("Grow"),
            action: MANAGE,
            refusal: notReady,
            onClick: () => openDialog((close) => <GrowRepository repository={repository} onClose={close} />),
        },
        {
            text: _("Create snapshot"),
            action: MANAGE,
            refusal: notReady,
            onClick: () => openDialog((close) => <CreateSnapshot repository={repository} onClose={close} />),
        },
        {
            text: _("Delete"),
            action: "org.bams.disk.destroy",
            isDanger: true,
            onClick: () => openDialog((close) => <DeleteRepository repository={repository} onClose={close} />),
        },
    );
    return <ActionsMenu label={fill(_("Actions of {name}"), { name: Name })} actions={actions} />;
}
