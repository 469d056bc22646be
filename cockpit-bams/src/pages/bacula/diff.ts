// A unified difference as lines that can be drawn. The daemon makes it with Python's difflib.

export interface DiffLine {
    kind: "added" | "removed" | "same" | "place";
    text: string;
}

export interface FileDiff {
    path: string;
    lines: DiffLine[];
    added: number;
    removed: number;
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** The files of a difference. What a hunk announces is counted, because a removed line may begin with "-- " too. */
export function readDiff(text: string): FileDiff[] {
    const files: FileDiff[] = [];
    let [old, fresh] = [0, 0];
    for (const line of text.replace(/\n$/, "").split("\n")) {
        const file = files.at(-1);
        const hunk = HUNK.exec(line);
        if (file && (old > 0 || fresh > 0)) {
            const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "same";
            if (kind !== "added") old -= 1;
            if (kind !== "removed") fresh -= 1;
            if (kind === "added") file.added += 1;
            if (kind === "removed") file.removed += 1;
            file.lines.push({ kind, text: line.slice(1) });
        } else if (file && hunk) {
            [old, fresh] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
            file.lines.push({ kind: "place", text: line });
        } else if (line.startsWith("--- ")) {
            files.push({ path: line.slice(4), lines: [], added: 0, removed: 0 });
        }
    }
    return files;
}
