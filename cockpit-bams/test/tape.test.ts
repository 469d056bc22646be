import assert from "node:assert/strict";
import { test } from "node:test";

import type { Slot, TapeDrive } from "../src/api/tape";
import { borrowedSlots, found, lookOf, merged } from "../src/pages/tape/slots";
import { columnsIn, moveBy, rowsOf, rowsSeen, scrolledTo } from "../src/pages/tape/windowing";

const full = (number: number, barcode: string, kind = "data", outside = false): Slot => [
    number,
    "full",
    outside,
    barcode,
    kind,
    8,
];
const empty = (number: number): Slot => [number, "empty", false, "", "", 0];
const drive = (Index: number, Barcode: string, SourceSlot: number): TapeDrive =>
    ({ Index, Barcode, SourceSlot, State: "loaded" }) as TapeDrive;

test("pages and changes are put over what was there", () => {
    const first = [full(1, "A"), empty(2)];
    const all = merged(first, [empty(3), empty(4)]);
    assert.deepEqual(all.map(([number]) => number), [1, 2, 3, 4]);
    const next = merged(all, [empty(1), full(2, "A"), empty(4)]);
    assert.deepEqual(next.map(([, state, , barcode]) => state + barcode), ["empty", "fullA", "empty", "empty"]);
    // What has not changed is not drawn again.
    assert.equal(next[2], all[2]);
    assert.equal(next[3], all[3]);
    assert.equal(merged(all, []), all);
});

test("a change may come before the page that has its slot", () => {
    const early = merged([empty(1)], [full(7, "X")]);
    assert.deepEqual(merged(early, [empty(2), empty(7)]).map(([number]) => number), [1, 2, 7]);
});

test("how a slot looks", () => {
    assert.equal(lookOf(full(1, "A"), false), "data");
    assert.equal(lookOf(full(1, "CLN", "cleaning"), false), "cleaning");
    assert.equal(lookOf(full(1, "W", "worm"), false), "worm");
    assert.equal(lookOf(full(1, "", ""), false), "unlabelled");
    assert.equal(lookOf(empty(1), false), "empty");
    assert.equal(lookOf(empty(1), true), "in-drive");
    // Somebody gave the slot of a loaded cartridge away.
    assert.equal(lookOf(full(1, "B"), true), "data");
});

test("what a person looks for is found", () => {
    const slots = [full(1, "BAM001L8"), empty(2), full(3, "CLN001L8", "cleaning"), full(4, ""), full(5, "B", "", true)];
    const borrowed = borrowedSlots([drive(0, "BAM002L8", 2)]);
    const numbers = (...how: [string, Parameters<typeof found>[2]]) =>
        found(slots, ...how, borrowed).map(([number]) => number);
    assert.deepEqual(numbers("", "all"), [1, 2, 3, 4, 5]);
    assert.deepEqual(numbers(" bam00 ", "all"), [1, 2]);
    assert.deepEqual(numbers("4", "all"), [4]);
    assert.deepEqual(numbers("", "full"), [1, 3, 4, 5]);
    assert.deepEqual(numbers("", "empty"), [2]);
    assert.deepEqual(numbers("", "cleaning"), [3]);
    assert.deepEqual(numbers("", "unlabelled"), [4]);
    assert.deepEqual(numbers("", "import-export"), [5]);
    assert.deepEqual(numbers("bam", "full"), [1]);
});

test("only the rows that are seen are drawn", () => {
    assert.equal(columnsIn(1000, 120, 6), 7);
    assert.equal(columnsIn(0, 120, 6), 1);
    assert.equal(rowsOf({ count: 10_000, columns: 7 }), 1429);
    assert.deepEqual(rowsSeen(0, 600, 60, 1429, 4), { first: 0, end: 14 });
    assert.deepEqual(rowsSeen(6000, 600, 60, 1429, 4), { first: 96, end: 114 });
    // The list became shorter while it was scrolled far down.
    assert.deepEqual(rowsSeen(60_000, 600, 60, 3, 4), { first: 3, end: 3 });
    assert.equal(scrolledTo(0, 300, 600, 60), 0);
    assert.equal(scrolledTo(20, 0, 600, 60), 660);
    assert.equal(scrolledTo(5, 0, 600, 60), 0);
});

test("arrow keys stay in the grid and know the direction of the language", () => {
    const shape = { count: 10, columns: 4 };
    const to = (key: string, from: number, rightToLeft = false, withControl = false) =>
        moveBy(key, from, shape, { page: 2, rightToLeft, withControl });
    assert.equal(to("ArrowRight", 0), 1);
    assert.equal(to("ArrowRight", 1, true), 0);
    assert.equal(to("ArrowLeft", 0), 0);
    assert.equal(to("ArrowDown", 1), 5);
    assert.equal(to("ArrowDown", 7), 7);
    assert.equal(to("ArrowUp", 5), 1);
    assert.equal(to("PageDown", 0), 8);
    assert.equal(to("PageDown", 5), 9);
    assert.equal(to("PageUp", 9), 1);
    assert.equal(to("Home", 6), 4);
    assert.equal(to("End", 8), 9);
    assert.equal(to("End", 0, false, true), 9);
    assert.equal(to("Home", 9, false, true), 0);
    assert.equal(to("a", 0), null);
    for (const key of ["ArrowDown", "PageDown", "PageUp", "ArrowUp", "End", "Home"]) {
        const reached = moveBy(key, 0, { count: 1, columns: 4 }, { page: 5, rightToLeft: false, withControl: false });
        assert.equal(reached, 0, key);
    }
});
