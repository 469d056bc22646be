import { AlertGroup } from "@patternfly/react-core";

import { _ } from "../text";
import { dismiss, useToasts } from "../toasts";
import { Alert, AlertActionCloseButton } from "./spoken";

/** Good news leave by themselves; bad news stay until they are closed. */
const SECONDS = 8;

export function Toasts() {
    const toasts = useToasts();
    return (
        <AlertGroup isToast isLiveRegion aria-label={_("Messages")}>
            {toasts.map(({ id, kind, title, text }) => (
                <Alert
                    key={id}
                    variant={kind}
                    title={title}
                    timeout={kind === "success" || kind === "info" ? SECONDS * 1000 : false}
                    onTimeout={() => dismiss(id)}
                    actionClose={<AlertActionCloseButton onClose={() => dismiss(id)} />}
                >
                    {text && <span className="bams-wrap">{text}</span>}
                </Alert>
            ))}
        </AlertGroup>
    );
}
