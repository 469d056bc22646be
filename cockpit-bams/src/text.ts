// Texts for people in their language. Mark every one with _(), and those with a number with ngettext().

/** The text in the person's language. */
export function _(text: string): string {
    return cockpit.gettext(text);
}

/** Mark a text for translation that _(variable) will show later. */
export function N_(text: string): string {
    return text;
}

export function ngettext(one: string, many: string, count: number): string {
    return fill(cockpit.ngettext(one, many, count), { count: String(count) });
}

/** Put values into the {names} of a text. Values are text for people, shown by React as text, never as markup. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name];
        return value === undefined ? whole : String(value);
    });
}

/** A text that keeps its own order of signs inside a sentence from right to left, such as "60 GiB". */
export function isolate(text: string): string {
    return cockpit.language_direction === "rtl" ? `\u2068${text}\u2069` : text;
}

/** The language as Intl wants it: de, pt-BR. */
export function language(): string {
    return (cockpit.language ?? "en").replace("_", "-");
}
