import { EmptyState, EmptyStateBody } from "@patternfly/react-core";

import type { DeviceArea } from "../api/manager";
import { N_, _ } from "../text";
import { Spinner } from "./spoken";

const TEXTS: Record<DeviceArea, string> = {
    disk: N_("Looking for disks and pools"),
    tape: N_("Looking for tape libraries"),
    iscsi: N_("Looking for iSCSI targets"),
};

/** In place of what cannot be called missing, because the daemon has started a moment ago and still looks for it. */
export function Looking({ area }: { area: DeviceArea }) {
    const text = TEXTS[area];
    return (
        <EmptyState titleText={_(text)} headingLevel="h2" icon={Spinner}>
            <EmptyStateBody>{_("BAMS has just started. What it finds appears here by itself.")}</EmptyStateBody>
        </EmptyState>
    );
}

/** The same in one line. */
export function LookingLine({ area }: { area: DeviceArea }) {
    const text = TEXTS[area];
    return (
        <p>
            <Spinner isInline aria-hidden /> {_(text)}
        </p>
    );
}
