export function parse(text: string): {
    id: string;
    plural: string | null;
    context: string | null;
    texts: string[];
    fuzzy: boolean;
}[];
export function toScript(file: string, language: string, only?: ReadonlySet<string> | null): string;
