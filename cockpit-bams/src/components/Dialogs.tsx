import { useEffect, useMemo, useRef } from "react";

import { closeDialog, useOpened } from "../dialogs";
import { usePlace } from "../routing";
import { Crash } from "./Crash";
import { FieldMemory } from "./useFieldState";

/** Where the open dialog is. It closes when the person goes to another place. */
export function Dialogs() {
    const opened = useOpened();
    const place = usePlace().path.join("/");
    const before = useRef(place);
    useEffect(() => {
        if (before.current !== place) closeDialog();
        before.current = place;
    }, [place]);
    const id = opened?.id;
    const memory = useMemo(() => (id === undefined ? null : new Map<string, unknown>()), [id]);
    return (
        opened && (
            <FieldMemory.Provider value={memory}>
                <Crash key={opened.id}>{opened.content}</Crash>
            </FieldMemory.Provider>
        )
    );
}
