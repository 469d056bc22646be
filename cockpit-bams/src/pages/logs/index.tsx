import { Card, CardBody, Stack, StackItem } from "@patternfly/react-core";
import { useCallback } from "react";

import { useAnswer, useFeature, useSignal } from "../../api/hooks";
import { listServices } from "../../api/logs";
import { MANAGER } from "../../api/manager";
import { ErrorAlert } from "../../components/ErrorAlert";
import { MayRead } from "../../components/MayRead";
import { NothingHere } from "../../components/NothingHere";
import { replace } from "../../routing";
import { _ } from "../../text";
import type { PageProps } from "..";
import { BundlesCard } from "./BundlesCard";
import { LogCard } from "./LogCard";
import { DEFAULT_SERVICE, addressOf, readFilter } from "./filter";

function Logs({ options }: { options: Record<string, string> }) {
    const { value: services, error, again } = useAnswer(listServices);
    const changed = useCallback(
        (_path: string, [sections]: unknown[]) => {
            if (Array.isArray(sections) && sections.includes("units")) again();
        },
        [again],
    );
    useSignal(MANAGER, "OverviewChanged", changed);
    if (error) return <ErrorAlert error={error} />;
    if (!services) return null;
    const filter = readFilter(options);
    const known = services.some(({ name }) => name === filter.service);
    const service = known ? filter.service : (services.find(({ name }) => name === DEFAULT_SERVICE)?.name ?? "");
    return (
        <LogCard
            services={services}
            filter={{ ...filter, service }}
            onChange={(next) => replace(["logs"], addressOf(next))}
        />
    );
}

export default function LogsPage({ options }: PageProps) {
    const hasLogs = useFeature("logs");
    const hasBundles = useFeature("bundles");
    return (
        <MayRead action="org.bams.logs.read" title={_("You may not read the logs")}>
            <Stack hasGutter>
                <StackItem>
                    {hasLogs ? (
                        <Logs options={options} />
                    ) : (
                        <Card>
                            <CardBody>
                                <NothingHere title={_("This version of BAMS shows no logs")}>
                                    {_("Read them on Cockpit's page Logs, or install a newer version of bamsd.")}
                                </NothingHere>
                            </CardBody>
                        </Card>
                    )}
                </StackItem>
                {hasBundles && (
                    <StackItem>
                        <BundlesCard />
                    </StackItem>
                )}
            </Stack>
        </MayRead>
    );
}
