import { Progress, ProgressMeasureLocation, type ProgressProps } from "@patternfly/react-core";

import { bytes, percent } from "../format";
import { _, fill } from "../text";

const FULL = 0.95;
const NEARLY_FULL = 0.8;

interface Props {
    /** Bytes, or null when not known. */
    used: number | null;
    size: number;
    label: string;
    /** Why it is not known. */
    reason?: string | undefined;
}

/** How full something is. From 80 % it asks for care, from 95 % it is red. */
export function UsageBar({ used, size, label, reason }: Props) {
    if (used === null || size <= 0) {
        return <span className="bams-quiet">{reason ?? _("not known")}</span>;
    }
    const share = Math.min(1, used / size);
    const variant: ProgressProps["variant"] | undefined =
        share >= FULL ? "danger" : share >= NEARLY_FULL ? "warning" : undefined;
    return (
        <div className="bams-usage">
            <Progress
                value={share * 100}
                size="sm"
                measureLocation={ProgressMeasureLocation.none}
                aria-label={label}
                valueText={percent(share)}
                {...(variant ? { variant } : {})}
            />
            <span className="bams-quiet bams-number">
                {fill(_("{used} of {size}"), { used: bytes(used), size: bytes(size) })}
            </span>
        </div>
    );
}
