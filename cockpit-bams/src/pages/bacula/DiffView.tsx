import { Title } from "@patternfly/react-core";
import { useMemo } from "react";

import { _, fill } from "../../text";
import { type DiffLine, readDiff } from "./diff";

const SIGNS: Record<DiffLine["kind"], string> = { added: "+", removed: "−", same: " ", place: "" };

function Line({ line: { kind, text } }: { line: DiffLine }) {
    const spoken = kind === "added" ? _("added:") : kind === "removed" ? _("removed:") : "";
    return (
        <div className={`bams-diff-line bams-diff-${kind}`}>
            <span aria-hidden className="bams-diff-sign">
                {SIGNS[kind]}
            </span>
            {spoken && <span className="pf-v6-screen-reader">{`${spoken} `}</span>}
            <span className="bams-diff-text">{text}</span>
        </div>
    );
}

/** A unified difference: a sign and a word for each changed line, and a colour besides. */
export function DiffView({ text }: { text: string }) {
    const files = useMemo(() => readDiff(text), [text]);
    if (files.length === 0) return <p>{_("Nothing differs: this is in force already.")}</p>;
    return files.map(({ path, lines, added, removed }) => (
        <section key={path} aria-label={path} className="bams-space-below">
            <Title headingLevel="h4" size="md" className="bams-wrap">
                {path}
            </Title>
            <p className="bams-quiet">
                {fill(_("Lines added: {added}, removed: {removed}"), { added, removed })}
            </p>
            {/* Reached by the keyboard too, because it may be wider than the window. */}
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <div className="bams-diff" tabIndex={0} role="group" aria-label={fill(_("Changes of {path}"), { path })}>
                {lines.map((line, index) => (
                    <Line key={index} line={line} />
                ))}
            </div>
        </section>
    ));
}
