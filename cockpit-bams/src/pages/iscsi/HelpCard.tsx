import { Card, CardBody, CardTitle, ClipboardCopyButton, Tab, TabTitleText } from "@patternfly/react-core";
import { useState } from "react";

import { useManager } from "../../api/hooks";
import type { IscsiTarget } from "../../api/iscsi";
import { CopyableText } from "../../components/CopyableText";
import { Details } from "../../components/Details";
import { Tabs } from "../../components/spokenInputs";
import { _, fill } from "../../text";
import { OWN_NAME, type System, commands } from "./commands";

const SYSTEMS: readonly (readonly [System, string])[] = [
    ["linux", "Linux"],
    ["windows", "Windows"],
    ["vmware", "VMware ESXi"],
];

function Commands({ id, text }: { id: string; text: string }) {
    const [isCopied, setCopied] = useState(false);
    const copy = () => {
        // Without https there is no clipboard; the text can be marked by hand.
        void navigator.clipboard?.writeText(text).then(() => setCopied(true));
    };
    return (
        <div className="bams-command bams-space-below" dir="ltr">
            <pre id={id} className="bams-commands">
                {text}
            </pre>
            <ClipboardCopyButton
                id={`${id}-copy`}
                textId={id}
                variant="plain"
                aria-label={_("Copy")}
                onClick={copy}
                onTooltipHidden={() => setCopied(false)}
            >
                {isCopied ? _("Copied") : _("Copy")}
            </ClipboardCopyButton>
        </div>
    );
}

/** What an administrator of another host has to type. */
export function HelpCard({ target }: { target: IscsiTarget }) {
    const hostname = useManager()?.Hostname ?? "";
    const [system, setSystem] = useState<System>("linux");
    const portal = target.Portals[0] ?? `${hostname}:3260`;
    const user = target.ChapUsers[0] ?? "";
    return (
        <Card>
            <CardTitle component="h2">{_("What an initiator has to type")}</CardTitle>
            <CardBody>
                <Details
                    entries={[
                        [_("Name (IQN)"), <CopyableText key="iqn" text={target.Iqn} />],
                        [
                            _("Portal"),
                            <div key="portal">
                                <CopyableText text={portal} />
                                {target.Portals.length === 0 && (
                                    <div className="bams-quiet">{_("or any other address of this host")}</div>
                                )}
                            </div>,
                        ],
                    ]}
                />
                <Tabs
                    activeKey={system}
                    className="bams-space-above"
                    aria-label={_("System of the initiator")}
                    onSelect={(_event, key) => setSystem(key as System)}
                >
                    {SYSTEMS.map(([id, title]) => (
                        <Tab key={id} eventKey={id} title={<TabTitleText>{title}</TabTitleText>}>
                            <p className="bams-space-above">
                                {_("Its own name, which must be among the initiators of this target:")}
                            </p>
                            <Commands id={`own-${id}`} text={OWN_NAME[id]} />
                            <p>{_("Log in:")}</p>
                            <Commands id={`login-${id}`} text={commands(id, { iqn: target.Iqn, portal, user })} />
                            {user && (
                                <p className="bams-wrap">
                                    {fill(_("Put the secret of {user} in place of SECRET. BAMS does not show it."), {
                                        user,
                                    })}
                                </p>
                            )}
                            {id === "vmware" && <p>{_("Put the name of the iSCSI adapter in place of vmhbaN.")}</p>}
                        </Tab>
                    ))}
                </Tabs>
            </CardBody>
        </Card>
    );
}
