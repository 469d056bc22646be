// Make po/cockpit-bams.pot from the calls of _() and ngettext() in src/ and the labels in manifest.json, and bring the
// new texts into each po/LANG.po.
// The compiler of TypeScript reads the source, so templates and JSX are no trouble.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

import { parse } from "./po.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const found = new Map();

function note(id, plural, place) {
    const entry = found.get(id) ?? { plural: null, places: new Set() };
    entry.plural ??= plural;
    entry.places.add(place);
    found.set(id, entry);
}

function literal(node) {
    if (!node) return null;
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
        const [left, right] = [literal(node.left), literal(node.right)];
        return left === null || right === null ? null : left + right;
    }
    return null;
}

function read(file) {
    const place = relative(root, file);
    const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2021, true);
    const visit = (node) => {
        if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
            const name = node.expression.text;
            const first = literal(node.arguments[0]);
            const where = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
            if ((name === "_" || name === "N_") && first !== null) note(first, null, place);
            else if (name === "_" && node.arguments.length === 1) {
                // _(variable) is fine where the texts are marked with N_() elsewhere.
                if (!ts.isIdentifier(node.arguments[0]) && !ts.isPropertyAccessExpression(node.arguments[0])) {
                    console.warn(`${place}:${where}: _() of something that is no plain text`);
                }
            }
            if (name === "ngettext" && first !== null) note(first, literal(node.arguments[1]), place);
        }
        ts.forEachChild(node, visit);
    };
    visit(source);
}

for (const name of readdirSync(join(root, "src"), { recursive: true })) {
    if (/\.tsx?$/.test(name) && !name.endsWith(".d.ts")) read(join(root, "src", name));
}
const manifest = JSON.parse(readFileSync(join(root, "manifest.json"), "utf8"));
for (const entry of Object.values({ ...manifest.menu, ...manifest.tools })) {
    note(entry.label, null, "manifest.json");
    for (const { label } of entry.docs ?? []) note(label, null, "manifest.json");
}

const quote = (text) => JSON.stringify(text);

/** The lines of one text; the translations are empty in the .pot. */
function entry(id, { plural, places }, texts) {
    const lines = ["", `#: ${[...places].sort().join(" ")}`, `msgid ${quote(id)}`];
    if (plural === null) lines.push(`msgstr ${quote(texts[0] ?? "")}`);
    else lines.push(`msgid_plural ${quote(plural)}`, ...[0, 1].map((n) => `msgstr[${n}] ${quote(texts[n] ?? "")}`));
    return lines;
}

function header(language, plural) {
    return [
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: bams\\n"',
        ...(language ? [`"Language: ${language}\\n"`] : []),
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        `"Plural-Forms: nplurals=2; plural=${plural};\\n"`,
    ];
}

const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
const folder = join(root, "po");
const lines = [...header("", "n != 1"), ...sorted.flatMap(([id, about]) => entry(id, about, []))];
writeFileSync(join(folder, "cockpit-bams.pot"), lines.join("\n") + "\n");
console.log(`po/cockpit-bams.pot: ${found.size} texts`);

for (const name of readdirSync(folder).filter((file) => file.endsWith(".po"))) {
    const entries = parse(readFileSync(join(folder, name), "utf8"));
    const known = new Map(entries.map(({ id, texts }) => [id, texts]));
    const plural = /plural=([^;]+);/.exec(known.get("")?.[0] ?? "")?.[1] ?? "n != 1";
    const kept = sorted.flatMap(([id, about]) => entry(id, about, known.get(id) ?? []));
    writeFileSync(join(folder, name), [...header(name.slice(0, -3), plural), ...kept].join("\n") + "\n");
    const missing = sorted.filter(([id]) => !known.get(id)?.some(Boolean)).map(([id]) => id);
    console.log(`po/${name}: ${missing.length} not translated`);
    for (const id of missing) console.log(`    ${id}`);
}
