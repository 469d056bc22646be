// The geometry of a chart of lines over time; nothing here knows of React.

export interface Point {
    /** Microseconds since 1970. */
    time: number;
    value: number;
}

export interface Line {
    name: string;
    points: readonly Point[];
    /** Microseconds between two points; where more is between them, nothing was sampled, and nothing is drawn. */
    step: number;
}

export interface Extent {
    from: number;
    to: number;
    /** The value at the upper edge; the lower edge is 0. */
    top: number;
}

/** Rows that a table has at most: more would help nobody. */
const MOST_ROWS = 24;
const GAP = 1.5;

/** What a chart of all lines spans. */
export function extent(lines: readonly Line[]): Extent {
    const points = lines.flatMap((line) => line.points);
    if (points.length === 0) return { from: 0, to: 1, top: 1 };
    const found = points.reduce(
        (all, { time, value }) => ({
            from: Math.min(all.from, time),
            to: Math.max(all.to, time),
            top: Math.max(all.top, value),
        }),
        { from: Infinity, to: -Infinity, top: 0 },
    );
    return { ...found, top: found.top || 1 };
}

/** The line as a path of SVG, broken where points are missing. A point alone is a dot. */
export function pathOf({ points, step }: Line, { from, to, top }: Extent, width: number, height: number): string {
    const span = to - from || 1;
    const place = ({ time, value }: Point) => {
        const [x, y] = [((time - from) / span) * width, height - (Math.max(0, value) / top) * height];
        return `${x.toFixed(1)} ${y.toFixed(1)}`;
    };
    return points
        .map((point, index) => {
            const before = points[index - 1];
            const after = points[index + 1];
            const joins = (a: Point | undefined, b: Point | undefined) =>
                a !== undefined && b !== undefined && b.time - a.time <= step * GAP;
            if (joins(before, point)) return `L${place(point)}`;
            return joins(point, after) ? `M${place(point)}` : `M${place(point)}h0`;
        })
        .join("");
}

/** Times with the value of each line, the newest first; some of them when there are many. */
export function rows(lines: readonly Line[]): { time: number; values: (number | null)[] }[] {
    const known = lines.map(({ points }) => new Map(points.map(({ time, value }) => [time, value])));
    const times = [...new Set(lines.flatMap(({ points }) => points.map(({ time }) => time)))].sort((a, b) => b - a);
    const every = Math.max(1, Math.ceil(times.length / MOST_ROWS));
    return times
        .filter((_time, index) => index % every === 0)
        .map((time) => ({ time, values: known.map((values) => values.get(time) ?? null) }));
}
