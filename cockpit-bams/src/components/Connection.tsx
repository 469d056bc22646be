// What stands in place of the pages while there is no daemon to talk to.
import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import { DisconnectedIcon } from "@patternfly/react-icons/dist/esm/icons/disconnected-icon";
import { ExclamationCircleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import { PlugIcon } from "@patternfly/react-icons/dist/esm/icons/plug-icon";
import { useEffect, useState } from "react";

import { type ConnectionState, connect } from "../api/bus";
import { type BusError, asBusError } from "../api/errors";
import { startService } from "../api/service";
import { _, fill } from "../text";
import { ErrorAlert } from "./ErrorAlert";
import { Button, Spinner } from "./spoken";

const LOG = "/system/logs#/?priority=info&_SYSTEMD_UNIT=bamsd.service";

function LogLink() {
    return (
        <Button variant="link" onClick={() => cockpit.jump(LOG)}>
            {_("Open its log")}
        </Button>
    );
}

function Waiting({ title }: { title: string }) {
    // Most often this takes no time at all; do not flicker.
    const [shown, setShown] = useState(false);
    useEffect(() => {
        const timer = setTimeout(() => setShown(true), 500);
        return () => clearTimeout(timer);
    }, []);
    return shown ? <EmptyState titleText={title} headingLevel="h2" icon={Spinner} /> : null;
}

function Stopped({ failed }: { failed: boolean }) {
    const [error, setError] = useState<BusError | null>(null);
    const [starting, setStarting] = useState(false);
    const start = async () => {
        setStarting(true);
        setError(null);
        try {
            await startService();
            connect();
        } catch (thrown) {
            setError(asBusError(thrown));
        } finally {
            setStarting(false);
        }
    };
    return (
        <EmptyState
            titleText={failed ? _("BAMS has failed") : _("BAMS is not running")}
            headingLevel="h2"
            icon={PlugIcon}
            {...(failed ? { status: "danger" as const } : {})}
        >
            <EmptyStateBody>
                {_("The service bamsd is stopped. Backups and iSCSI go on as they are; nothing watches over them.")}
                {error && (
                    <ErrorAlert error={error} title={_("It could not be started")} className="bams-space-above" />
                )}
            </EmptyStateBody>
            <EmptyStateFooter>
                <EmptyStateActions>
                    <Button onClick={() => void start()} isLoading={starting} isDisabled={starting}>
                        {_("Start")}
                    </Button>
                </EmptyStateActions>
                <EmptyStateActions>
                    <LogLink />
                </EmptyStateActions>
            </EmptyStateFooter>
        </EmptyState>
    );
}

export function NoConnection({ state }: { state: ConnectionState }) {
    switch (state.kind) {
        case "ready":
            return null;
        case "connecting":
            return <Waiting title={_("Connecting to BAMS")} />;
        case "gone":
            return (
                <EmptyState titleText={_("BAMS is starting again")} headingLevel="h2" icon={Spinner}>
                    <EmptyStateBody>
                        {_("The service bamsd has ended and is being started. This page comes back by itself.")}
                    </EmptyStateBody>
                    <EmptyStateFooter>
                        <EmptyStateActions>
                            <LogLink />
                        </EmptyStateActions>
                    </EmptyStateFooter>
                </EmptyState>
            );
        case "stopped":
            return <Stopped failed={state.failed} />;
        case "absent":
            return (
                <EmptyState titleText={_("BAMS is not installed")} headingLevel="h2" icon={ExclamationCircleIcon}>
                    <EmptyStateBody>
                        {_("This host has the page of BAMS but not its service bamsd. Install the package bamsd.")}
                    </EmptyStateBody>
                </EmptyState>
            );
        case "lost":
            return (
                <EmptyState titleText={_("The connection was lost")} headingLevel="h2" icon={DisconnectedIcon}>
                    <EmptyStateBody>
                        {state.problem === "access-denied"
                            ? _("The system bus does not let you talk to BAMS. Ask the administrator of this host.")
                            : fill(_("Cockpit's connection to this host has ended ({problem})."), state)}
                    </EmptyStateBody>
                    <EmptyStateFooter>
                        <EmptyStateActions>
                            <Button onClick={connect}>{_("Connect again")}</Button>
                        </EmptyStateActions>
                    </EmptyStateFooter>
                </EmptyState>
            );
    }
}
