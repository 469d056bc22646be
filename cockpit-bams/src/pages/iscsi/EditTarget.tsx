import { Checkbox, FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { type IscsiTarget, updateTarget } from "../../api/iscsi";
import { as, b, s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { WordsInput } from "./WordsInput";
import { useApply } from "./useApply";
import { splitWords } from "./words";

export function EditTarget({ target, onClose }: { target: IscsiTarget; onClose: () => void }) {
    const [alias, setAlias] = useState(target.Alias);
    const [enabled, setEnabled] = useState(target.Enabled);
    const [portals, setPortals] = useState(target.Portals.join("\n"));
    const applying = useApply();
    return (
        <PlanDialog
            title={fill(_("Change {name}"), { name: target.Iqn })}
            verb={_("Change")}
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) =>
                updateTarget(target.Iqn, {
                    ...applying.options(common),
                    alias: s(alias),
                    enabled: b(enabled),
                    portals: as(splitWords(portals)),
                })
            }
            onClose={onClose}
        >
            <FormGroup label={_("Alias")} fieldId="target-alias">
                <TextInput id="target-alias" value={alias} autoFocus onChange={(_event, value) => setAlias(value)} />
            </FormGroup>
            <WordsInput
                id="target-portals"
                label={_("Portals")}
                value={portals}
                onChange={setPortals}
                help={_("Addresses of this host, one a line, such as 192.0.2.10. Without any it is offered on all.")}
            />
            <Checkbox
                id="target-enabled"
                label={_("Enabled")}
                description={_("Initiators may log in.")}
                isChecked={enabled}
                onChange={(_event, checked) => setEnabled(checked)}
            />
            {applying.field}
        </PlanDialog>
    );
}
