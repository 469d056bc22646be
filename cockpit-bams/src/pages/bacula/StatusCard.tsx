import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import type { ReactNode } from "react";

import type { BaculaStatus } from "../../api/bacula";
import { ActionButton } from "../../components/ActionButton";
import { Details } from "../../components/Details";
import { ErrorAlert } from "../../components/ErrorAlert";
import { Alert, Button } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { time } from "../../format";
import { Link, go } from "../../routing";
import { N_, _, fill, isolate } from "../../text";
import { AsOf } from "./AsOf";
import { Restart } from "./Restart";
import type { Bacula } from "./useBacula";
import { Word } from "./Word";
import { type Condition, type Look, RESTART, conditionOf, storageOf } from "./words";

const CONDITIONS: Record<Condition, { text: string; look: Look }> = {
    absent: { text: N_("Not installed"), look: "warning" },
    stopped: { text: N_("Not running"), look: "danger" },
    silent: { text: N_("Runs, but tells nothing"), look: "warning" },
    good: { text: N_("Running"), look: "success" },
};

function Trouble({ title, variant, text, children }: {
    title: string;
    variant: "danger" | "warning" | "info";
    /** What is the matter; most often the daemon's own sentence. */
    text: string;
    children: ReactNode;
}) {
    return (
        <Alert isInline variant={variant} component="h3" title={title} className="bams-space-below">
            <p className="bams-wrap">{text}</p>
            <p>{children}</p>
        </Alert>
    );
}

function StorageTrouble({ status, condition }: { status: BaculaStatus; condition: Condition }) {
    const { problem } = status;
    const configure = (
        <Button variant="link" isInline onClick={() => go(["bacula", "configuration"])}>
            {_("Configure it")}
        </Button>
    );
    switch (condition) {
        case "good":
            return null;
        case "absent":
            return (
                <Trouble variant="info" title={_("Bacula's storage daemon is not installed here")} text={problem}>
                    {_("Then come back and configure it: BAMS writes the configuration from what is really there.")}
                </Trouble>
            );
        case "stopped":
            return (
                <Trouble variant="danger" title={_("The storage daemon is not running")} text={problem}>
                    {_("No backup runs meanwhile. Restart it; if it stops again, its log says why.")}{" "}
                    <span className="bams-links">
                        <Link to={["logs"]} options={{ service: "bacula-sd" }}>{_("Open its log")}</Link>
                        {configure}
                    </span>
                </Trouble>
            );
        case "silent":
            return (
                <Trouble
                    variant="warning"
                    title={_("The storage daemon runs, but BAMS cannot ask it anything")}
                    text={problem}
                >
                    {_("Backups go on. Devices and running jobs are shown again when this is set right.")} {configure}
                </Trouble>
            );
    }
}

/** The Director works, but not one device of this host is a storage of it. */
function knowsNothing({ devices = [], storages = [] }: BaculaStatus): boolean {
    return devices.length > 0 && !devices.some((device) => storages.includes(storageOf(device)));
}

function UnknownHere() {
    return (
        <Trouble
            variant="info"
            title={_("The Director does not know the devices of this host yet")}
            text={_("So no job writes to them, and nothing can be labelled or mounted.")}
        >
            {_("The configuration has the Director's part: show what would change, then For the Director.")}{" "}
            <Link to={["bacula", "configuration"]}>{_("Configure it")}</Link>
        </Trouble>
    );
}

function DirectorTrouble({ status }: { status: BaculaStatus }) {
    if (status.director_reachable) return knowsNothing(status) ? <UnknownHere /> : null;
    return (
        <Trouble
            variant="info"
            title={_("The Director does not answer: volumes and old jobs are not known")}
            text={status.director_problem}
        >
            {_("Devices and running jobs are shown without it; labels, inventory and mounting need it.")}{" "}
            {_("This host's bconsole.conf must have the Director's name, address and password.")}
        </Trouble>
    );
}

/** How Bacula is here, and what to set up. */
export function StatusCard({ bacula }: { bacula: Bacula }) {
    const { status, error } = bacula;
    if (!status) return error ? <ErrorAlert error={error} /> : null;
    const condition = conditionOf(status);
    const { text, look } = CONDITIONS[condition];
    const director = status.director_reachable
        ? { text: _("Answers"), look: "success" as const }
        : { text: _("Does not answer"), look: "plain" as const };
    const restart = condition !== "absent" && (
        <ActionButton
            action={RESTART}
            variant="secondary"
            onClick={() => openDialog((close) => <Restart onClose={close} />)}
        >
            {_("Restart the storage daemon")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader
                actions={{ actions: <AsOf bacula={bacula}>{restart}</AsOf>, hasNoOffset: true }}
                className="bams-head"
            >
                <CardTitle component="h2">{_("Bacula on this host")}</CardTitle>
            </CardHeader>
            <CardBody>
                {error && <ErrorAlert error={error} className="bams-space-below" />}
                <StorageTrouble status={status} condition={condition} />
                {condition !== "absent" && <DirectorTrouble status={status} />}
                <Details
                    entries={[
                        [_("Storage daemon"), <Word key="sd" text={_(text)} look={look} />],
                        [_("Name"), status.name],
                        [
                            _("Version"),
                            status.version && fill(_("{version}, since {time}"), {
                                version: isolate(status.version),
                                time: time(status.started ?? 0),
                            }),
                        ],
                        [
                            _("Director"),
                            condition !== "absent" && <Word key="director" {...director} />,
                        ],
                        [_("Storages of the Director"), (status.storages ?? []).join(", ")],
                        [_("Pools of the Director"), (status.pools ?? []).join(", ")],
                    ]}
                />
            </CardBody>
        </Card>
    );
}
