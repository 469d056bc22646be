import { StackItem } from "@patternfly/react-core";
import { useCallback } from "react";

import { useAnswer, useFeature, useSignal } from "../../api/hooks";
import { MANAGER, getOverview } from "../../api/manager";
import type { Line } from "../../components/lines";
import { bytes, rate } from "../../format";
import { _ } from "../../text";
import { HistoryCard } from "./HistoryCard";
import { type Filling, forecastLine, forecastText } from "./forecast";
import { type Group, grouped, useSeries } from "./useSeries";

async function askFillings(): Promise<Filling[]> {
    const overview = await getOverview();
    return [overview["pools"], overview["repositories"]].flatMap((list) => (list ?? []) as Filling[]);
}

const none = () => Promise.resolve<Filling[]>([]);

/** Forecasts by object path; none from a daemon that makes none. */
function useFillings(): Filling[] {
    const { value, again } = useAnswer(useFeature("overview") ? askFillings : none);
    const changed = useCallback(
        (_path: string, [sections]: unknown[]) => {
            const wanted = ["pools", "repositories"];
            if (Array.isArray(sections) && sections.some((name) => wanted.includes(String(name)))) again();
        },
        [again],
    );
    useSignal(MANAGER, "OverviewChanged", changed);
    return value ?? [];
}

function Charts() {
    const { value: series } = useSeries();
    const fillings = useFillings();
    if (!series) return null;
    const [capacity, throughput] = [grouped(series, "bytes"), grouped(series, "bytes_per_second")];
    if (capacity.length === 0 && throughput.length === 0) return null;
    const forecast = ({ object }: Group, lines: readonly Line[]) => {
        const filling = fillings.find(({ path }) => path === object);
        const [used, size] = [_("Taken"), _("Size")].map((wanted) => lines.find(({ name }) => name === wanted));
        const line = forecastLine(used, filling, size?.points[size.points.length - 1]?.value ?? 0);
        const text = filling ? forecastText(filling) : "";
        return { lines: line ? [line] : [], text: text && <p className="bams-wrap">{text}</p> };
    };
    return (
        <StackItem>
            <div className="bams-charts">
                {capacity.length > 0 && (
                    <HistoryCard
                        id="capacity"
                        title={_("Space")}
                        groups={capacity}
                        format={bytes}
                        firstDays={30}
                        more={forecast}
                    />
                )}
                {throughput.length > 0 && (
                    <HistoryCard
                        id="throughput"
                        title={_("Throughput")}
                        groups={throughput}
                        format={rate}
                        firstDays={1}
                    />
                )}
            </div>
        </StackItem>
    );
}

/** How space and throughput went; not there with a daemon that keeps no history. */
export function HistoryCards() {
    return useFeature("history") ? <Charts /> : null;
}
