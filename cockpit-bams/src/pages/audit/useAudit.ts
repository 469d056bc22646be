import { useCallback, useEffect, useRef, useState } from "react";

import { type AuditRecord, listAudit } from "../../api/audit";
import { type BusError, asBusError } from "../../api/errors";
import { useConnectionNumber } from "../../api/hooks";
import { type Options, s } from "../../api/wire";
import { type AuditFilter, auditOptions } from "./filter";

interface Audit {
    records: readonly AuditRecord[];
    /** For the records before these; empty when there are none. */
    cursor: string;
    loading: boolean;
    error: BusError | null;
}

const START: Audit = { records: [], cursor: "", loading: true, error: null };

/** The records that a filter finds, page by page, the newest first. */
export function useAudit(filter: AuditFilter, canFind: boolean): Audit & { older: () => void; again: () => void } {
    const connection = useConnectionNumber();
    const address = JSON.stringify(filter);
    const [audit, setAudit] = useState(START);
    const round = useRef(0);
    const ask = useCallback(
        async (before: readonly AuditRecord[], cursor: string) => {
            const mine = ++round.current;
            setAudit((known) => ({ ...known, loading: true, error: null }));
            const options: Options = canFind ? auditOptions(JSON.parse(address) as AuditFilter) : {};
            try {
                const [more, next] = await listAudit({ ...options, ...(cursor ? { cursor: s(cursor) } : {}) });
                if (mine !== round.current) return;
                setAudit({ records: [...before, ...more], cursor: next, loading: false, error: null });
            } catch (thrown) {
                if (mine !== round.current) return;
                setAudit({ records: before, cursor, loading: false, error: asBusError(thrown) });
            }
        },
        [address, canFind],
    );
    useEffect(() => {
        void connection;
        const current = round;
        void ask([], "");
        return () => {
            current.current += 1;
        };
    }, [ask, connection]);
    return {
        ...audit,
        older: () => void ask(audit.records, audit.cursor),
        again: () => void ask([], ""),
    };
}
