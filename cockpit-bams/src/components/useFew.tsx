import { type ReactNode, useState } from "react";

import { ngettext } from "../text";
import { Button } from "./spoken";

/** The first rows, and a button that shows `step` more: to draw all of many hundreds would take a second. */
export function useFew<Row>(rows: readonly Row[], step = 100): { few: readonly Row[]; more: ReactNode } {
    const [limit, setLimit] = useState(step);
    const left = rows.length - limit;
    const more = left > 0 && (
        <Button variant="link" className="bams-inset" onClick={() => setLimit(limit + step)}>
            {ngettext("Show {count} more", "Show {count} more", Math.min(step, left))}
        </Button>
    );
    return { few: rows.slice(0, limit), more };
}
