// What can be drawn: the series of the daemon, those of one thing together.
import { useCallback, useRef } from "react";

import { store } from "../../api/bus";
import { POOL, REPOSITORY, type DiskPool, type DiskRepository } from "../../api/disk";
import { type History, type Series, getHistory, listSeries } from "../../api/history";
import { type Answered, useAnswer, useSignal } from "../../api/hooks";
import { TARGET, type IscsiTarget } from "../../api/iscsi";
import { MANAGER } from "../../api/manager";
import { DRIVE, type TapeDrive } from "../../api/tape";
import { t, u } from "../../api/wire";
import { _, fill } from "../../text";

const MINUTE_MS = 60_000;
const POINTS = 200;

/** All series of one thing that are drawn in one chart. */
export interface Group {
    id: string;
    object: string;
    title: string;
    series: readonly Series[];
}

/** The last part of a series' name says what it is: used, size, read, written. */
export function kindOf(name: string): string {
    return name.slice(name.lastIndexOf("/") + 1);
}

function titleOf({ object, name, description }: Series): string {
    const pool = store.one(object, POOL) as DiskPool | undefined;
    if (pool) return fill(_("Pool {name}"), { name: pool.Name });
    const repository = store.one(object, REPOSITORY) as DiskRepository | undefined;
    if (repository) return fill(_("Repository {name}"), { name: repository.Name });
    const target = store.one(object, TARGET) as IscsiTarget | undefined;
    if (target) return fill(_("Target {name}"), { name: target.Iqn });
    const drive = store.one(object, DRIVE) as TapeDrive | undefined;
    if (drive) return fill(_("Drive {name}"), { name: drive.Serial });
    return name.startsWith("iscsi/") ? _("All iSCSI initiators") : description;
}

/** Series of a unit by thing, in the order of the daemon. */
export function grouped(all: readonly Series[], unit: string): Group[] {
    const found = new Map<string, Series[]>();
    for (const series of all.filter((known) => known.unit === unit)) {
        const id = series.name.slice(0, series.name.lastIndexOf("/"));
        found.set(id, [...(found.get(id) ?? []), series]);
    }
    return [...found].flatMap(([id, series]) => {
        const [first] = series;
        return first ? [{ id, object: first.object, title: titleOf(first), series }] : [];
    });
}

const askSeries = () => listSeries();

/** Ask again when the daemon says that something changed, but not more often than it samples. */
function useFresh(again: () => void): void {
    const asked = useRef(Date.now());
    const changed = useCallback(() => {
        if (Date.now() - asked.current < MINUTE_MS) return;
        asked.current = Date.now();
        again();
    }, [again]);
    useSignal(MANAGER, "OverviewChanged", changed);
}

export function useSeries(): Answered<Series[]> {
    const answer = useAnswer(askSeries);
    useFresh(answer.again);
    return answer;
}

/** The history of a group's series, over a number of days until now. */
export function useHistory(group: Group | undefined, days: number): Answered<History[]> {
    const names = JSON.stringify(group?.series.map(({ name }) => name) ?? []);
    const answer = useAnswer(
        useCallback(async () => {
            const wanted = JSON.parse(names) as string[];
            if (wanted.length === 0) return [];
            const since = (Date.now() - days * 24 * 60 * MINUTE_MS) * 1000;
            return getHistory(wanted, { since: t(since), points: u(POINTS) });
        }, [names, days]),
    );
    useFresh(answer.again);
    return answer;
}
