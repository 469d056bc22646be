import type { ThProps } from "@patternfly/react-table";
import { useState } from "react";

type Value<Row> = (row: Row) => string | number;

function compare(a: string | number, b: string | number): number {
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

/**
 * The rows in the order of the column that the person chose, at first the first one. `sortBy` makes the head of a
 * column that can be chosen.
 */
export function useSorted<Row, Column extends string>(
    rows: readonly Row[],
    columns: Readonly<Record<Column, Value<Row>>>,
): { sorted: Row[]; sortBy: (column: Column) => NonNullable<ThProps["sort"]> } {
    const names = Object.keys(columns) as Column[];
    const [chosen, setChosen] = useState<{ index: number; direction: "asc" | "desc" }>({ index: 0, direction: "asc" });
    const name = names[chosen.index];
    const sign = chosen.direction === "asc" ? 1 : -1;
    const sorted = [...rows];
    if (name !== undefined) sorted.sort((a, b) => compare(columns[name](a), columns[name](b)) * sign);
    const sortBy = (column: Column): NonNullable<ThProps["sort"]> => ({
        columnIndex: names.indexOf(column),
        sortBy: chosen,
        onSort: (_event, index, direction) => setChosen({ index, direction }),
    });
    return { sorted, sortBy };
}
