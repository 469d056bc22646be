import { Label } from "@patternfly/react-core";

import type { Look } from "./words";

/** A state as a word, with the colour and sign of how good it is; a plain one has neither. */
export function Word({ text, look }: { text: string; look: Look }) {
    return (
        <Label isCompact variant="outline" {...(look === "plain" ? { color: "grey" } : { status: look })}>
            {text}
        </Label>
    );
}
