// Which part of a large grid is drawn, and where the arrow keys lead in it. Pure; lengths are CSS pixels.

export interface GridShape {
    count: number;
    columns: number;
}

/** How many cells of a least width fit side by side. */
export function columnsIn(width: number, least: number, gap: number): number {
    return Math.max(1, Math.floor((width + gap) / (least + gap)));
}

export function rowsOf({ count, columns }: GridShape): number {
    return Math.ceil(count / columns);
}

/** The rows that are seen, and some on either side of them: from `first` up to and without `end`. */
export function rowsSeen(
    top: number,
    height: number,
    pitch: number,
    rows: number,
    spare: number,
): { first: number; end: number } {
    const first = Math.min(Math.max(0, Math.floor(top / pitch) - spare), rows);
    return { first, end: Math.max(first, Math.min(rows, Math.ceil((top + height) / pitch) + spare)) };
}

/** Where a key leads from a cell; null when the key does not move. `page` is the number of rows on the screen. */
export function moveBy(
    key: string,
    from: number,
    shape: GridShape,
    how: { page: number; rightToLeft: boolean; withControl: boolean },
): number | null {
    const { count, columns } = shape;
    const inline = how.rightToLeft ? -1 : 1;
    const start = from - (from % columns);
    const to = ((): number | null => {
        switch (key) {
            case "ArrowRight":
                return from + inline;
            case "ArrowLeft":
                return from - inline;
            case "ArrowDown":
                return from + columns;
            case "ArrowUp":
                return from - columns;
            case "PageDown":
                return from + columns * Math.max(1, Math.min(how.page, Math.floor((count - 1 - from) / columns)));
            case "PageUp":
                return from - columns * Math.max(1, Math.min(how.page, Math.floor(from / columns)));
            case "Home":
                return how.withControl ? 0 : start;
            case "End":
                return how.withControl ? count - 1 : Math.min(count - 1, start + columns - 1);
            default:
                return null;
        }
    })();
    if (to === null) return null;
    return to < 0 || to >= count ? from : to;
}

/** The scroll position that shows a row, as near to the present one as can be. */
export function scrolledTo(row: number, top: number, height: number, pitch: number): number {
    if (row * pitch < top) return row * pitch;
    if ((row + 1) * pitch > top + height) return (row + 1) * pitch - height;
    return top;
}
