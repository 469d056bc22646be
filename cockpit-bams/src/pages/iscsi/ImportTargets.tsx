import { Checkbox, FormGroup } from "@patternfly/react-core";
import { useState } from "react";

import { useObjects } from "../../api/hooks";
import { type IscsiTarget, TARGET, importTargets } from "../../api/iscsi";
import { PlanDialog } from "../../components/PlanDialog";
import { _ } from "../../text";
import { countText } from "./words";

/** Take targets over that others made. */
export function ImportTargets({ chosen: given, onClose }: { chosen: readonly string[]; onClose: () => void }) {
    const foreign = useObjects<IscsiTarget>(TARGET).filter(({ Owned }) => !Owned);
    const [chosen, setChosen] = useState<readonly string[]>(given);
    const choose = (iqn: string, on: boolean) =>
        setChosen(on ? [...chosen, iqn] : chosen.filter((known) => known !== iqn));
    return (
        <PlanDialog
            title={_("Take targets over")}
            verb={_("Take over")}
            isReady={chosen.length > 0}
            alwaysShowPlan
            change={(common) => importTargets([...chosen], common)}
            onClose={onClose}
        >
            <p>{_("They stay as they are, with their credentials and identities. From then on BAMS manages them.")}</p>
            <FormGroup role="group" label={_("Targets that others made")} fieldId="import" isStack>
                {foreign.map((target, index) => (
                    <Checkbox
                        key={target.path}
                        id={`import-${index}`}
                        label={<span className="bams-wrap">{target.Iqn}</span>}
                        description={[countText(target), target.StateText].join(" · ")}
                        isChecked={chosen.includes(target.Iqn)}
                        onChange={(_event, on) => choose(target.Iqn, on)}
                    />
                ))}
            </FormGroup>
        </PlanDialog>
    );
}
