import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { parse, toScript } from "../scripts/po.js";

interface Entry {
    id: string;
    plural: string | null;
    texts: string[];
    fuzzy: boolean;
}

const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

test("entries over several lines, plurals, contexts and fuzzy ones", () => {
    const entries: Entry[] = parse(
        '#, fuzzy\nmsgid "a"\nmsgstr "x"\n\nmsgctxt "c"\nmsgid ""\n"b\\n"\nmsgstr "y\\"z"\n' +
            'msgid "n"\nmsgid_plural "ns"\nmsgstr[0] "1"\nmsgstr[1] "2"\n',
    );
    assert.deepEqual(
        entries.map(({ id, texts, fuzzy }) => [id, texts, fuzzy]),
        [["a", ["x"], true], ["b\n", ['y"z'], false], ["n", ["1", "2"], false]],
    );
    assert.throws(() => parse("msgid a"));
});

test("what Cockpit loads", () => {
    const file = "build/test/he.po";
    const head = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=n > 1;\\n"\n';
    writeFileSync(file, `${head}\nmsgid "a"\nmsgstr "</script>"\n`);
    let given: Record<string, unknown> = {};
    new Function("cockpit", toScript(file, "he"))({ locale: (texts: Record<string, unknown>) => (given = texts) });
    const about = given[""] as { "plural-forms": (n: number) => number; "language-direction": string };
    assert.equal(about["plural-forms"](2), 1);
    assert.equal(about["language-direction"], "rtl");
    assert.deepEqual(given["a"], [null, "</script>"]);
});

for (const name of readdirSync("po").filter((file) => file.endsWith(".po"))) {
    test(`${name} has the {names} of each text`, () => {
        for (const { id, plural, texts } of parse(readFileSync(`po/${name}`, "utf8")) as Entry[]) {
            for (const [index, text] of texts.entries()) {
                if (id === "" || text === "") continue;
                assert.deepEqual(names(text), names(index > 0 && plural ? plural : id), text);
            }
        }
    });
}
