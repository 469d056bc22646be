// When something will be full, as the daemon reckons it, in words and as a line.
import type { Line, Point } from "../../components/lines";
import { number } from "../../format";
import { N_, _, fill } from "../../text";

export interface Forecast {
    state: string;
    text: string;
    days?: number;
    days_low?: number;
    days_high?: number;
}

/** A pool or repository of GetOverview. What is not known is left out. */
export interface Filling {
    path: string;
    growth_per_day?: number;
    forecast?: Partial<Forecast>;
}

const DAY_US = 24 * 3600e6;

const WORDS: Record<string, string> = {
    steady: N_("It does not get fuller."),
    "too-short": N_("It is not known for long enough to say when it will be full."),
    "too-noisy": N_("It goes up and down too much to say when it will be full."),
    far: N_("At this pace it will not be full for years."),
    full: N_("It is full."),
};

/** One sentence; empty when nothing is known. */
export function forecastText({ forecast }: Filling): string {
    const { state = "", text = "", days, days_low: low, days_high: high } = forecast ?? {};
    if (state === "growing" && days !== undefined) {
        const [about, least, most] = [days, low ?? days, high ?? days].map((value) => number(Math.round(value)));
        if (days < 1) return _("At this pace it is full within a day.");
        return fill(_("At this pace it is full in {days} days (between {low} and {high})."), {
            days: about ?? "",
            low: least ?? "",
            high: most ?? "",
        });
    }
    const words = WORDS[state];
    return words ? _(words) : text;
}

/** Where the line goes from its last point, over a quarter of what is shown, but never above what there is. */
export function forecastLine(used: Line | undefined, filling: Filling | undefined, size: number): Line | null {
    const [first, last] = [used?.points[0], used?.points[used.points.length - 1]];
    const growth = filling?.growth_per_day;
    if (!first || !last || filling?.forecast?.state !== "growing" || !growth) return null;
    const width = Math.max((last.time - first.time) / 4, DAY_US / 24);
    const full = size > last.value ? ((size - last.value) / growth) * DAY_US : 0;
    const length = Math.min(width, full);
    const end: Point = { time: last.time + length, value: last.value + (growth * length) / DAY_US };
    return { name: _("Forecast"), points: [last, end], step: width };
}
