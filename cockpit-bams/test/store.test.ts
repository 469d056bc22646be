import assert from "node:assert/strict";
import { test } from "node:test";

import { ObjectStore } from "../src/api/store";

const LIBRARY = "org.bams.Tape.Library";
const JOB = "org.bams.Job";
const text = (v: string) => ({ t: "s", v });
const paths = (store: ObjectStore, name: string) => store.list(name).map(({ path }) => path);

test("what comes between an answer and the moment it is handed over is not lost", () => {
    const store = new ObjectStore();
    store.expect();
    store.added("/lib", { [LIBRARY]: { State: text("unknown") } });
    store.changed("/lib", LIBRARY, { State: text("ready") });
    store.removed("/job/1", [JOB]);
    store.changed("/job/2", JOB, { State: text("succeeded") });
    store.reset({ "/job/1": { [JOB]: { State: text("running") } }, "/job/2": { [JOB]: { State: text("running") } } });
    assert.deepEqual(store.list(LIBRARY), [{ path: "/lib", State: "ready" }]);
    assert.deepEqual(store.list(JOB), [{ path: "/job/2", State: "succeeded" }]);
});

test("what came before the answer does no harm", () => {
    const store = new ObjectStore();
    store.expect();
    store.added("/lib", { [LIBRARY]: { State: text("unknown") } });
    store.changed("/lib", LIBRARY, { State: text("ready") });
    store.added("/gone", { [LIBRARY]: { State: text("ready") } });
    store.removed("/gone", [LIBRARY]);
    store.reset({ "/lib": { [LIBRARY]: { State: text("ready"), Name: text("A") } } });
    assert.deepEqual(paths(store, LIBRARY), ["/lib"]);
    assert.equal((store.list(LIBRARY)[0] as unknown as { State: string }).State, "ready");
});

test("an answer replaces what an earlier connection told", () => {
    const store = new ObjectStore();
    store.added("/old", { [JOB]: {} });
    store.expect();
    store.reset({});
    assert.deepEqual(paths(store, JOB), []);
    store.added("/new", { [JOB]: {} });
    store.expect();
    store.reset({});
    assert.deepEqual(paths(store, JOB), []);
});
