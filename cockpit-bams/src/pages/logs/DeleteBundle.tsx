import { type Bundle, deleteBundle } from "../../api/bundles";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { bytes, time } from "../../format";
import { _, fill } from "../../text";

interface Props {
    bundle: Bundle;
    /** It was deleted, or is gone already. */
    onTried: () => void;
    onClose: () => void;
}

/** Asks once. There is no plan: one file goes, and nothing else uses it. */
export function DeleteBundle({ bundle, onTried, onClose }: Props) {
    const { name, size, created } = bundle;
    return (
        <ConfirmDialog
            title={_("Delete this support bundle?")}
            verb={_("Delete")}
            act={() => deleteBundle(name).finally(onTried)}
            isDanger
            onClose={onClose}
        >
            <p className="bams-wrap">
                {fill(_("{name} of {time}, {size}, is deleted from this host."), {
                    name,
                    time: time(created),
                    size: bytes(size),
                })}
            </p>
        </ConfirmDialog>
    );
}
