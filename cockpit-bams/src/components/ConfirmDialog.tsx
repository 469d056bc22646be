import { type ReactNode, useState } from "react";

import { type BusError, asBusError } from "../api/errors";
import { DialogFrame } from "./DialogFrame";

interface Props {
    title: string;
    verb: string;
    /** The call of the daemon. The dialog closes after it, and stays with its error. */
    act: () => Promise<void>;
    onClose: () => void;
    isDanger?: boolean;
    children: ReactNode;
}

/** For what the daemon does at once, without a job and a plan: asks, acts, and says what went wrong. */
export function ConfirmDialog({ title, verb, act, onClose, isDanger = false, children }: Props) {
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<BusError | null>(null);
    const submit = async () => {
        setBusy(true);
        setError(null);
        try {
            await act();
            onClose();
        } catch (thrown) {
            setError(asBusError(thrown));
            setBusy(false);
        }
    };
    return (
        <DialogFrame {...{ title, verb, isBusy, isDanger, error, onClose }} onSubmit={() => void submit()}>
            {children}
        </DialogFrame>
    );
}
