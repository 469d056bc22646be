import { Card, CardBody, CardTitle, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";

import type { History } from "../../api/history";
import { ErrorAlert } from "../../components/ErrorAlert";
import { Field } from "../../components/Field";
import { LineChart } from "../../components/LineChart";
import type { Line } from "../../components/lines";
import { Spinner } from "../../components/spoken";
import { N_, _, fill } from "../../text";
import { type Group, kindOf, useHistory } from "./useSeries";

const RANGES: readonly { days: number; text: string }[] = [
    { days: 1, text: N_("Last 24 hours") },
    { days: 7, text: N_("Last 7 days") },
    { days: 30, text: N_("Last 30 days") },
    { days: 365, text: N_("Last year") },
];

const KINDS: Record<string, string> = {
    used: N_("Taken"),
    size: N_("Size"),
    read: N_("Read"),
    written: N_("Written"),
};

function lineOf({ name, step, times, mean }: History): Line {
    const text = KINDS[kindOf(name)];
    const points = times.map((time, index) => ({ time, value: mean[index] ?? 0 }));
    return { name: text ? _(text) : name, step, points };
}

interface Props {
    id: string;
    title: string;
    groups: readonly Group[];
    format: (value: number) => string;
    firstDays: number;
    /** Lines and words that are added to those of the history. */
    more?: (group: Group, lines: readonly Line[]) => { lines: readonly Line[]; text: ReactNode };
}

/** One chart: what of, and over which time, is chosen above it. */
export function HistoryCard({ id, title, groups, format, firstDays, more }: Props) {
    const [chosen, setChosen] = useState("");
    const [days, setDays] = useState(firstDays);
    const group = groups.find((known) => known.id === chosen) ?? groups[0];
    const { value, error, loading } = useHistory(group, days);
    const lines = (value ?? []).map(lineOf).filter(({ points }) => points.length > 0);
    const added = group && lines.length ? more?.(group, lines) : undefined;
    return (
        <Card isFullHeight>
            <CardTitle component="h2">{title}</CardTitle>
            <CardBody>
                <div className="bams-filters bams-space-below">
                    <Field label={_("Of")} id={`${id}-group`}>
                        <FormSelect
                            id={`${id}-group`}
                            value={group?.id ?? ""}
                            onChange={(_event, next) => setChosen(next)}
                        >
                            {groups.map((known) => (
                                <FormSelectOption key={known.id} value={known.id} label={known.title} />
                            ))}
                        </FormSelect>
                    </Field>
                    <Field label={_("Time")} id={`${id}-days`}>
                        <FormSelect
                            id={`${id}-days`}
                            value={days}
                            onChange={(_event, next) => setDays(Number(next))}
                        >
                            {RANGES.map((range) => (
                                <FormSelectOption key={range.days} value={range.days} label={_(range.text)} />
                            ))}
                        </FormSelect>
                    </Field>
                </div>
                {error && <ErrorAlert error={error} />}
                {!error && lines.length === 0 &&
                    (loading ? (
                        <Spinner size="lg" aria-label={_("Loading")} />
                    ) : (
                        <p>{_("Nothing was sampled in this time.")}</p>
                    ))}
                {group && lines.length > 0 && (
                    <LineChart
                        label={fill(_("{title} of {name}"), { title, name: group.title })}
                        lines={[...lines, ...(added?.lines ?? [])]}
                        format={format}
                    />
                )}
                {added?.text}
            </CardBody>
        </Card>
    );
}
