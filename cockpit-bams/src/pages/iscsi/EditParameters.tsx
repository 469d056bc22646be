import { FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { type IscsiTarget, updateTarget } from "../../api/iscsi";
import { of } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { number } from "../../format";
import { _, fill } from "../../text";
import { useApply } from "./useApply";
import { PARAMETERS } from "./words";

function isInRange(text: string, least: number, most: number): boolean {
    return text === "" || (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most);
}

/** What initiators and target agree on at log-in. */
export function EditParameters({ target, onClose }: { target: IscsiTarget; onClose: () => void }) {
    const [values, setValues] = useState<Record<string, string>>(target.Parameters);
    const applying = useApply();
    const become = (name: string, value: string) => setValues({ ...values, [name]: value });
    const isGood = ({ name, choices, least = 0, most = 0 }: (typeof PARAMETERS)[number]) =>
        choices !== undefined || isInRange(values[name] ?? "", least, most);
    const changed = Object.fromEntries(
        Object.entries(values).filter(([name, value]) => value !== (target.Parameters[name] ?? "")),
    );
    return (
        <PlanDialog
            title={fill(_("Parameters of {name}"), { name: target.Iqn })}
            verb={_("Change")}
            isReady={PARAMETERS.every(isGood) && Object.keys(changed).length > 0}
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) =>
                updateTarget(target.Iqn, { ...applying.options(common), parameters: of("a{ss}", changed) })
            }
            onClose={onClose}
        >
            <p>{_("They count from the next log-in on. The defaults are good for nearly everybody.")}</p>
            {PARAMETERS.map((parameter) => {
                const { name, choices, least = 0, most = 0 } = parameter;
                const id = `parameter-${name}`;
                const range = fill(_("From {least} to {most}; empty for the default."), {
                    least: number(least),
                    most: number(most),
                });
                return (
                    <FormGroup key={name} label={name} fieldId={id}>
                        {choices ? (
                            <FormSelect
                                id={id}
                                value={values[name] ?? ""}
                                onChange={(_event, value) => become(name, value)}
                            >
                                <FormSelectOption value="" label={_("Default")} />
                                {choices.map((choice) => (
                                    <FormSelectOption key={choice} value={choice} label={choice} />
                                ))}
                            </FormSelect>
                        ) : (
                            <>
                                <TextInput
                                    id={id}
                                    value={values[name] ?? ""}
                                    inputMode="numeric"
                                    validated={isGood(parameter) ? "default" : "error"}
                                    onChange={(_event, value) => become(name, value.trim())}
                                />
                                <FieldHint problem={isGood(parameter) ? "" : range} help={range} />
                            </>
                        )}
                    </FormGroup>
                );
            })}
            {applying.field}
        </PlanDialog>
    );
}
