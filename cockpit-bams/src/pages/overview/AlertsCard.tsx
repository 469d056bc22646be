import { Card, CardBody, CardHeader, CardTitle, Content } from "@patternfly/react-core";

import { asBusError } from "../../api/errors";
import { useManager } from "../../api/hooks";
import { type Alert, acknowledgeAlert } from "../../api/manager";
import { ActionButton } from "../../components/ActionButton";
import { Alert as Notice } from "../../components/spoken";
import { ago, time } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { toast } from "../../toasts";

const LOOKS = { critical: "danger", warning: "warning", info: "info" } as const;

function AlertRow({ alert }: { alert: Alert }) {
    const place = placeOf(alert.object);
    const acknowledge = () => {
        acknowledgeAlert(alert.id).catch((thrown: unknown) => {
            const error = asBusError(thrown);
            toast("danger", error.title, error.message);
        });
    };
    const button = (
        <ActionButton action="org.bams.manage" variant="link" isInline onClick={acknowledge}>
            {_("I have seen it")}
        </ActionButton>
    );
    const seen = fill(_("Seen by {person}, {time}. It stays until its cause is gone."), {
        person: alert.acknowledged_by,
        time: ago(alert.acknowledged),
    });
    return (
        <Notice
            isInline
            component="h3"
            variant={LOOKS[alert.severity] ?? "warning"}
            title={<span className="bams-wrap">{alert.summary}</span>}
            actionLinks={
                <>
                    {place && <Link to={place}>{_("Show it")}</Link>} {alert.acknowledged_by === "" && button}
                </>
            }
        >
            <p className="bams-wrap">{alert.advice}</p>
            <p className="bams-quiet">
                {fill(_("Since {time}"), { time: time(alert.since) })}
                {alert.acknowledged_by !== "" && ` · ${seen}`}
            </p>
        </Notice>
    );
}

/** Conditions that need a person: those that nobody has seen first. */
export function AlertsCard() {
    const alerts = useManager()?.Alerts ?? [];
    const sorted = [...alerts].sort((a, b) => Number(a.acknowledged_by !== "") - Number(b.acknowledged_by !== ""));
    return (
        <Card>
            <CardHeader>
                <CardTitle component="h2">{_("Needs care")}</CardTitle>
            </CardHeader>
            <CardBody>
                {sorted.length === 0 ? (
                    <Content component="p">{_("Nothing needs care.")}</Content>
                ) : (
                    <div className="bams-list">
                        {sorted.map((alert) => (
                            <AlertRow key={alert.id} alert={alert} />
                        ))}
                    </div>
                )}
            </CardBody>
        </Card>
    );
}
