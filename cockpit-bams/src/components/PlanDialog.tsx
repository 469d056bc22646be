// The dialog of every change. It asks for a plan first, shows it when it is more than safe, and only then acts.
import { Form, FormGroup, TextInput } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";

import type { Step } from "../api/jobs";
import type { Options } from "../api/wire";
import { _, fill } from "../text";
import { DialogFrame } from "./DialogFrame";
import { PlanSteps } from "./PlanSteps";
import { Alert, Button, Spinner } from "./spoken";
import { useChange } from "./useChange";

export interface PlanDialogProps {
    title: string;
    /** The word on the button that acts: Create, Delete. */
    verb: string;
    /**
     * The call of the daemon. It passes `common` (dry_run or nothing) on among its own options, and returns the
     * path of its job.
     */
    change: (common: Options) => Promise<string>;
    onClose: () => void;
    /** The fields. Without any, the plan is asked for at once. */
    children?: ReactNode;
    /** Whether the fields are filled in well. */
    isReady?: boolean;
    /** For what loses data: the name that the person has to type. */
    typedName?: string;
    /** The name is asked for even when no data is lost. */
    alwaysTyped?: boolean;
    /** For a plan that drops sessions: the question above it, and whether it is answered. */
    dropping?: { question: ReactNode; isAnswered: boolean } | undefined;
    /** What is lost and who uses it; stands above the plan. */
    loss?: ReactNode;
    /** What may stand in the way, such as who uses it; shown below a refusal and above a plan. */
    trouble?: ReactNode;
    /** Show the plan even when it is safe. */
    alwaysShowPlan?: boolean;
    /** Called when the change has begun or was done. */
    onStarted?: () => void;
}

export function PlanDialog(props: PlanDialogProps) {
    const { title, verb, change, onClose, children, isReady = true, typedName, loss } = props;
    const hasForm = children !== undefined;
    const flow = useChange({
        change,
        // Nothing to fill in: the person asked for the action already, but has not seen its plan.
        showSafe: !hasForm || props.alwaysShowPlan === true,
        immediately: !hasForm,
        onDone: () => {
            props.onStarted?.();
            onClose();
        },
    });
    // A name that was typed below another plan is no answer to this one.
    const [answer, setAnswer] = useState<{ plan: readonly Step[]; text: string }>({ plan: [], text: "" });
    const typed = answer.plan === flow.steps ? answer.text : "";
    const isBusy = flow.stage === "planning" || flow.stage === "acting";
    const destroys = flow.effect === "destroy";
    const mustType = (destroys || props.alwaysTyped === true) && typedName !== undefined;
    const dropping = flow.effect === "disconnect" ? props.dropping : undefined;
    const planned = flow.stage === "planned" || (flow.stage === "acting" && flow.steps.length > 0);

    const submit = () => {
        if (isBusy) return;
        if (planned) flow.act();
        else if (isReady) flow.plan();
    };
    const isAnswered = (!mustType || typed === typedName) && (dropping?.isAnswered ?? true);
    const blocked = planned ? !isAnswered : !isReady;
    const back = (
        <Button variant="secondary" onClick={flow.back} isDisabled={isBusy}>
            {_("Back")}
        </Button>
    );

    return (
        <DialogFrame
            title={title}
            verb={flow.stage === "failed" && !hasForm ? _("Try again") : verb}
            onSubmit={submit}
            onClose={onClose}
            isBusy={isBusy}
            isBlocked={blocked}
            isDanger={destroys}
            error={flow.error}
            buttons={planned && hasForm && back}
        >
            {(flow.error || planned) && props.trouble}
            {planned ? (
                <>
                    {destroys && (
                        <Alert
                            isInline
                            variant="danger"
                            component="h2"
                            title={_("This loses data for good")}
                            className="bams-space-below"
                        >
                            {loss}
                        </Alert>
                    )}
                    {!destroys && loss}
                    <PlanSteps steps={flow.steps} />
                    {dropping?.question}
                    {mustType && (
                        <Form onSubmit={(event) => { event.preventDefault(); if (!blocked) submit(); }}>
                            <FormGroup
                                label={fill(_("To go on, type {name}"), { name: typedName })}
                                fieldId="plan-dialog-typed"
                            >
                                <TextInput
                                    id="plan-dialog-typed"
                                    value={typed}
                                    autoFocus
                                    autoComplete="off"
                                    spellCheck={false}
                                    onChange={(_event, text) => setAnswer({ plan: flow.steps, text })}
                                />
                            </FormGroup>
                        </Form>
                    )}
                </>
            ) : hasForm ? (
                <Form onSubmit={(event) => { event.preventDefault(); if (!blocked) submit(); }}>
                    {children}
                    {/* A form with several fields is sent by Enter only when it has such a button. */}
                    <button type="submit" hidden />
                </Form>
            ) : (
                flow.stage === "planning" && <Spinner size="lg" aria-label={_("Making the plan")} />
            )}
        </DialogFrame>
    );
}
