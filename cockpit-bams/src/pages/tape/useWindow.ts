import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

import { columnsIn, rowsOf, rowsSeen, scrolledTo } from "./windowing";

/** Lengths of tape.css. */
export const CELL_HEIGHT = 56;
const CELL_LEAST_WIDTH = 124;
export const GAP = 6;
const PITCH = CELL_HEIGHT + GAP;
/** Rows that are drawn above and below what is seen. */
const SPARE = 4;

interface Window {
    box: RefObject<HTMLDivElement>;
    columns: number;
    /** Rows that fit at once. */
    page: number;
    first: number;
    end: number;
    pitch: number;
    height: number;
    onScroll: () => void;
    show: (index: number) => void;
}

/** The part of a grid that a person sees, by its width and how far it is scrolled. */
export function useWindow(count: number): Window {
    const box = useRef<HTMLDivElement>(null);
    const [size, setSize] = useState({ width: 0, height: 0 });
    const [top, setTop] = useState(0);
    useLayoutEffect(() => {
        const element = box.current;
        if (!element) return undefined;
        const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        return () => observer.disconnect();
    }, []);
    const columns = columnsIn(size.width, CELL_LEAST_WIDTH, GAP);
    const rows = rowsOf({ count, columns });
    const { first, end } = rowsSeen(top, size.height, PITCH, rows, SPARE);
    const onScroll = useCallback(() => {
        // One drawing for each row that comes in, not for each pixel.
        const next = Math.floor((box.current?.scrollTop ?? 0) / PITCH) * PITCH;
        setTop(next);
    }, []);
    const show = (index: number) => {
        const element = box.current;
        if (!element) return;
        const row = Math.floor(index / columns);
        element.scrollTop = scrolledTo(row, element.scrollTop, element.clientHeight, PITCH);
        onScroll();
    };
    return {
        box,
        columns,
        page: Math.max(1, Math.floor(size.height / PITCH)),
        first,
        end,
        pitch: PITCH,
        height: Math.max(0, rows * PITCH - GAP),
        onScroll,
        show,
    };
}
