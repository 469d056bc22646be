import { Stack, StackItem } from "@patternfly/react-core";

import type { PageProps } from "..";
import { AlertsCard } from "./AlertsCard";
import { HealthCards } from "./HealthCards";
import { HistoryCards } from "./HistoryCards";
import { JobsCard } from "./JobsCard";

export default function OverviewPage(_props: PageProps) {
    return (
        <Stack hasGutter>
            <StackItem>
                <AlertsCard />
            </StackItem>
            <StackItem>
                <HealthCards />
            </StackItem>
            <HistoryCards />
            <StackItem>
                <JobsCard />
            </StackItem>
        </Stack>
    );
}
