import { fixPermissions } from "../../api/bacula";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { _, fill } from "../../text";
import { toast } from "../../toasts";

interface Props {
    onClose: () => void;
    onDone: () => void;
}

/** The daemon makes no job and no plan of this: one rule is written, nothing stops. */
export function FixPermissions({ onClose, onDone }: Props) {
    const act = async () => {
        const rule = await fixPermissions();
        toast("success", _("Bacula may use the tape devices"), fill(_("The rule is {rule}."), { rule }));
        onDone();
    };
    return (
        <ConfirmDialog
            title={_("Let Bacula use the tape devices")}
            verb={_("Write the rule")}
            act={act}
            onClose={onClose}
        >
            <p className="bams-space-below">
                {_("A rule of udev gives tape drives and changers to the group tape, to which Bacula belongs.")}
            </p>
            <p>{_("It holds after a restart of this host too. Nothing is interrupted.")}</p>
        </ConfirmDialog>
    );
}
