// Make po/cockpit-bams.pot from the calls of _() and ngettext() in src/ and the labels in manifest.json.
// The compiler of TypeScript reads the source, so templates and JSX are no trouble.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

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
const lines = [
    'msgid ""',
    'msgstr ""',
    '"Project-Id-Version: bams\\n"',
    '"MIME-Version: 1.0\\n"',
    '"Content-Type: text/plain; charset=UTF-8\\n"',
    '"Content-Transfer-Encoding: 8bit\\n"',
    '"Plural-Forms: nplurals=2; plural=n != 1;\\n"',
];
for (const [id, { plural, places }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push("", `#: ${[...places].sort().join(" ")}`, `msgid ${quote(id)}`);
    if (plural === null) lines.push('msgstr ""');
    else lines.push(`msgid_plural ${quote(plural)}`, 'msgstr[0] ""', 'msgstr[1] ""');
}
writeFileSync(join(root, "po/cockpit-bams.pot"), lines.join("\n") + "\n");
console.log(`po/cockpit-bams.pot: ${found.size} texts`);
