import { Card, CardBody, CardHeader, CardTitle, Label, LabelGroup } from "@patternfly/react-core";
import { useState } from "react";

import { type BusError, asBusError } from "../../api/errors";
import { useManager } from "../../api/hooks";
import { reload } from "../../api/manager";
import { ActionButton } from "../../components/ActionButton";
import { CopyableText } from "../../components/CopyableText";
import { Details } from "../../components/Details";
import { ErrorAlert } from "../../components/ErrorAlert";
import { _ } from "../../text";
import { toast } from "../../toasts";

function ReloadButton({ onError }: { onError: (error: BusError | null) => void }) {
    const [busy, setBusy] = useState(false);
    const run = async () => {
        setBusy(true);
        onError(null);
        try {
            await reload();
            toast("success", _("The configuration was read again"));
        } catch (thrown) {
            onError(asBusError(thrown));
        } finally {
            setBusy(false);
        }
    };
    return (
        <ActionButton action="org.bams.manage" variant="secondary" isLoading={busy} onClick={() => void run()}>
            {_("Read the configuration again")}
        </ActionButton>
    );
}

/** What runs here. */
export function AboutCard() {
    const manager = useManager();
    const [error, setError] = useState<BusError | null>(null);
    if (!manager) return null;
    const features = (
        <LabelGroup numLabels={20} aria-label={_("Features")}>
            {manager.Features.map((word) => (
                <Label key={word} isCompact variant="outline">
                    {word}
                </Label>
            ))}
        </LabelGroup>
    );
    return (
        <Card>
            <CardHeader actions={{ actions: <ReloadButton onError={setError} />, hasNoOffset: true }}>
                <CardTitle component="h2">{_("This appliance")}</CardTitle>
            </CardHeader>
            <CardBody>
                {error && <ErrorAlert error={error} className="bams-space-below" />}
                <Details
                    entries={[
                        [_("Host"), manager.Hostname],
                        [_("Version of bamsd"), manager.Version],
                        [_("Features"), features],
                        [_("Configuration"), <CopyableText key="file" text="/etc/bams/config.yaml" />],
                    ]}
                />
            </CardBody>
        </Card>
    );
}
