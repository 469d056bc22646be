import { CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import { CopyIcon } from "@patternfly/react-icons/dist/esm/icons/copy-icon";

import { Button } from "../../components/spoken";
import { _ } from "../../text";
import { toast } from "../../toasts";

async function copy(text: string): Promise<void> {
    try {
        await navigator.clipboard.writeText(text);
        toast("success", _("Copied"));
    } catch {
        // Browsers allow it only on a secure connection.
        toast("warning", _("The browser does not let this page copy. Select the text instead."));
    }
}

/** A file's text, with a button that copies it. */
export function TextBlock({ text, label }: { text: string; label: string }) {
    const actions = (
        <CodeBlockAction>
            <Button variant="plain" icon={<CopyIcon />} aria-label={label} onClick={() => void copy(text)} />
        </CodeBlockAction>
    );
    return (
        <CodeBlock actions={actions}>
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <div className="bams-text-block" tabIndex={0} role="group" aria-label={_("Text")}>
                <CodeBlockCode>{text}</CodeBlockCode>
            </div>
        </CodeBlock>
    );
}
