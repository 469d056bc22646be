import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useState } from "react";

import { type Bundle, deleteBundle } from "../../api/bundles";
import { type BusError, asBusError } from "../../api/errors";
import { ErrorAlert } from "../../components/ErrorAlert";
import { bytes, time } from "../../format";
import { _, fill } from "../../text";

interface Props {
    bundle: Bundle;
    onDone: () => void;
    onClose: () => void;
}

/** Asks once. There is no plan: one file goes, and nothing else uses it. */
export function DeleteBundle({ bundle, onDone, onClose }: Props) {
    const { name, size, created } = bundle;
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<BusError | null>(null);
    const run = async () => {
        setBusy(true);
        setError(null);
        try {
            await deleteBundle(name);
            onClose();
            onDone();
        } catch (thrown) {
            setError(asBusError(thrown));
            setBusy(false);
            // It may be gone already.
            onDone();
        }
    };
    return (
        <Modal isOpen variant="small" onClose={onClose} aria-labelledby="delete-bundle-title">
            <ModalHeader title={_("Delete this support bundle?")} labelId="delete-bundle-title" />
            <ModalBody>
                {error && <ErrorAlert error={error} className="bams-space-below" />}
                <p className="bams-wrap">
                    {fill(_("{name} of {time}, {size}, is deleted from this host."), {
                        name,
                        time: time(created),
                        size: bytes(size),
                    })}
                </p>
            </ModalBody>
            <ModalFooter>
                <Button variant="danger" onClick={() => void run()} isLoading={busy} isDisabled={busy}>
                    {_("Delete")}
                </Button>
                <Button variant="link" onClick={onClose}>
                    {_("Cancel")}
                </Button>
            </ModalFooter>
        </Modal>
    );
}
