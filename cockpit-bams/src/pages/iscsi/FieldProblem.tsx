import { FormHelperText, HelperText, HelperTextItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

/** What is wrong with a field, or else what to write there. */
export function FieldProblem({ problem, help }: { problem: string; help?: ReactNode }) {
    if (!problem && !help) return null;
    return (
        <FormHelperText>
            <HelperText isLiveRegion>
                <HelperTextItem variant={problem ? "error" : "default"} className="bams-wrap">
                    {problem || help}
                </HelperTextItem>
            </HelperText>
        </FormHelperText>
    );
}
