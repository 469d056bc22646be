import { Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { ReactNode } from "react";

import type { BusError } from "../api/errors";
import { useConnection } from "../api/hooks";
import { _ } from "../text";
import { ErrorAlert } from "./ErrorAlert";
import { Button, ModalBoxCloseButton } from "./spoken";

interface Props {
    title: string;
    /** The word on the button that acts. */
    verb: string;
    onSubmit: () => void;
    onClose: () => void;
    isBusy: boolean;
    isBlocked?: boolean;
    /** Something is lost or cut off: a red button, and a sign of warning before the title. */
    isDanger?: boolean;
    error: BusError | null;
    /** Buttons between the one that acts and Cancel. */
    buttons?: ReactNode;
    children?: ReactNode;
}

/**
 * What all dialogs look like. While the daemon is away the page says so in its place, and it is back afterwards with
 * all that was filled in: keep that in a component around this one, or with useFieldState.
 */
export function DialogFrame(props: Props) {
    const { title, verb, isBusy, isBlocked = false, isDanger = false, error, onClose } = props;
    const isConnected = useConnection().kind === "ready";
    return (
        <Modal isOpen={isConnected} variant="medium" onEscapePress={onClose} aria-labelledby="dialog-title">
            <ModalBoxCloseButton onClose={onClose} />
            <ModalHeader
                title={title}
                labelId="dialog-title"
                {...(isDanger ? { titleIconVariant: "warning" as const } : {})}
            />
            <ModalBody>
                {error && <ErrorAlert error={error} className="bams-space-below" />}
                {props.children}
            </ModalBody>
            <ModalFooter>
                <Button
                    variant={isDanger ? "danger" : "primary"}
                    onClick={props.onSubmit}
                    isDisabled={isBlocked || isBusy}
                    isLoading={isBusy}
                >
                    {verb}
                </Button>
                {props.buttons}
                <Button variant="link" onClick={onClose}>
                    {_("Cancel")}
                </Button>
            </ModalFooter>
        </Modal>
    );
}
