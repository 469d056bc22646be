import assert from "node:assert/strict";
import { test } from "node:test";

import type { DiskRepository } from "../src/api/disk";
import type { TapeLibrary } from "../src/api/tape";
import { plain } from "../src/api/wire";
import { type Choice, FIRST_CHOICE, choiceOptions } from "../src/pages/bacula/choice";
import { readDiff } from "../src/pages/bacula/diff";
import {
    blockedText, conditionOf, deviceState, jobKind, jobState, libraryOf, storageOf,
} from "../src/pages/bacula/words";

const DIFF = `--- /etc/a
+++ /etc/a
@@ -1,3 +1,4 @@
 same
--- looks like a file
+++ looks like one too
+new
 end
--- /etc/b
+++ /etc/b
@@ -0,0 +1 @@
+only
`;

test("a difference is files with lines, whatever the lines begin with", () => {
    const [a, b, ...more] = readDiff(DIFF);
    assert.equal(more.length, 0);
    assert.deepEqual([a?.path, a?.added, a?.removed], ["/etc/a", 2, 1]);
    assert.deepEqual(
        a?.lines.map(({ kind, text }) => [kind, text]),
        [
            ["place", "@@ -1,3 +1,4 @@"],
            ["same", "same"],
            ["removed", "-- looks like a file"],
            ["added", "++ looks like one too"],
            ["added", "new"],
            ["same", "end"],
        ],
    );
    assert.deepEqual([b?.path, b?.added, b?.removed], ["/etc/b", 1, 0]);
    assert.deepEqual(readDiff(""), []);
});

test("what is chosen is named only where something is left out", () => {
    const libraries = [{ Name: "left" }, { Name: "right" }] as TapeLibrary[];
    const repositories = ["a", "b", "raw"].map((Name) => {
        return { Name, Owned: true, Use: Name === "raw" ? "block" : "filesystem" };
    }) as DiskRepository[];
    const chosen = (changes: Partial<Choice>) =>
        plain(choiceOptions({ ...FIRST_CHOICE, ...changes }, libraries, repositories));
    assert.deepEqual(chosen({}), { virtual_autochangers: [], devices_per_repository: 2 });
    assert.deepEqual(
        chosen({ withoutLibraries: ["left"], withoutRepositories: ["b"], virtual: ["a", "b"], director: " dir " }),
        {
            libraries: ["right"],
            repositories: ["a"],
            virtual_autochangers: ["a"],
            devices_per_repository: 2,
            director: "dir",
        },
    );
});

test("a library is known by the name that Bacula takes", () => {
    const libraries = [{ Name: "_Hall 2/left" }] as TapeLibrary[];
    assert.equal(libraryOf("Hall-2-left", libraries), libraries[0]);
    assert.equal(libraryOf("left", libraries), undefined);
});

test("how the storage daemon is", () => {
    const status = { problem: "", director_reachable: true, director_problem: "" };
    assert.equal(conditionOf({ ...status, installed: false, unit_state: "", reachable: false }), "absent");
    assert.equal(conditionOf({ ...status, installed: true, unit_state: "failed", reachable: false }), "stopped");
    assert.equal(conditionOf({ ...status, installed: true, unit_state: "active", reachable: false }), "silent");
    assert.equal(conditionOf({ ...status, installed: true, unit_state: "active", reachable: true }), "good");
});

test("what Bacula's letters and words mean; unknown ones are shown as they are", () => {
    assert.equal(jobKind({ type: "B", level: "F" }), "Backup, full");
    assert.equal(jobKind({ type: "?", level: " " }), "?");
    assert.equal(jobState("f").look, "danger");
    assert.equal(jobState("?").text, "?");
    assert.match(blockedText("BST_UNMOUNTED"), /unmounted by a person/);
    assert.match(blockedText("BST_UNMOUNTED_WAITING_FOR_SYSOP"), /while a job waited/);
    assert.match(blockedText("waiting for appendable media"), /has to bring/);
    assert.equal(blockedText("Something new"), "");
    assert.equal(deviceState({ name: "d", enabled: false, mounted: true }).text, "Disabled");
    assert.equal(storageOf({ name: "d", autochanger: "" }), "d");
});
