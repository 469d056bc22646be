import { Card, CardBody, CardHeader, CardTitle, List, ListItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

import type { Group, IscsiTarget } from "../../api/iscsi";
import { ActionButton } from "../../components/ActionButton";
import { Details } from "../../components/Details";
import { Alert } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { EditInitiators } from "./EditInitiators";
import { SetCredentials } from "./SetCredentials";
import { DEFAULT_GROUP, lunsText } from "./words";

function groupTitle({ name }: Group): string {
    return name === DEFAULT_GROUP ? _("Initiators") : fill(_("Group {name}"), { name });
}

function Members({ group }: { group: Group }) {
    return (
        <>
            <List isPlain>
                {group.initiators.map((name) => (
                    <ListItem key={name}>
                        <span className="bams-wrap">{name}</span>
                    </ListItem>
                ))}
            </List>
            {group.initiators.length === 0 && _("none")}
            <div className="bams-quiet">{fill(_("They see {luns}."), { luns: lunsText(group) })}</div>
        </>
    );
}

/** Who may log in, and with which proof. Secrets are never shown. */
export function AccessCard({ target }: { target: IscsiTarget }) {
    const { Owned, Groups, Initiators, ChapUsers, MutualChapUser } = target;
    const shown = Groups.filter(({ initiators, name }) => initiators.length > 0 || name !== DEFAULT_GROUP);
    const buttons = (
        <>
            <ActionButton
                action="org.bams.iscsi.manage"
                variant="secondary"
                onClick={() => openDialog((close) => <EditInitiators target={target} onClose={close} />)}
            >
                {_("Change initiators")}
            </ActionButton>
            <ActionButton
                action="org.bams.iscsi.manage"
                variant="secondary"
                onClick={() => openDialog((close) => <SetCredentials target={target} onClose={close} />)}
            >
                {_("Set credentials")}
            </ActionButton>
        </>
    );
    return (
        <Card>
            <CardHeader hasWrap {...(Owned ? { actions: { actions: buttons, hasNoOffset: true } } : {})}>
                <CardTitle component="h2">{_("Who may log in")}</CardTitle>
            </CardHeader>
            <CardBody>
                {Owned && Initiators.length === 0 && (
                    <Alert
                        isInline
                        variant="info"
                        component="h3"
                        className="bams-space-below"
                        title={_("Nobody may log in yet: name the initiators.")}
                    />
                )}
                <Details
                    entries={[
                        ...shown.map((group): [string, ReactNode] => [
                            groupTitle(group),
                            <Members key={group.name} group={group} />,
                        ]),
                        [
                            _("They prove who they are"),
                            ChapUsers.length
                                ? fill(_("with CHAP, as {users}"), { users: ChapUsers.join(", ") })
                                : _("no, their name is enough"),
                        ],
                        [
                            _("The target proves itself"),
                            MutualChapUser
                                ? fill(_("with CHAP, as {users}"), { users: MutualChapUser })
                                : _("no"),
                        ],
                    ]}
                />
            </CardBody>
        </Card>
    );
}
