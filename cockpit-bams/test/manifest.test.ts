import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Manifest {
    menu: Record<string, { keywords: { matches: string[]; goto?: string }[] }>;
}

test("keywords are lower case and lead to pages", () => {
    const manifest = JSON.parse(readFileSync("manifest.json", "utf8")) as Manifest;
    const pages = [...readFileSync("src/pages/index.ts", "utf8").matchAll(/\{ id: "(\w+)"/g)].map(([, id]) => id);
    for (const { matches, goto } of Object.values(manifest.menu).flatMap(({ keywords }) => keywords)) {
        for (const word of matches) assert.equal(word, word.toLowerCase());
        // Cockpit takes a leading slash for another package.
        if (goto !== undefined) assert.ok(pages.includes(goto), goto);
    }
});
