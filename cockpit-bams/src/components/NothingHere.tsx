import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import type { ComponentType, ReactNode } from "react";

interface Props {
    title: string;
    /** What the person can do next. */
    children: ReactNode;
    icon?: ComponentType;
    action?: ReactNode;
    compact?: boolean;
}

/** An empty place that says what to do next. */
export function NothingHere({ title, children, icon, action, compact }: Props) {
    const extra = { ...(icon ? { icon } : {}), ...(compact ? { variant: "sm" as const } : {}) };
    return (
        <EmptyState titleText={title} headingLevel="h3" {...extra}>
            <EmptyStateBody>{children}</EmptyStateBody>
            {action && (
                <EmptyStateFooter>
                    <EmptyStateActions>{action}</EmptyStateActions>
                </EmptyStateFooter>
            )}
        </EmptyState>
    );
}
