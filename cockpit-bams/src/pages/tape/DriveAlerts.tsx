
import { useManager } from "../../api/hooks";
import type { TapeDrive } from "../../api/tape";
import { Alert } from "../../components/spoken";
import { _, fill } from "../../text";

const LOOKS = { critical: "danger", warning: "warning", info: "info" } as const;

/** What the drive complains of, with what to do. The daemon knows both; a flag that it has no alert for is named. */
export function DriveAlerts({ drive }: { drive: TapeDrive }) {
    const alerts = (useManager()?.Alerts ?? []).filter(({ object }) => object === drive.path);
    const told = alerts.map(({ summary }) => summary).join("\n");
    const others = drive.Alerts.filter((flag) => !told.includes(flag));
    if (alerts.length === 0 && others.length === 0) return null;
    return (
        <div className="bams-list bams-space-below">
            {alerts.map(({ id, severity, summary, advice }) => (
                <Alert
                    key={id}
                    isInline
                    component="h4"
                    variant={LOOKS[severity] ?? "warning"}
                    title={<span className="bams-wrap">{summary}</span>}
                >
                    <p className="bams-wrap">{advice}</p>
                </Alert>
            ))}
            {others.map((flag) => (
                <Alert
                    key={flag}
                    isInline
                    component="h4"
                    variant="warning"
                    title={<span className="bams-wrap">{fill(_("The drive reports: {flag}"), { flag })}</span>}
                />
            ))}
        </div>
    );
}
