import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";

import { useConnectionNumber } from "../../api/hooks";
import type { LogFilter } from "./filter";
import { type LogState, LogReader } from "./reader";

/** The log of a filter. Another filter, and a new connection, is read anew and followed as the one before was. */
export function useLog(filter: LogFilter): LogState & { reader: LogReader } {
    const connection = useConnectionNumber();
    const address = JSON.stringify(filter);
    const before = useRef<LogReader | null>(null);
    const reader = useMemo(() => {
        void connection;
        const wanted = JSON.parse(address) as LogFilter;
        const following = before.current?.state().following ?? "off";
        // What ends at a moment brings nothing new.
        return new LogReader(wanted, wanted.until && wanted.range === "between" ? "off" : following);
    }, [address, connection]);
    useEffect(() => {
        before.current = reader;
        return reader.open();
    }, [reader]);
    return { ...useSyncExternalStore(reader.subscribe, reader.state), reader };
}
