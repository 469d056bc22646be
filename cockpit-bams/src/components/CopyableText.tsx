import { ClipboardCopy } from "./spokenInputs";

/** A name or identity that people need elsewhere, with a button that copies it. */
export function CopyableText({ text }: { text: string }) {
    return (
        <ClipboardCopy variant="inline-compact" className="bams-wrap">
            {text}
        </ClipboardCopy>
    );
}
