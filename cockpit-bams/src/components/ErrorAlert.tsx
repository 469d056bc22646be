import type { AlertProps } from "@patternfly/react-core";

import { asBusError } from "../api/errors";
import { Alert } from "./spoken";

/** What went wrong: a title by the error's name, and the daemon's sentence. The name itself can be opened. */
export function ErrorAlert({ error, title, ...rest }: { error: unknown; title?: string } & Omit<AlertProps, "title">) {
    const { busName, title: usual, message } = asBusError(error);
    return (
        <Alert isInline variant="danger" component="h2" title={title ?? usual} {...rest}>
            <p className="bams-wrap">{message}</p>
            <p className="bams-error-name">{busName}</p>
        </Alert>
    );
}
