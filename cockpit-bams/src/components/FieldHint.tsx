import { FormHelperText, HelperText, HelperTextItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

interface Props {
    /** What is wrong with the field. */
    problem?: string;
    /** What works and may surprise. */
    warning?: string;
    /** What to write there. */
    help?: ReactNode;
}

/** What is wrong with a field, or else what may surprise, or else what to write there. */
export function FieldHint({ problem = "", warning = "", help }: Props) {
    if (!problem && !warning && !help) return null;
    return (
        <FormHelperText>
            <HelperText isLiveRegion>
                <HelperTextItem
                    variant={problem ? "error" : warning ? "warning" : "default"}
                    className="bams-wrap"
                >
                    {problem || warning || help}
                </HelperTextItem>
            </HelperText>
        </FormHelperText>
    );
}
