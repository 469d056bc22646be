import { useCallback, useEffect, useRef, useState } from "react";

import { type BusError, asBusError } from "../../api/errors";
import { useConnectionNumber, useSignal } from "../../api/hooks";
import { type Slot, type TapeLibrary, TAPE, listSlots } from "../../api/tape";
import { u } from "../../api/wire";
import { merged } from "./slots";

const PAGE = 1000;
/** The first part is what the screen shows; it comes sooner when it is short. */
const FIRST_PAGE = 200;

interface Slots {
    slots: readonly Slot[];
    /** Whether more of them are on their way. */
    loading: boolean;
    error: BusError | null;
    /** The slots at the moment of a click, for parts of the page that need not be drawn again with each change. */
    latest: () => readonly Slot[];
}

/**
 * All slots of a library, by number: asked for in parts, then kept by its signals. Cockpit may hand over an answer
 * later than a signal that came after it, so what signals told while a part was asked for is put over that part again.
 */
export function useSlots({ Serial, SlotCount, LastInventory }: TapeLibrary): Slots {
    const connection = useConnectionNumber();
    const wasRead = LastInventory > 0;
    const [known, setKnown] = useState<Omit<Slots, "latest">>({ slots: [], loading: true, error: null });

    const told = useRef<Slot[][] | null>(null);
    const listener = useCallback(
        (_path: string, [serial, changed]: unknown[]) => {
            if (serial !== Serial) return;
            told.current?.push(changed as Slot[]);
            setKnown((before) => ({ ...before, slots: merged(before.slots, changed as Slot[]) }));
        },
        [Serial],
    );
    useSignal(TAPE, "SlotsChanged", listener);

    useEffect(() => {
        let current = true;
        const load = async () => {
            setKnown((before) => ({ ...before, loading: true, error: null }));
            let isFirst = true;
            for (let first = 1; current; ) {
                const count = isFirst ? FIRST_PAGE : PAGE;
                const over: Slot[][] = [];
                told.current = over;
                const part = await listSlots(Serial, { first: u(first), count: u(count) });
                if (!current) return;
                const last = part[part.length - 1];
                const isEnd = part.length < count || !last;
                // A library that has become smaller keeps nothing of before.
                const isNew = isFirst;
                setKnown(({ slots }) => ({
                    slots: over.reduce(merged, merged(isNew ? [] : slots, part)),
                    loading: !isEnd,
                    error: null,
                }));
                isFirst = false;
                told.current = null;
                if (isEnd) return;
                first = last[0] + 1;
            }
        };
        if (wasRead) {
            load().catch((thrown: unknown) => {
                if (!current) return;
                told.current = null;
                setKnown((before) => ({ ...before, loading: false, error: asBusError(thrown) }));
            });
        }
        return () => {
            current = false;
            told.current = null;
        };
        // Asked again with each new connection, because signals may be lost between two.
    }, [Serial, SlotCount, wasRead, connection]);
    const shown = useRef(known.slots);
    useEffect(() => {
        shown.current = known.slots;
    }, [known.slots]);
    const latest = useCallback(() => shown.current, []);
    return { ...known, latest };
}
