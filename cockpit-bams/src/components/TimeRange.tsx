import { FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";

import { type Options, t } from "../api/wire";
import { N_, _ } from "../text";
import { Field } from "./Field";

/** What a person chose; times are as <input type="datetime-local"> has them, in the browser's time zone. */
export interface Range {
    range: string;
    since: string;
    until: string;
}

const HOUR_US = 3600e6;

const RANGES: readonly { id: string; text: string; width?: number }[] = [
    { id: "", text: N_("Any time") },
    { id: "hour", text: N_("Last hour"), width: HOUR_US },
    { id: "day", text: N_("Last 24 hours"), width: 24 * HOUR_US },
    { id: "week", text: N_("Last 7 days"), width: 7 * 24 * HOUR_US },
    { id: "between", text: N_("Between two times") },
];

function microseconds(local: string): number | null {
    const milliseconds = new Date(local).getTime();
    return local !== "" && Number.isFinite(milliseconds) && milliseconds > 0 ? milliseconds * 1000 : null;
}

/** The options since and until of a method. The whole minute of the end belongs to it. */
export function bounds({ range, since, until }: Range, nowMilliseconds: number = Date.now()): Options {
    const width = RANGES.find(({ id }) => id === range)?.width;
    if (width) return { since: t(nowMilliseconds * 1000 - width) };
    if (range !== "between") return {};
    const [from, to] = [microseconds(since), microseconds(until)];
    return { ...(from ? { since: t(from) } : {}), ...(to ? { until: t(to + 60e6 - 1) } : {}) };
}

interface Props {
    value: Range;
    onChange: (next: Range) => void;
    /** Ids of the fields begin with it. */
    id: string;
}

/** A choice of time: some usual ones, or two moments. */
export function TimeRange({ value, onChange, id }: Props) {
    const moment = (name: "since" | "until", label: string) => (
        <Field label={label} id={`${id}-${name}`}>
            <TextInput
                id={`${id}-${name}`}
                type="datetime-local"
                value={value[name]}
                onChange={(_event, next) => onChange({ ...value, [name]: next })}
            />
        </Field>
    );
    return (
        <>
            <Field label={_("Time")} id={`${id}-range`}>
                <FormSelect
                    id={`${id}-range`}
                    value={value.range}
                    onChange={(_event, range) => onChange({ ...value, range })}
                >
                    {RANGES.map((known) => (
                        <FormSelectOption key={known.id} value={known.id} label={_(known.text)} />
                    ))}
                </FormSelect>
            </Field>
            {value.range === "between" && (
                <>
                    {moment("since", _("From"))}
                    {moment("until", _("To"))}
                </>
            )}
        </>
    );
}
