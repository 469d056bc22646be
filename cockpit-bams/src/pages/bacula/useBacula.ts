// What Bacula says is the answer of calls: nothing tells of a change of it. So it is asked again after what is known to
// change it, and when a person asks for it; never by a timer.
import { useCallback, useEffect, useRef, useState } from "react";

import { type BaculaStatus, getStatus } from "../../api/bacula";
import { REPOSITORY, type DiskRepository } from "../../api/disk";
import type { BusError } from "../../api/errors";
import { useAnswer, useConnectionNumber, useObjects, useSignal } from "../../api/hooks";
import { JOB, type Job } from "../../api/jobs";
import { MANAGER } from "../../api/manager";
import { DRIVE, LIBRARY, type TapeDrive, type TapeLibrary } from "../../api/tape";

/** Several changes that come together are one, and a storm of them is a question every few seconds. */
const SETTLE_MS = 400;
const REST_MS = 3000;

export interface Bacula {
    status: BaculaStatus | undefined;
    error: BusError | undefined;
    loading: boolean;
    /** When the status was asked for, in microseconds since 1970; 0 before the first answer. */
    asOf: number;
    /** Another number whenever the page should be asked for anew. */
    round: number;
    refresh: () => void;
}

/** A text that is another one when something happened that changes what Bacula says. */
function useHappenings(): string {
    const jobs = useObjects<Job>(JOB);
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const drives = useObjects<TapeDrive>(DRIVE);
    const repositories = useObjects<DiskRepository>(REPOSITORY);
    return JSON.stringify([
        jobs.filter(({ State }) => State !== "running").map(({ path, State }) => path + State),
        libraries.map(({ path, State, LastInventory, FullCount }) => [path, State, LastInventory, FullCount]),
        drives.map(({ path, State, Barcode }) => [path, State, Barcode]),
        repositories.map(({ path, State, Mounted }) => [path, State, Mounted]),
    ]);
}

function useRound(): [round: number, refresh: () => void] {
    const [round, setRound] = useState(0);
    const last = useRef(Date.now());
    const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    const refresh = useCallback(() => {
        clearTimeout(timer.current);
        timer.current = undefined;
        last.current = Date.now();
        setRound((before) => before + 1);
    }, []);
    const soon = useCallback(() => {
        if (timer.current !== undefined) return;
        timer.current = setTimeout(refresh, Math.max(SETTLE_MS, last.current + REST_MS - Date.now()));
    }, [refresh]);
    useEffect(() => () => clearTimeout(timer.current), []);

    const happenings = useHappenings();
    const connection = useConnectionNumber();
    const before = useRef({ happenings, connection });
    useEffect(() => {
        const { current } = before;
        if (current.happenings === happenings && current.connection === connection) return;
        before.current = { happenings, connection };
        soon();
    }, [happenings, connection, soon]);
    useSignal(
        MANAGER,
        "OverviewChanged",
        useCallback(
            (_path: string, [sections]: unknown[]) => {
                if (Array.isArray(sections) && sections.includes("bacula")) soon();
            },
            [soon],
        ),
    );
    return [round, refresh];
}

export function useBacula(): Bacula {
    const [round, refresh] = useRound();
    const ask = useCallback(async () => {
        void round;
        const asOf = Date.now() * 1000;
        return { status: await getStatus(), asOf };
    }, [round]);
    const { value, error, loading } = useAnswer(ask);
    return { status: value?.status, error, loading, asOf: value?.asOf ?? 0, round, refresh };
}
