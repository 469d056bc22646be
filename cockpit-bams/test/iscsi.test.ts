import assert from "node:assert/strict";
import { test } from "node:test";

import { commands, powerShellWord, shellWord, splitPortal } from "../src/pages/iscsi/commands";
import { makeSecret } from "../src/pages/iscsi/secret";
import { initiatorsProblem, secretProblem, splitWords, suggestIqn, targetNameProblem } from "../src/pages/iscsi/words";

const DAY = new Date(2026, 0, 9);

test("a name is suggested by host and month, and is always a good one", () => {
    assert.equal(suggestIqn("store1.example.org", [], DAY), "iqn.2026-01.org.example.store1:target1");
    assert.equal(suggestIqn("store1.example.org", ["iqn.2026-01.org.example.store1:target1"], DAY).slice(-1), "2");
    assert.equal(suggestIqn("Bams_1", [], DAY), "iqn.2026-01.local.bams-1:target1");
    for (const host of ["", ".", "-", "a..b", "ÄÖ.example", "x".repeat(300), `${"a.".repeat(150)}b`]) {
        const name = suggestIqn(host, [], DAY);
        assert.equal(targetNameProblem(name), "", name);
    }
});

test("names of targets", () => {
    for (const name of ["", "iqn.2026-01.org.example:a", "eui.0123456789abcdef", "naa.0123456789abcdef"]) {
        assert.equal(targetNameProblem(name), "", name);
    }
    const long = `iqn.2026-01.o:${"a".repeat(223)}`;
    for (const name of ["iqn.2026-13.org:a", "iqn.2026-01.Org:a", "iqn.2026-01.org: a", "disk", long]) {
        assert.notEqual(targetNameProblem(name), "", name);
    }
});

test("names and patterns of initiators", () => {
    assert.equal(initiatorsProblem(splitWords(" iqn.2026-01.org:a,\niqn.*:b\t!iqn.2026-01.org:c ")), "");
    assert.match(initiatorsProblem(["iqn.2026-01.org:a", "host1"]), /^host1 /);
    assert.deepEqual(splitWords("a, b\nb  a"), ["a", "b"]);
});

test("a secret that was made is one that the daemon takes, and never the same", () => {
    const made = Array.from({ length: 500 }, makeSecret);
    for (const secret of made) {
        assert.equal(secret.length, 16);
        assert.equal(secretProblem(secret), "");
    }
    assert.equal(new Set(made).size, made.length);
    assert.notEqual(secretProblem("eleven-only"), "");
    assert.notEqual(secretProblem("with a blank!"), "");
});

test("what comes from people is one word to a shell", () => {
    assert.equal(shellWord("iqn.2026-01.org.example:a"), "iqn.2026-01.org.example:a");
    assert.equal(shellWord("a; rm -rf / #'"), "'a; rm -rf / #'\\'''");
    assert.equal(shellWord(""), "''");
    assert.equal(powerShellWord("a'; b\u2019"), "'a''; b\u2019\u2019'");
});

test("portals with and without a port", () => {
    assert.deepEqual(splitPortal("192.0.2.1"), ["192.0.2.1", "3260"]);
    assert.deepEqual(splitPortal("[2001:db8::1]:3261"), ["2001:db8::1", "3261"]);
});

test("commands for each system", () => {
    const offer = { iqn: "iqn.2026-01.org:a", portal: "[2001:db8::1]:3260", user: "" };
    assert.match(commands("linux", offer), /-p \[2001:db8::1\]:3260 --login$/);
    assert.doesNotMatch(commands("linux", offer), /CHAP/);
    assert.match(commands("windows", { ...offer, user: "joe" }), /-ChapUsername 'joe' -ChapSecret SECRET$/);
    assert.match(commands("vmware", { ...offer, user: "joe" }), /--authname=joe --secret=SECRET/);
    assert.match(commands("linux", { ...offer, iqn: "$(reboot)" }), /-T '\$\(reboot\)' /);
});
