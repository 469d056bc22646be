// The lines of logs and of charts, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";

import type { LogEntry } from "../src/api/logs";
import { bounds } from "../src/components/TimeRange";
import { extent, pathOf, rows } from "../src/components/lines";
import { forecastLine } from "../src/pages/overview/forecast";
import { MOST, withNewer, withOlder } from "../src/pages/logs/lines";
import { linesText } from "../src/pages/logs/words";

function entry(number: number): LogEntry {
    const time = number * 1e6;
    const rest = { priority: 6, service: "bamsd", unit: "bamsd.service", identifier: "bamsd", pid: 7 };
    return { cursor: String(number), time, message: `m${number}`, ...rest };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_value, index) => entry(from + index));
const shown = (lines: readonly LogEntry[]) => lines.map(({ cursor }) => Number(cursor));

test("newer lines come first, each once, and old ones fall out", () => {
    assert.deepEqual(shown(withNewer([entry(2), entry(1)], [entry(2), entry(3), entry(4)])), [4, 3, 2, 1]);
    const full = withNewer([], range(0, MOST));
    const more = withNewer(full, range(MOST, MOST + 5));
    assert.equal(more.length, MOST);
    assert.deepEqual(shown(more).slice(0, 2), [MOST + 4, MOST + 3]);
    assert.equal(shown(more)[MOST - 1], 5);
    assert.equal(withNewer(full, []), full, "nothing new draws nothing anew");
});

test("older lines come last, and new ones fall out", () => {
    assert.deepEqual(shown(withOlder([entry(3)], [entry(3), entry(2)])), [3, 2]);
    const full = range(10, 10 + MOST).reverse();
    assert.equal(shown(withOlder(full, [entry(9)]))[0], 10 + MOST - 2);
});

test("copied lines are in the order of time", () => {
    assert.equal(
        linesText([entry(2), entry(1)]),
        "1970-01-01T00:00:01.000Z bamsd[7]: m1\n1970-01-01T00:00:02.000Z bamsd[7]: m2\n",
    );
});

test("a range of time becomes options", () => {
    const hour = bounds({ range: "hour", since: "", until: "" }, 3_600_000);
    assert.deepEqual(hour, { since: { t: "t", v: 0 } });
    assert.deepEqual(bounds({ range: "", since: "2026-01-01T00:00", until: "" }), {});
    assert.deepEqual(bounds({ range: "between", since: "rubbish", until: "" }), {});
    const both = bounds({ range: "between", since: "2026-01-01T00:00", until: "2026-01-01T00:00" });
    assert.equal(Number(both["until"]?.v) - Number(both["since"]?.v), 60e6 - 1, "the whole minute belongs to it");
});

test("a line is broken where nothing was sampled", () => {
    const points = [0, 10, 20, 50, 90, 100].map((time) => ({ time, value: time }));
    const line = { name: "a", step: 10, points };
    const all = extent([line]);
    assert.deepEqual(all, { from: 0, to: 100, top: 100 });
    const path = pathOf(line, all, 100, 100);
    assert.equal(path, "M0.0 100.0L10.0 90.0L20.0 80.0M50.0 50.0h0M90.0 10.0L100.0 0.0");
    assert.equal(pathOf({ ...line, points: [] }, extent([]), 100, 100), "");
});

test("the table has the newest first and not too many rows", () => {
    const points = Array.from({ length: 100 }, (_value, time) => ({ time, value: time }));
    const found = rows([{ name: "a", step: 1, points }, { name: "b", step: 1, points: [{ time: 99, value: 1 }] }]);
    assert.deepEqual(found[0], { time: 99, values: [99, 1] });
    assert.deepEqual(found[1]?.values[1], null);
    assert.ok(found.length <= 24);
});

test("a forecast ends where it is full", () => {
    const DAY = 24 * 3600e6;
    const used = { name: "used", step: DAY, points: [{ time: 0, value: 0 }, { time: 40 * DAY, value: 40 }] };
    const filling = { path: "", growth_per_day: 1, forecast: { state: "growing" } };
    assert.deepEqual(forecastLine(used, filling, 1000)?.points[1], { time: 50 * DAY, value: 50 });
    assert.deepEqual(forecastLine(used, filling, 45)?.points[1], { time: 45 * DAY, value: 45 });
    assert.equal(forecastLine(used, { ...filling, forecast: { state: "steady" } }, 1000), null);
});
