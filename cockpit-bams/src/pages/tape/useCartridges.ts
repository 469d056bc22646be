import { useCallback, useEffect, useRef, useState } from "react";

import { type BusError, asBusError } from "../../api/errors";
import { useConnectionNumber, useSignal } from "../../api/hooks";
import { type Cartridge, TAPE, listCartridges } from "../../api/tape";
import { type Options, s, u } from "../../api/wire";

const PAGE = 100;
/** After a change: several come together when a magazine is put in. While a person types: not for each letter. */
const PAUSE_MS = 250;

interface Cartridges {
    cartridges: readonly Cartridge[];
    hasMore: boolean;
    loading: boolean;
    error: BusError | null;
    more: () => void;
}

/** Pages until there are at least as many as wanted. */
async function pages(text: string, library: string, wanted: number): Promise<[Cartridge[], cursor: string]> {
    const all: Cartridge[] = [];
    let cursor = "";
    do {
        const options: Options = {
            limit: u(PAGE),
            filter: s(text),
            ...(cursor ? { cursor: s(cursor) } : {}),
            ...(library ? { library: s(library) } : {}),
        };
        const [part, next] = await listCartridges(options);
        all.push(...part);
        cursor = next;
    } while (cursor && all.length < wanted);
    return [all, cursor];
}

/** Cartridges that were ever seen, by barcode; asked for again when one of them moves. */
export function useCartridges(text: string, library: string): Cartridges {
    const connection = useConnectionNumber();
    const [wanted, setWanted] = useState(PAGE);
    const [round, setRound] = useState(0);
    const [known, setKnown] = useState<Omit<Cartridges, "more">>({
        cartridges: [],
        hasMore: false,
        loading: true,
        error: null,
    });
    const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
    const moved = useCallback(() => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => setRound((before) => before + 1), PAUSE_MS);
    }, []);
    useSignal(TAPE, "SlotsChanged", moved);
    useEffect(() => () => clearTimeout(timer.current), []);

    useEffect(() => {
        let current = true;
        setKnown((before) => ({ ...before, loading: true }));
        const typed = setTimeout(() => {
            pages(text, library, wanted).then(
                ([cartridges, cursor]) => {
                    if (current) setKnown({ cartridges, hasMore: cursor !== "", loading: false, error: null });
                },
                (thrown: unknown) => {
                    if (current) setKnown((before) => ({ ...before, loading: false, error: asBusError(thrown) }));
                },
            );
        }, text ? PAUSE_MS : 0);
        return () => {
            current = false;
            clearTimeout(typed);
        };
    }, [text, library, wanted, round, connection]);
    return { ...known, more: () => setWanted((before) => before + PAGE) };
}
