import assert from "node:assert/strict";
import { test } from "node:test";

import { jobError, worst, type Job, type Step } from "../src/api/jobs";
import { asBusError } from "../src/api/errors";
import { ObjectStore } from "../src/api/store";
import { plain } from "../src/api/wire";
import { readSize, splitSize } from "../src/components/SizeInput";
import { bytes, duration, percent } from "../src/format";
import { fill } from "../src/text";

test("sizes are powers of 1024", () => {
    assert.equal(bytes(0), "0 B");
    assert.equal(bytes(1023), "1,023 B");
    assert.equal(bytes(1536), "1.5 KiB");
    assert.equal(bytes(2 ** 40 * 12.34), "12.3 TiB");
    assert.equal(bytes(null), "–");
});

test("durations and shares", () => {
    assert.equal(duration(59), "59 s");
    assert.equal(duration(125), "2 min 5 s");
    assert.equal(duration(7260), "2 h 1 min");
    assert.equal(percent(0.425), "43%");
});

test("a size is read back as it was split", () => {
    for (const size of [2 ** 20, 2 ** 30, 3 * 2 ** 40, 1.5 * 2 ** 30]) {
        assert.equal(readSize(...splitSize(size)), size);
    }
    assert.equal(readSize("1,5", "GiB"), 1.5 * 2 ** 30);
    for (const wrong of ["", "-1", "0", "x", "1e400", "1 2"]) assert.equal(readSize(wrong, "GiB"), null, wrong);
});

test("variants are unwrapped at every depth, a dictionary with the keys t and v is not one", () => {
    assert.deepEqual(plain({ t: "as", v: ["a"] }), ["a"]);
    assert.deepEqual(plain({ a: { t: "a{sv}", v: { b: { t: "t", v: 1 } } } }), { a: { b: 1 } });
    assert.deepEqual(plain({ t: { t: "s", v: "x" }, v: { t: "u", v: 2 } }), { t: "x", v: 2 });
});

test("values in texts are not texts themselves", () => {
    assert.equal(fill("{a} and {b}, {c}", { a: "{b}", b: 1 }), "{b} and 1, {c}");
});

test("the worst effect of a plan", () => {
    const step = (effect: Step["effect"]): Step => ({ summary: "", effect, object: "", command: "" });
    assert.equal(worst([]), "safe");
    assert.equal(worst([step("safe"), step("disconnect"), step("pause")]), "disconnect");
    assert.equal(worst([step("destroy"), step("safe")]), "destroy");
});

test("errors keep the daemon's name and sentence", () => {
    const error = asBusError({ name: "org.bams.Error.InUse", message: "It is used." });
    assert.equal(error.short, "InUse");
    assert.equal(error.message, "It is used.");
    assert.equal(asBusError({ problem: "not-found" }).busName, "cockpit.not-found");
    const job = { State: "failed", Error: ["org.bams.Error.Busy", "Busy."] } as unknown as Job;
    assert.equal(jobError(job)?.short, "Busy");
});

test("the store gives the same snapshot until something changes", async () => {
    const store = new ObjectStore();
    let told = 0;
    store.subscribe(() => (told += 1));
    store.reset({ "/a": { I: { X: { t: "u", v: 1 } } }, "/b": { I: { X: { t: "u", v: 2 } } } });
    const before = store.list("I");
    assert.equal(store.list("I"), before);
    store.changed("/a", "I", { X: { t: "u", v: 5 } });
    store.changed("/unknown", "I", { X: { t: "u", v: 5 } });
    const after = store.list("I");
    assert.notEqual(after, before);
    assert.equal(after[1], before[1]);
    assert.deepEqual(after[0], { X: 5, path: "/a" });
    store.removed("/a", ["I"]);
    assert.equal(store.one("/a", "I"), undefined);
    await Promise.resolve();
    assert.equal(told, 1);
});
