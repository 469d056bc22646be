import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useState } from "react";

import type { BusError } from "../../api/errors";
import { asBusError } from "../../api/errors";
import { type Session, closeSession } from "../../api/iscsi";
import { ErrorAlert } from "../../components/ErrorAlert";
import { PlanSteps } from "../../components/PlanSteps";
import { _, fill } from "../../text";

interface Props {
    session: Session;
    onClosed: () => void;
    onClose: () => void;
}

/** The daemon does this at once and without a job, so its one step is shown here. */
export function CloseSession({ session, onClosed, onClose }: Props) {
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<BusError | null>(null);
    const { initiator, target, id } = session;
    const summary = fill(_("End the session of {initiator} with {target}."), { initiator, target });
    const act = async () => {
        setBusy(true);
        setError(null);
        try {
            await closeSession(target, id);
            onClosed();
            onClose();
        } catch (thrown) {
            setError(asBusError(thrown));
            setBusy(false);
        }
    };
    return (
        <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="close-session-title">
            <ModalHeader title={_("Close a session")} labelId="close-session-title" titleIconVariant="warning" />
            <ModalBody>
                {error && <ErrorAlert error={error} className="bams-space-below" />}
                <PlanSteps steps={[{ summary, effect: "disconnect", object: target, command: "" }]} />
                <p className="bams-space-above">
                    {_("Its initiator may log in again at once, and most do. To keep it out, take it off the list of " +
                        "initiators first.")}
                </p>
            </ModalBody>
            <ModalFooter>
                <Button variant="danger" onClick={() => void act()} isDisabled={isBusy} isLoading={isBusy}>
                    {_("Close session")}
                </Button>
                <Button variant="link" onClick={onClose}>
                    {_("Cancel")}
                </Button>
            </ModalFooter>
        </Modal>
    );
}
