import { FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { type FormEvent, useEffect, useState } from "react";

import { OUTCOMES } from "../../api/audit";
import { ACTIONS } from "../../api/permissions";
import { Field } from "../../components/Field";
import { stateText } from "../../components/StateLabel";
import { TimeRange } from "../../components/TimeRange";
import { Button } from "../../components/spoken";
import { _ } from "../../text";
import { type AuditFilter, isNarrowed, readFilter } from "./filter";

interface Props {
    filter: AuditFilter;
    onFind: (next: AuditFilter) => void;
}

/** What a person looks for. Nothing is asked before the button or Enter: each question reads through the record. */
export function AuditFilters({ filter, onFind }: Props) {
    const address = JSON.stringify(filter);
    const [wanted, setWanted] = useState(filter);
    useEffect(() => setWanted(JSON.parse(address) as AuditFilter), [address]);
    const set = (change: Partial<AuditFilter>) => setWanted((before) => ({ ...before, ...change }));
    const find = (event: FormEvent) => {
        event.preventDefault();
        onFind(wanted);
    };
    const text = (name: "person" | "object" | "text", label: string) => (
        <Field label={label} id={`audit-${name}`}>
            <TextInput
                id={`audit-${name}`}
                value={wanted[name]}
                autoComplete="off"
                spellCheck={false}
                onChange={(_event, value) => set({ [name]: value })}
            />
        </Field>
    );
    return (
        <form className="bams-filters" role="search" aria-label={_("Find in the audit record")} onSubmit={find}>
            <TimeRange id="audit" value={wanted} onChange={set} />
            {text("person", _("Person"))}
            <Field label={_("Needed permission")} id="audit-action">
                <FormSelect
                    id="audit-action"
                    value={wanted.action}
                    onChange={(_event, action) => set({ action })}
                >
                    <FormSelectOption value="" label={_("All")} />
                    {Object.entries(ACTIONS).map(([action, { description }]) => (
                        <FormSelectOption key={action} value={action} label={_(description)} />
                    ))}
                </FormSelect>
            </Field>
            {text("object", _("Object"))}
            <Field label={_("Outcome")} id="audit-outcome">
                <FormSelect
                    id="audit-outcome"
                    value={wanted.outcome}
                    onChange={(_event, outcome) => set({ outcome })}
                >
                    <FormSelectOption value="" label={_("All")} />
                    {OUTCOMES.map((outcome) => (
                        <FormSelectOption key={outcome} value={outcome} label={stateText(outcome)} />
                    ))}
                </FormSelect>
            </Field>
            {text("text", _("Text"))}
            <div className="bams-filter-buttons">
                <Button type="submit" variant="secondary">
                    {_("Find")}
                </Button>
                {isNarrowed(filter) && (
                    <Button variant="link" onClick={() => onFind(readFilter({}))}>
                        {_("Show all")}
                    </Button>
                )}
            </div>
        </form>
    );
}
