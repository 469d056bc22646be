// Parts of PatternFly that say something to screen readers by themselves, in English: here they say it in the person's
// language. eslint refuses the originals elsewhere. What only some pages need is in spokenInputs.tsx.
/* eslint-disable no-restricted-imports */
import {
    Alert as PlainAlert, AlertActionCloseButton as PlainAlertActionCloseButton, type AlertActionCloseButtonProps,
    type AlertProps, Button as PlainButton, type ButtonProps, NavList as PlainNavList, type NavListProps,
    Spinner as PlainSpinner, type SpinnerProps,
} from "@patternfly/react-core";
import {
    ModalBoxCloseButton as PlainModalBoxCloseButton,
} from "@patternfly/react-core/dist/esm/components/Modal/ModalBoxCloseButton";

import { N_, _ } from "../text";

const KINDS: Record<NonNullable<AlertProps["variant"]>, string> = {
    danger: N_("Error:"),
    warning: N_("Warning:"),
    success: N_("Success:"),
    info: N_("Note:"),
    custom: N_("Note:"),
};

export function Alert(props: AlertProps) {
    const kind = KINDS[props.variant ?? "custom"];
    return <PlainAlert variantLabel={_(kind)} {...props} />;
}

export function AlertActionCloseButton(props: AlertActionCloseButtonProps) {
    return <PlainAlertActionCloseButton aria-label={_("Close")} {...props} />;
}

export function Button(props: ButtonProps) {
    return <PlainButton spinnerAriaValueText={_("Under way")} {...props} />;
}

/** Put it into a Modal that has onEscapePress in place of onClose. */
export function ModalBoxCloseButton({ onClose }: { onClose: () => void }) {
    return <PlainModalBoxCloseButton aria-label={_("Close")} onClose={onClose} />;
}

export function NavList(props: Omit<NavListProps, "ref">) {
    const labels = { backScrollAriaLabel: _("Scroll back"), forwardScrollAriaLabel: _("Scroll forward") };
    return <PlainNavList {...labels} {...props} />;
}

export function Spinner(props: SpinnerProps) {
    return <PlainSpinner aria-valuetext={_("Under way")} {...props} />;
}
