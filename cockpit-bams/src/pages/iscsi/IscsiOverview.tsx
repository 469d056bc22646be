import { Stack, StackItem } from "@patternfly/react-core";

import { PendingCard } from "./PendingCard";
import { SessionsCard } from "./SessionsCard";
import { StackState, useStackRefusal } from "./StackState";
import { TargetsCard } from "./TargetsCard";

export function IscsiOverview() {
    const refusal = useStackRefusal();
    return (
        <Stack hasGutter>
            <StackItem>
                <StackState />
            </StackItem>
            <StackItem>
                <PendingCard refusal={refusal} />
            </StackItem>
            <StackItem>
                <TargetsCard refusal={refusal} />
            </StackItem>
            {!refusal && (
                <StackItem>
                    <SessionsCard iqn="" />
                </StackItem>
            )}
        </Stack>
    );
}
