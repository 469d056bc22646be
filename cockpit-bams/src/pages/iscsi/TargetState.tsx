import { List, ListItem } from "@patternfly/react-core";
import { useCallback } from "react";

import { useAnswer } from "../../api/hooks";
import { type IscsiTarget, getDrift } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { PlanSteps } from "../../components/PlanSteps";
import { Alert } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { _ } from "../../text";
import { ApplyTargets } from "./ApplyTargets";
import { ImportTargets } from "./ImportTargets";
import { needsApply, stateTitle } from "./words";

const MANAGE = "org.bams.iscsi.manage";

/** Every difference, of which the state itself names only the first. */
function Differences({ target }: { target: IscsiTarget }) {
    const { value } = useAnswer(useCallback(() => getDrift(), []));
    const own = (value ?? []).filter(({ targets }) => targets.includes(target.Iqn));
    if (own.length === 0) return <p className="bams-wrap">{target.StateText}</p>;
    return (
        <List>
            {own.map(({ object, difference }, index) => (
                <ListItem key={`${object} ${index}`}>
                    <span className="bams-wrap">{difference}</span>
                </ListItem>
            ))}
        </List>
    );
}

/** What is not as it shall be, and what puts it right. Nothing when all is well. */
export function TargetState({ target }: { target: IscsiTarget }) {
    const { Iqn, State, StateText, Pending, Owned } = target;
    const isWell = State === "in-sync" && Pending.length === 0;
    const drifted = State === "drifted";
    const variant = State === "failed" ? "danger" : State === "pending" || !Owned ? "info" : "warning";
    const actions = Owned ? (
        needsApply(target) && (
            <ActionButton
                action={MANAGE}
                variant="secondary"
                onClick={() => openDialog((close) => <ApplyTargets iqn={Iqn} isRepair={drifted} onClose={close} />)}
            >
                {drifted ? _("Repair") : _("Apply")}
            </ActionButton>
        )
    ) : (
        <ActionButton
            action={MANAGE}
            variant="secondary"
            onClick={() => openDialog((close) => <ImportTargets chosen={[Iqn]} onClose={close} />)}
        >
            {_("Take over")}
        </ActionButton>
    );
    return (
        <>
            {!isWell && (
                <Alert isInline variant={variant} component="h2" title={stateTitle(State)} actionLinks={actions}>
                    {drifted ? (
                        <>
                            <Differences key={StateText} target={target} />
                            <p className="bams-space-above">
                                {_("Repair puts it back as BAMS left it. To keep what was changed, set the same here.")}
                            </p>
                        </>
                    ) : (
                        <p className="bams-wrap">{StateText}</p>
                    )}
                    {Pending.length > 0 && (
                        <div className="bams-space-above">
                            <p>{drifted ? _("Repair would do this:") : _("Apply would do this:")}</p>
                            <PlanSteps steps={Pending} />
                        </div>
                    )}
                </Alert>
            )}
            {/* It stays in its place when all becomes well, so that it can say so and close by itself. */}
        </>
    );
}
