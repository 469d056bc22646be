import { type ButtonProps, Tooltip } from "@patternfly/react-core";

import { useAllowed } from "../api/permissions";
import { Button } from "./spoken";

interface Props extends Omit<ButtonProps, "action"> {
    /** The polkit action that the click needs, such as org.bams.disk.manage. */
    action: string;
    /** Why it cannot be done now, whoever asks. */
    refusal?: string;
}

/** A button that works only for who may; others can still reach it and read why it does not. */
export function ActionButton({ action, refusal, ...rest }: Props) {
    const { allowed, reason } = useAllowed(action);
    const why = refusal ?? reason;
    if (allowed && !refusal) return <Button {...rest} />;
    return (
        <Tooltip content={why}>
            <Button {...rest} isAriaDisabled />
        </Tooltip>
    );
}
