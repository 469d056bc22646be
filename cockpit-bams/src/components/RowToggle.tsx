import { AngleDownIcon } from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import { AngleRightIcon } from "@patternfly/react-icons/dist/esm/icons/angle-right-icon";

interface Props {
    isOpen: boolean;
    /** What it shows: Details of the line of 12:30. */
    label: string;
    onToggle: () => void;
}

/** Opens a row of a table. PatternFly's own calls every one "Details", in English. */
export function RowToggle({ isOpen, label, onToggle }: Props) {
    return (
        <button type="button" className="bams-row-toggle" aria-expanded={isOpen} aria-label={label} onClick={onToggle}>
            {isOpen ? <AngleDownIcon /> : <AngleRightIcon className="bams-mirrored" />}
        </button>
    );
}
