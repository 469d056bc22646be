import { EmptyState, EmptyStateBody } from "@patternfly/react-core";

import { _ } from "../text";

/** A page that this version does not have. */
export function NotYet() {
    return (
        <EmptyState titleText={_("This page is not there yet")} headingLevel="h2">
            <EmptyStateBody>
                {_("Until then, busctl and other D-Bus programs can do all that BAMS offers here.")}
            </EmptyStateBody>
        </EmptyState>
    );
}
