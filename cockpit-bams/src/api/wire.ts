// D-Bus values as Cockpit's bridge writes them. Only this file knows of variants.
// 64-bit numbers arrive as JavaScript numbers: exact for sizes up to 8 PiB and for times; identities are strings.

export interface Variant {
    t: string;
    v: unknown;
}

/** Options of a method, a{sv}. Make the values with the functions below, which name their D-Bus type. */
export type Options = Record<string, Variant>;

export const b = (v: boolean): Variant => ({ t: "b", v });
export const s = (v: string): Variant => ({ t: "s", v });
export const u = (v: number): Variant => ({ t: "u", v });
export const t = (v: number): Variant => ({ t: "t", v });
export const d = (v: number): Variant => ({ t: "d", v });
export const as = (v: string[]): Variant => ({ t: "as", v });
/** Any other type, by its signature. */
export const of = (signature: string, v: unknown): Variant => ({ t: signature, v });

function isVariant(value: object): value is Variant {
    // A dictionary with the keys t and v has variants there, so its t is never a string.
    const keys = Object.keys(value);
    return keys.length === 2 && typeof (value as { t?: unknown }).t === "string" && "v" in value;
}

/** A value without its variants, at every depth. */
export function plain(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== "object") return value;
    if (isVariant(value)) return plain(value.v);
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
