import { ClipboardCopy } from "@patternfly/react-core";

import { _ } from "../text";

/** A name or identity that people need elsewhere, with a button that copies it. */
export function CopyableText({ text }: { text: string }) {
    return (
        <ClipboardCopy variant="inline-compact" hoverTip={_("Copy")} clickTip={_("Copied")} className="bams-wrap">
            {text}
        </ClipboardCopy>
    );
}
