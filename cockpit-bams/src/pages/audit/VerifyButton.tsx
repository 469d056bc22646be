import { useState } from "react";

import { verifyAudit } from "../../api/audit";
import { type BusError, asBusError } from "../../api/errors";
import { ErrorAlert } from "../../components/ErrorAlert";
import { Alert, Button } from "../../components/spoken";
import { _, ngettext } from "../../text";

export type Verdict = { ok: boolean; records: number; problem: string } | { error: BusError };

export function VerifyButton({ onVerdict }: { onVerdict: (verdict: Verdict | null) => void }) {
    const [busy, setBusy] = useState(false);
    const run = async () => {
        setBusy(true);
        onVerdict(null);
        try {
            const [ok, records, problem] = await verifyAudit();
            onVerdict({ ok, records, problem });
        } catch (thrown) {
            onVerdict({ error: asBusError(thrown) });
        } finally {
            setBusy(false);
        }
    };
    return (
        <Button variant="secondary" isLoading={busy} isDisabled={busy} onClick={() => void run()}>
            {_("Verify")}
        </Button>
    );
}

/** What the check found. */
export function VerdictAlert({ verdict }: { verdict: Verdict }) {
    if ("error" in verdict) return <ErrorAlert error={verdict.error} className="bams-space-below" />;
    const { ok, records, problem } = verdict;
    const count = ngettext("{count} record was checked.", "{count} records were checked.", records);
    return (
        <Alert
            isInline
            isLiveRegion
            component="h3"
            variant={ok ? "success" : "danger"}
            className="bams-space-below"
            title={ok ? _("Every record is as it was written") : _("The audit record is not as it was written")}
        >
            <p className="bams-wrap">{[count, problem].filter(Boolean).join(" ")}</p>
        </Alert>
    );
}
