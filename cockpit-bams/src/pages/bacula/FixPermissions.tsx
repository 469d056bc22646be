import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useState } from "react";

import { fixPermissions } from "../../api/bacula";
import { type BusError, asBusError } from "../../api/errors";
import { ErrorAlert } from "../../components/ErrorAlert";
import { _, fill } from "../../text";
import { toast } from "../../toasts";

interface Props {
    onClose: () => void;
    onDone: () => void;
}

/** The daemon makes no job and no plan of this: one rule is written, nothing stops. */
export function FixPermissions({ onClose, onDone }: Props) {
    const [error, setError] = useState<BusError | null>(null);
    const [busy, setBusy] = useState(false);
    const act = async () => {
        setBusy(true);
        setError(null);
        try {
            const rule = await fixPermissions();
            toast("success", _("Bacula may use the tape devices"), fill(_("The rule is {rule}."), { rule }));
            onDone();
            onClose();
        } catch (thrown) {
            setError(asBusError(thrown));
            setBusy(false);
        }
    };
    return (
        <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="fix-permissions-title">
            <ModalHeader title={_("Let Bacula use the tape devices")} labelId="fix-permissions-title" />
            <ModalBody>
                {error && <ErrorAlert error={error} className="bams-space-below" />}
                <p className="bams-space-below">
                    {_("A rule of udev gives tape drives and changers to the group tape, to which Bacula belongs.")}
                </p>
                <p>{_("It holds after a restart of this host too. Nothing is interrupted.")}</p>
            </ModalBody>
            <ModalFooter>
                <Button onClick={() => void act()} isDisabled={busy} isLoading={busy}>
                    {_("Write the rule")}
                </Button>
                <Button variant="link" onClick={onClose}>
                    {_("Cancel")}
                </Button>
            </ModalFooter>
        </Modal>
    );
}
