import { Checkbox } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";

import { useAllowed } from "../../api/permissions";
import { type Options, b } from "../../api/wire";
import { Alert } from "../../components/spoken";
import { _ } from "../../text";

interface Applying {
    /** The last field of a form: at once, or only noted down. */
    field: ReactNode;
    /** Add what the person chose to the options of a call. */
    options: (common: Options) => Options;
    /** For PlanDialog. */
    dropping: { question: ReactNode; isAnswered: boolean } | undefined;
    note: ReactNode;
}

/**
 * When a change of a target comes into force, and whether sessions may end for it. ``always``: there is no choice.
 * The daemon refuses to cut anybody off unless it is told to, so the person says so here.
 */
export function useApply({ always = false }: { always?: boolean } = {}): Applying {
    const [now, setNow] = useState(true);
    const [force, setForce] = useState(false);
    const { allowed, reason } = useAllowed("org.bams.iscsi.destroy");
    const field = !always && (
        <Checkbox
            id="iscsi-apply"
            label={_("Bring it into force at once")}
            description={_("Else it is noted down, and waits for Apply.")}
            isChecked={now}
            onChange={(_event, checked) => setNow(checked)}
        />
    );
    const question = (
        <Alert
            isInline
            variant="warning"
            component="h2"
            title={_("Initiators lose their disks while they use them")}
            className="bams-space-above"
        >
            <Checkbox
                id="iscsi-force"
                label={_("Drop these sessions all the same")}
                description={allowed ? _("Better: log the initiators out first.") : reason}
                isChecked={force}
                isDisabled={!allowed}
                onChange={(_event, checked) => setForce(checked)}
            />
        </Alert>
    );
    return {
        field,
        options: (common) => ({
            ...common,
            ...(now && !always ? { apply: b(true) } : {}),
            ...(force && now ? { force: b(true) } : {}),
        }),
        dropping: now ? { question, isAnswered: force } : undefined,
        note: !now && (
            <Alert
                isInline
                isPlain
                variant="info"
                component="h2"
                className="bams-space-below"
                title={_("Nothing happens now. These are the steps of the next Apply.")}
            />
        ),
    };
}
