import { useCallback, useEffect, useRef } from "react";

import { type Answered, useAnswer, useObjects, useSignal } from "../../api/hooks";
import { type IscsiTarget, type Session, TARGET, listSessions } from "../../api/iscsi";
import { MANAGER } from "../../api/manager";

/**
 * The sessions of one target, or of all with an empty name. Asked again when the daemon says that a target has more or
 * fewer of them, or that what iSCSI reads and writes is another.
 */
export function useSessions(iqn: string): Answered<Session[]> {
    const answer = useAnswer(useCallback(() => listSessions(iqn), [iqn]));
    const { again } = answer;
    const counts = useObjects<IscsiTarget>(TARGET)
        .map(({ Iqn, SessionCount }) => `${Iqn} ${SessionCount}`)
        .join();
    const before = useRef(counts);
    useEffect(() => {
        if (before.current !== counts) again();
        before.current = counts;
    }, [counts, again]);
    useSignal(
        MANAGER,
        "OverviewChanged",
        useCallback(
            (_path, [sections]) => {
                if (Array.isArray(sections) && sections.includes("iscsi")) again();
            },
            [again],
        ),
    );
    return answer;
}
