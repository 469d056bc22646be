import { type Session, closeSession } from "../../api/iscsi";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { PlanSteps } from "../../components/PlanSteps";
import { _, fill } from "../../text";

interface Props {
    session: Session;
    onClosed: () => void;
    onClose: () => void;
}

/** The daemon does this at once and without a job, so its one step is shown here. */
export function CloseSession({ session, onClosed, onClose }: Props) {
    const { initiator, target, id } = session;
    const summary = fill(_("End the session of {initiator} with {target}."), { initiator, target });
    return (
        <ConfirmDialog
            title={_("Close a session")}
            verb={_("Close session")}
            act={() => closeSession(target, id).then(onClosed)}
            isDanger
            onClose={onClose}
        >
            <PlanSteps steps={[{ summary, effect: "disconnect", object: target, command: "" }]} />
            <p className="bams-space-above">
                {_("Its initiator may log in again at once, and most do. To keep it out, take it off the list of " +
                    "initiators first.")}
            </p>
        </ConfirmDialog>
    );
}
