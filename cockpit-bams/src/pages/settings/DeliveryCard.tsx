import { Card, CardBody, CardHeader, CardTitle, List, ListItem, StackItem } from "@patternfly/react-core";
import { useState } from "react";

import { type BusError, asBusError } from "../../api/errors";
import { useAnswer } from "../../api/hooks";
import { type Delivery, canTestDelivery, testDelivery } from "../../api/manager";
import { ActionButton } from "../../components/ActionButton";
import { ErrorAlert } from "../../components/ErrorAlert";
import { StateLabel } from "../../components/StateLabel";
import { N_, _ } from "../../text";

const WAYS: Record<string, string> = { mail: N_("Mail"), hook: N_("Program") };

function wayText(way: string): string {
    const text = WAYS[way];
    return text ? _(text) : way;
}

/** How alerts reach people who are not logged in, and a test of it. Not there with a daemon that cannot do it. */
export function DeliveryCard() {
    const { value: isThere } = useAnswer(canTestDelivery);
    const [results, setResults] = useState<Delivery[] | null>(null);
    const [error, setError] = useState<BusError | null>(null);
    const [busy, setBusy] = useState(false);
    if (!isThere) return null;
    const run = async () => {
        setBusy(true);
        setError(null);
        setResults(null);
        try {
            setResults(await testDelivery());
        } catch (thrown) {
            setError(asBusError(thrown));
        } finally {
            setBusy(false);
        }
    };
    const button = (
        <ActionButton action="org.bams.manage" variant="secondary" isLoading={busy} onClick={() => void run()}>
            {_("Send a test")}
        </ActionButton>
    );
    return (
        <StackItem>
            <Card>
                <CardHeader actions={{ actions: button, hasNoOffset: true }}>
                    <CardTitle component="h2">{_("Delivery of alerts")}</CardTitle>
                </CardHeader>
                <CardBody>
                    {error && <ErrorAlert error={error} />}
                    {!results && !error && (
                    <p>{_("Alerts go out by mail or to a program, as the configuration says.")}</p>
                )}
                    {results?.length === 0 && <p>{_("The configuration names no way for alerts to go out.")}</p>}
                    {results && results.length > 0 && (
                        <List isPlain>
                            {results.map(({ way, ok, text }) => (
                                <ListItem key={way} className="bams-wrap">
                                    {wayText(way)} <StateLabel state={ok ? "succeeded" : "failed"} /> {text}
                                </ListItem>
                            ))}
                        </List>
                    )}
                </CardBody>
            </Card>
        </StackItem>
    );
}
