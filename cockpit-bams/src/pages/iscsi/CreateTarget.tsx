import { FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { store } from "../../api/bus";
import { useManager, useObjects } from "../../api/hooks";
import { type IscsiTarget, TARGET, createTarget } from "../../api/iscsi";
import { as, s } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { go, placeOf } from "../../routing";
import { _ } from "../../text";
import { WordsInput } from "./WordsInput";
import { useApply } from "./useApply";
import { initiatorsProblem, splitWords, suggestIqn, targetNameProblem } from "./words";

/** Go to the page of a target, where its next steps are. */
function open(iqn: string): void {
    const made = (store.list(TARGET) as readonly IscsiTarget[]).find(({ Iqn }) => Iqn === iqn);
    const place = made && placeOf(made.path);
    if (place) go(place);
}

export function CreateTarget({ onClose }: { onClose: () => void }) {
    const hostname = useManager()?.Hostname ?? "";
    const targets = useObjects<IscsiTarget>(TARGET);
    const [iqn, setIqn] = useState(() => suggestIqn(hostname, targets.map(({ Iqn }) => Iqn), new Date()));
    const [alias, setAlias] = useState("");
    const [initiators, setInitiators] = useState("");
    const [portals, setPortals] = useState("");
    const applying = useApply();
    const problem = targetNameProblem(iqn);
    const wrong = initiatorsProblem(splitWords(initiators));
    return (
        <PlanDialog
            title={_("Create a target")}
            verb={_("Create")}
            isReady={iqn !== "" && problem === "" && wrong === ""}
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) =>
                createTarget(iqn, {
                    ...applying.options(common),
                    alias: s(alias),
                    initiators: as(splitWords(initiators)),
                    portals: as(splitWords(portals)),
                })
            }
            onStarted={() => open(iqn)}
            onClose={onClose}
        >
            <FormGroup label={_("Name (IQN)")} fieldId="target-iqn" isRequired>
                <TextInput
                    id="target-iqn"
                    value={iqn}
                    dir="ltr"
                    autoFocus
                    autoComplete="off"
                    spellCheck={false}
                    validated={problem ? "error" : "default"}
                    onChange={(_event, value) => setIqn(value)}
                />
                <FieldHint
                    problem={problem}
                    help={_("It cannot be changed later; initiators know the target by it.")}
                />
            </FormGroup>
            <FormGroup label={_("Alias")} fieldId="target-alias">
                <TextInput id="target-alias" value={alias} onChange={(_event, value) => setAlias(value)} />
                <FieldHint help={_("A second name for people.")} />
            </FormGroup>
            <WordsInput
                id="target-initiators"
                label={_("Initiators that may log in")}
                value={initiators}
                onChange={setInitiators}
                problem={wrong}
                help={_("One name a line. As long as there is none, nobody gets in.")}
            />
            <WordsInput
                id="target-portals"
                label={_("Portals")}
                value={portals}
                onChange={setPortals}
                help={_("Addresses of this host, one a line, such as 192.0.2.10. Without any it is offered on all.")}
            />
            {applying.field}
        </PlanDialog>
    );
}
