import { Card, CardBody, CardHeader, CardTitle, Stack, StackItem, Tab, TabTitleText } from "@patternfly/react-core";
import { useState } from "react";

import type { Finding } from "../../api/bacula";
import type { Options } from "../../api/wire";
import { ActionButton } from "../../components/ActionButton";
import { Alert } from "../../components/spoken";
import { Tabs } from "../../components/spokenInputs";
import { openDialog } from "../../dialogs";
import { _ } from "../../text";
import { ApplyConfig } from "./ApplyConfig";
import { DiffView } from "./DiffView";
import { Findings, errorsOf } from "./Findings";
import { TextBlock } from "./TextBlock";
import { CONFIGURE } from "./words";

export interface Draft {
    /** What was asked for. */
    options: Options;
    text: string;
    diff: string;
    director: string;
    findings: Finding[];
}

interface Props {
    draft: Draft;
    /** The form says something else by now. */
    isStale: boolean;
}

function Texts({ draft: { text, diff, director } }: { draft: Draft }) {
    const [tab, setTab] = useState<string | number>("diff");
    return (
        <Tabs
            activeKey={tab}
            onSelect={(_event, key) => setTab(key)}
            aria-label={_("What would be installed")}
            mountOnEnter
            unmountOnExit
        >
            <Tab eventKey="diff" title={<TabTitleText>{_("Difference")}</TabTitleText>}>
                <div className="bams-space-above">
                    <DiffView text={diff} />
                </div>
            </Tab>
            <Tab eventKey="text" title={<TabTitleText>{_("Whole file")}</TabTitleText>}>
                <p className="bams-space-above bams-space-below">
                    {_("BAMS's own file for the storage daemon. Passwords are not shown.")}
                </p>
                <TextBlock text={text} label={_("Copy the file")} />
            </Tab>
            <Tab eventKey="director" title={<TabTitleText>{_("For the Director")}</TabTitleText>}>
                <p className="bams-space-above bams-space-below">
                    {_("Where the Director is on another host, put this into its bacula-dir.conf.")}{" "}
                    {_("Enter the password that the first line names, then reload the Director.")}
                </p>
                <TextBlock text={director} label={_("Copy the Director's part")} />
            </Tab>
        </Tabs>
    );
}

/** What would be installed, what is wrong with it, and the way to install it. */
export function Preview({ draft, isStale }: Props) {
    const errors = errorsOf(draft.findings);
    const refusal = isStale
        ? { refusal: _("You have chosen something else since. Show what would change first.") }
        : errors.length > 0
          ? { refusal: _("The check found errors. Set them right first.") }
          : {};
    const apply = (
        <ActionButton
            action={CONFIGURE}
            onClick={() =>
                openDialog((close) => <ApplyConfig options={draft.options} onClose={close} />)
            }
            {...refusal}
        >
            {_("Apply")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader actions={{ actions: apply, hasNoOffset: true }}>
                <CardTitle component="h2">{_("What would change")}</CardTitle>
            </CardHeader>
            <CardBody>
                <Stack hasGutter>
                    {isStale && (
                        <StackItem>
                            <Alert
                                isInline
                                variant="info"
                                component="h3"
                                title={_("You have chosen something else since this was made.")}
                            />
                        </StackItem>
                    )}
                    <StackItem>
                        <Findings findings={draft.findings} />
                    </StackItem>
                    <StackItem>
                        <Texts draft={draft} />
                    </StackItem>
                </Stack>
            </CardBody>
        </Card>
    );
}
