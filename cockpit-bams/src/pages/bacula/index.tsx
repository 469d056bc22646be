import { Stack, StackItem, Tab, TabTitleText } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { Spinner } from "../../components/spoken";
import { Tabs } from "../../components/spokenInputs";
import { go, href } from "../../routing";
import { N_, _ } from "../../text";
import type { PageProps } from "..";
import { ConfigurationTab } from "./ConfigurationTab";
import { DevicesTab } from "./DevicesTab";
import { JobsTab } from "./JobsTab";
import { StatusCard } from "./StatusCard";
import { VolumesTab } from "./VolumesTab";
import { type Bacula, useBacula } from "./useBacula";

const TABS: readonly [id: string, title: string][] = [
    ["devices", N_("Devices")],
    ["volumes", N_("Volumes")],
    ["jobs", N_("Jobs")],
    ["configuration", N_("Configuration")],
];

function placeOfTab(id: string): string[] {
    return id === "devices" ? ["bacula"] : ["bacula", id];
}

function content(id: string, { status, round, asOf }: Bacula): ReactNode {
    if (!status) return null;
    switch (id) {
        case "volumes":
            return <VolumesTab status={status} round={round} />;
        case "jobs":
            return <JobsTab status={status} round={round} asOf={asOf} />;
        case "configuration":
            return <ConfigurationTab round={round} />;
        default:
            return <DevicesTab status={status} />;
    }
}

/** #/bacula, #/bacula/volumes, #/bacula/jobs, #/bacula/configuration */
export default function BaculaPage({ rest }: PageProps) {
    const bacula = useBacula();
    const active = TABS.find(([id]) => id === rest[0])?.[0] ?? "devices";
    if (!bacula.status && !bacula.error) return <Spinner aria-label={_("Asking Bacula")} />;
    return (
        <Stack hasGutter>
            <StackItem>
                <StatusCard bacula={bacula} />
            </StackItem>
            {bacula.status && (
                <StackItem>
                    <Tabs
                        activeKey={active}
                        aria-label={_("Parts of Bacula")}
                        onSelect={(event, key) => {
                            event.preventDefault();
                            go(placeOfTab(String(key)));
                        }}
                        mountOnEnter
                        unmountOnExit
                        className="bams-tabs"
                    >
                        {TABS.map(([id, title]) => (
                            <Tab
                                key={id}
                                eventKey={id}
                                href={href(placeOfTab(id))}
                                title={<TabTitleText>{_(title)}</TabTitleText>}
                            >
                                <div className="bams-space-above">{content(id, bacula)}</div>
                            </Tab>
                        ))}
                    </Tabs>
                </StackItem>
            )}
        </Stack>
    );
}
