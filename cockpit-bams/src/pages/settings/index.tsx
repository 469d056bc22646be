import { Stack, StackItem } from "@patternfly/react-core";

import type { PageProps } from "..";
import { AboutCard } from "./AboutCard";
import { DeliveryCard } from "./DeliveryCard";
import { PermissionsCard } from "./PermissionsCard";

export default function SettingsPage(_props: PageProps) {
    return (
        <Stack hasGutter>
            <StackItem>
                <AboutCard />
            </StackItem>
            <DeliveryCard />
            <StackItem>
                <PermissionsCard />
            </StackItem>
        </Stack>
    );
}
