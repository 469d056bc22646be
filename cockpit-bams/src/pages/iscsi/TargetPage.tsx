import { Card, CardBody, CardHeader, CardTitle, Stack, StackItem } from "@patternfly/react-core";

import type { IscsiTarget } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { CopyableText } from "../../components/CopyableText";
import { Details } from "../../components/Details";
import { ObjectHead } from "../../components/ObjectHead";
import { StateLabel } from "../../components/StateLabel";
import { openDialog } from "../../dialogs";
import { time } from "../../format";
import { _, fill } from "../../text";
import { AccessCard } from "./AccessCard";
import { EditTarget } from "./EditTarget";
import { HelpCard } from "./HelpCard";
import { LunsCard } from "./LunsCard";
import { SessionsCard } from "./SessionsCard";
import { TargetActions } from "./TargetActions";
import { TargetState } from "./TargetState";

function madeText({ Created, CreatedBy }: IscsiTarget): string {
    return CreatedBy ? fill(_("{time} by {person}"), { time: time(Created), person: CreatedBy }) : time(Created);
}

function SettingsCard({ target }: { target: IscsiTarget }) {
    const { Iqn, Alias, Enabled, Owned, Portals, Parameters, RelativeTargetId } = target;
    const change = (
        <ActionButton
            action="org.bams.iscsi.manage"
            variant="secondary"
            onClick={() => openDialog((close) => <EditTarget target={target} onClose={close} />)}
        >
            {_("Change")}
        </ActionButton>
    );
    const parameters = Object.entries(Parameters).map(([name, value]) => `${name} = ${value}`);
    return (
        <Card>
            <CardHeader {...(Owned ? { actions: { actions: change, hasNoOffset: true } } : {})}>
                <CardTitle component="h2">{_("Target")}</CardTitle>
            </CardHeader>
            <CardBody>
                <Details
                    entries={[
                        [_("Name (IQN)"), <CopyableText key="iqn" text={Iqn} />],
                        [_("Alias"), Alias],
                        [_("Log-ins"), Enabled ? _("on") : _("off: nobody may log in")],
                        [_("Portals"), Portals.length ? Portals.join(", ") : _("all addresses of this host")],
                        [_("Parameters"), parameters.length ? parameters.join(", ") : _("the defaults")],
                        [_("Relative target id"), RelativeTargetId > 0 && RelativeTargetId],
                        [_("Made"), Owned && madeText(target)],
                    ]}
                />
            </CardBody>
        </Card>
    );
}

export function TargetPage({ target }: { target: IscsiTarget }) {
    return (
        <>
            <ObjectHead
                trail={[[_("iSCSI"), ["iscsi"]]]}
                title={target.Iqn}
                state={<StateLabel state={target.State} />}
                actions={<TargetActions target={target} />}
            />
            <Stack hasGutter>
                <StackItem>
                    <TargetState target={target} />
                </StackItem>
                <StackItem>
                    <LunsCard target={target} />
                </StackItem>
                <StackItem>
                    <AccessCard target={target} />
                </StackItem>
                <StackItem>
                    <SettingsCard target={target} />
                </StackItem>
                {target.State !== "unknown" && (
                    <StackItem>
                        <SessionsCard iqn={target.Iqn} />
                    </StackItem>
                )}
                <StackItem>
                    <HelpCard target={target} />
                </StackItem>
            </Stack>
        </>
    );
}
