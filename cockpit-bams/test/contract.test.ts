// Every call and every property in src/api/ is in the contract, with the same signature.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const API = "src/api";
const CONTRACT = "../dbus";

interface Contract {
    methods: Map<string, string>;
    properties: Map<string, string>;
}

function readContract(): Contract {
    const contract: Contract = { methods: new Map(), properties: new Map() };
    for (const name of readdirSync(CONTRACT).filter((file) => file.endsWith(".xml"))) {
        const text = readFileSync(`${CONTRACT}/${name}`, "utf8").replace(/<!--[\s\S]*?-->/g, "");
        const iface = /<interface name="([\w.]+)"/.exec(text)?.[1] ?? "";
        for (const [, method, body] of text.matchAll(/<method name="(\w+)">([\s\S]*?)<\/method>/g)) {
            const inputs = [...(body ?? "").matchAll(/<arg [^>]*type="([^"]+)" direction="in"/g)];
            contract.methods.set(`${iface}.${method}`, inputs.map(([, type]) => type).join(""));
        }
        for (const [, property, type] of text.matchAll(/<property name="(\w+)" type="([^"]+)"/g)) {
            contract.properties.set(`${iface}.${property}`, type ?? "");
        }
    }
    return contract;
}

/** How a D-Bus type looks in TypeScript; null for dictionaries, which have shapes of their own. */
function typeOf(signature: string): RegExp | null {
    if (/^[nqiuxtyd]$/.test(signature)) return /^number$/;
    if (/^[so]$/.test(signature)) return /^string$|^("[\w-]+"( \| )?)+$/;
    if (signature === "b") return /^boolean$/;
    if (/^a[so]$/.test(signature)) return /^string\[\]$/;
    return null;
}

const contract = readContract();
// What the daemon offers only with a later version; the page asks Manager.Features first.
const LATER = ["org.bams.Manager.GetOverview", "org.bams.Manager.TestDelivery", "org.bams.Logs."];
const later = (member: string) => LATER.some((known) => member.startsWith(known)) && !contract.methods.has(member);

for (const file of readdirSync(API).filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(`${API}/${file}`, "utf8");
    const constants = [...text.matchAll(/const (\w+) = "(org\.bams[\w.]*)"/g)];
    const names = new Map(constants.map(([, name, value]) => [name, value]));
    const called = (iface: string | undefined) => iface?.replace(/^org\.bams\./, "").replaceAll(".", "");

    test(`calls in ${file}`, () => {
        for (const [, name, method, signature] of text.matchAll(/\bcall\(\s*\w+,\s*(\w+),\s*"(\w+)",\s*"([^"]*)"/g)) {
            const iface = names.get(name);
            if (!iface) continue;
            const member = `${iface}.${method}`;
            if (later(member)) continue;
            assert.equal(contract.methods.get(member), signature, member);
        }
    });

    test(`properties in ${file}`, () => {
        for (const [, type, body] of text.matchAll(/export interface (\w+) extends Listed \{([\s\S]*?)\n\}/g)) {
            const iface = [...names.values()].find((known) => called(known) === type);
            assert.ok(iface, `${type} has no constant with the name of its interface`);
            for (const [, property, shape] of (body ?? "").matchAll(/^ {4}(\w+): (.*);$/gm)) {
                const signature = contract.properties.get(`${iface}.${property}`);
                assert.ok(signature, `${iface}.${property} is not in the contract`);
                const wanted = typeOf(signature);
                if (wanted && shape) assert.match(shape, wanted, `${iface}.${property}`);
            }
        }
    });
}
