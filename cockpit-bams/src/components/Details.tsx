import {
    DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm,
} from "@patternfly/react-core";
import type { ReactNode } from "react";

/** Terms and what they are. An entry without a value is left out. */
export function Details({ entries }: { entries: [term: string, value: ReactNode][] }) {
    return (
        <DescriptionList isHorizontal isCompact>
            {entries
                .filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false)
                .map(([term, value]) => (
                    <DescriptionListGroup key={term}>
                        <DescriptionListTerm>{term}</DescriptionListTerm>
                        <DescriptionListDescription className="bams-wrap">{value}</DescriptionListDescription>
                    </DescriptionListGroup>
                ))}
        </DescriptionList>
    );
}
