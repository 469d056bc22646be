import { Card, CardBody, CardHeader, CardTitle, List, ListItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { useObjects } from "../../api/hooks";
import { type IscsiTarget, TARGET } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { StateLabel } from "../../components/StateLabel";
import { openDialog } from "../../dialogs";
import { Link, placeOf } from "../../routing";
import { _ } from "../../text";
import { ApplyTargets } from "./ApplyTargets";
import { needsApply } from "./words";

const MOST = 20;

function WaitingCard({ waiting, apply }: { waiting: readonly IscsiTarget[]; apply: ReactNode }) {
    return (
        <Card>
            <CardHeader actions={{ actions: apply, hasNoOffset: true }}>
                <CardTitle component="h2">{_("Waiting for Apply")}</CardTitle>
            </CardHeader>
            <CardBody>
                <List isPlain isBordered>
                    {waiting.slice(0, MOST).map((target) => (
                        <ListItem key={target.path}>
                            <span className="bams-plan-step">
                                <span className="bams-wrap">
                                    <Link to={placeOf(target.path) ?? []}>{target.Iqn}</Link>
                                </span>
                                <StateLabel state={target.State} />
                            </span>
                            <div className="bams-quiet bams-wrap">{target.StateText}</div>
                        </ListItem>
                    ))}
                    {waiting.length > MOST && <ListItem>{_("And more; see the table below.")}</ListItem>}
                </List>
            </CardBody>
        </Card>
    );
}

/** Targets that the kernel does not have as they shall be. Nothing when there is none. */
export function PendingCard({ refusal }: { refusal: string }) {
    const waiting = useObjects<IscsiTarget>(TARGET).filter(needsApply);
    const apply = (
        <ActionButton
            action="org.bams.iscsi.manage"
            onClick={() => openDialog((close) => <ApplyTargets iqn="" onClose={close} />)}
            {...(refusal ? { refusal } : {})}
        >
            {_("Apply all")}
        </ActionButton>
    );
    return (
        <>
            {waiting.length > 0 && <WaitingCard waiting={waiting} apply={apply} />}
            {/* It stays in its place when nothing waits any more, so that it can close by itself. */}
        </>
    );
}
