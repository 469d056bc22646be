// Read gettext's .po files, and write what Cockpit loads: po.LANG.js.
import { readFileSync } from "node:fs";

// Languages that are written from the right to the left.
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];

function unquote(text) {
    return JSON.parse(text.replace(/\t/g, "\\t"));
}

/** Entries of a .po file: { id, plural, context, texts, fuzzy }. Obsolete ones are left out. */
export function parse(text) {
    const entries = [];
    let entry = null;
    let field = null;
    const fresh = () => ({ id: "", plural: null, context: null, texts: [], fuzzy: false });
    const keep = () => {
        if (entry && field !== null) entries.push(entry);
        entry = null;
        field = null;
    };
    const add = (value) => {
        if (field === "msgid") entry.id += value;
        else if (field === "msgid_plural") entry.plural += value;
        else if (field === "msgctxt") entry.context += value;
        else entry.texts[field] = (entry.texts[field] ?? "") + value;
    };
    for (const line of text.split(/\r?\n/)) {
        if (line.trim() === "") {
            keep();
            continue;
        }
        if (line.startsWith("#")) {
            if (typeof field === "number") keep();
            entry ??= fresh();
            if (line.startsWith("#,") && line.includes("fuzzy")) entry.fuzzy = true;
            continue;
        }
        const keyword = /^(msgid_plural|msgid|msgctxt|msgstr(?:\[(\d+)\])?)\s+(".*")\s*$/.exec(line);
        if (keyword) {
            if (typeof field === "number" && !keyword[1].startsWith("msgstr")) keep();
            entry ??= fresh();
            field = keyword[1].startsWith("msgstr") ? Number(keyword[2] ?? 0) : keyword[1];
            if (field === "msgid_plural") entry.plural ??= "";
            if (field === "msgctxt") entry.context ??= "";
            add(unquote(keyword[3]));
        } else if (/^".*"\s*$/.test(line) && entry) {
            add(unquote(line.trim()));
        } else {
            throw new Error(`not a line of a .po file: ${line}`);
        }
    }
    keep();
    return entries;
}

/** The text of po.LANG.js; of po.manifest.LANG.js when only some texts (a Set) are wanted. */
export function toScript(file, language, only = null) {
    const entries = parse(readFileSync(file, "utf8"));
    const header = entries.find((entry) => entry.id === "")?.texts[0] ?? "";
    const plural = /Plural-Forms:[^\n]*plural=([n0-9\s?:()%=!<>&|]+);/.exec(header)?.[1] ?? "n != 1";
    const direction = RIGHT_TO_LEFT.includes(language.split("_")[0]) ? "rtl" : "ltr";
    const about = `"plural-forms":(n) => Number(${plural.trim()}),"language":${JSON.stringify(language)},` +
        `"language-direction":"${direction}"`;
    const lines = [`"":{${about}}`];
    for (const { id, context, texts, fuzzy } of entries) {
        if (only && !only.has(id)) continue;
        if (id === "" || fuzzy || !texts.some(Boolean)) continue;
        const key = context === null ? id : `${context}\u0004${id}`;
        lines.push(`${JSON.stringify(key)}:${JSON.stringify([null, ...texts])}`);
    }
    return `cockpit.locale({${lines.join(",\n")}});\n`;
}
