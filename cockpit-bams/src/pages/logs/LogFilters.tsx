import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useEffect, useState } from "react";

import type { LogService } from "../../api/logs";
import { Field } from "../../components/Field";
import { TimeRange } from "../../components/TimeRange";
import { SearchInput } from "../../components/spokenInputs";
import { _, fill } from "../../text";
import { type LogFilter } from "./filter";
import { PRIORITIES } from "./words";

interface Props {
    services: readonly LogService[];
    filter: LogFilter;
    onChange: (next: LogFilter) => void;
}

function serviceText({ description, present }: LogService): string {
    return present ? description : fill(_("{service} (not installed)"), { service: description });
}

export function LogFilters({ services, filter, onChange }: Props) {
    const [text, setText] = useState(filter.text);
    useEffect(() => setText(filter.text), [filter.text]);
    const find = (wanted: string) => onChange({ ...filter, text: wanted });
    return (
        <div className="bams-filters" role="search" aria-label={_("Find in the log")}>
            <Field label={_("Log of")} id="log-service">
                <FormSelect
                    id="log-service"
                    value={filter.service}
                    onChange={(_event, service) => onChange({ ...filter, service })}
                >
                    {services.map((service) => (
                        <FormSelectOption key={service.name} value={service.name} label={serviceText(service)} />
                    ))}
                </FormSelect>
            </Field>
            <Field label={_("Severity")} id="log-priority">
                <FormSelect
                    id="log-priority"
                    value={filter.priority}
                    onChange={(_event, priority) => onChange({ ...filter, priority })}
                >
                    <FormSelectOption value="" label={_("All")} />
                    {PRIORITIES.slice(0, 7).map((name, number) => (
                        <FormSelectOption
                            key={name}
                            value={String(number)}
                            label={number === 0 ? _(name) : fill(_("{severity} and worse"), { severity: _(name) })}
                        />
                    ))}
                </FormSelect>
            </Field>
            <TimeRange id="log" value={filter} onChange={(range) => onChange({ ...filter, ...range })} />
            <Field label={_("Text")} id="log-text">
                <SearchInput
                    searchInputId="log-text"
                    aria-label={_("Text")}
                    value={text}
                    onChange={(_event, value) => setText(value)}
                    onSearch={(_event, value) => find(value)}
                    onClear={() => find("")}
                    resetButtonLabel={_("Clear")}
                    submitSearchButtonLabel={_("Find")}
                />
            </Field>
        </div>
    );
}
