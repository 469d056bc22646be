
import type { Finding } from "../../api/bacula";
import { Alert } from "../../components/spoken";
import { _, fill, ngettext } from "../../text";

export function errorsOf(findings: readonly Finding[]): Finding[] {
    return findings.filter(({ severity }) => severity === "error");
}

function placeText({ file, line }: Finding): string {
    if (!file) return "";
    return line ? fill(_("{file}, line {line}"), { file, line }) : file;
}

/** What is wrong with a configuration, the worst first, and what to do about each. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
    const errors = errorsOf(findings);
    const rest = findings.filter((finding) => !errors.includes(finding));
    if (findings.length === 0) {
        return <Alert isInline isPlain variant="success" component="h3" title={_("The check found nothing wrong")} />;
    }
    const counted = [
        errors.length > 0 && ngettext("{count} error", "{count} errors", errors.length),
        rest.length > 0 && ngettext("{count} warning", "{count} warnings", rest.length),
    ];
    return (
        <div className="bams-list">
            <p>
                {fill(_("The check found: {what}."), { what: counted.filter(Boolean).join(", ") })}{" "}
                {errors.length > 0 && _("With errors it cannot be applied.")}
            </p>
            {[...errors, ...rest].map((finding, index) => (
                <Alert
                    key={index}
                    isInline
                    variant={finding.severity === "error" ? "danger" : "warning"}
                    component="h3"
                    title={<span className="bams-wrap">{`${finding.subject}: ${finding.text}`}</span>}
                >
                    {finding.advice && <p className="bams-wrap">{finding.advice}</p>}
                    {placeText(finding) && <p className="bams-quiet bams-wrap">{placeText(finding)}</p>}
                </Alert>
            ))}
        </div>
    );
}
