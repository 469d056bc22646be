import { Stack, StackItem } from "@patternfly/react-core";

import { PoolsCard } from "./PoolsCard";
import { RepositoriesCard } from "./RepositoriesCard";

export function StorageOverview() {
    return (
        <Stack hasGutter>
            <StackItem>
                <PoolsCard />
            </StackItem>
            <StackItem>
                <RepositoriesCard />
            </StackItem>
        </Stack>
    );
}
