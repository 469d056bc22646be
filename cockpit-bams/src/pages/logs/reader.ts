// Reads one log for the page: pages of it, and what comes while the page follows. Outside of React, because signals
// come between a call and its answer.
import { connectionState, onSignal } from "../../api/bus";
import { type BusError, asBusError } from "../../api/errors";
import { LOGS, type LogEntry, follow, get, stopFollowing } from "../../api/logs";
import { s, t } from "../../api/wire";
import { type LogFilter, followOptions, getOptions } from "./filter";
import { MOST, unknownIn, withNewer, withOlder } from "./lines";

/** off: nothing is sent. paused: what comes is kept back. */
export type Following = "off" | "live" | "paused";

export interface LogState {
    entries: readonly LogEntry[];
    /** Nothing is older than what is shown. */
    isAtEnd: boolean;
    /** Newer lines fell out, because so many older ones were read. */
    hasNewer: boolean;
    loading: "" | "newest" | "older";
    error: BusError | null;
    following: Following;
    /** Lines kept back while paused. */
    waiting: number;
    /** Lines that were too many to be sent. */
    dropped: number;
    /** Why the daemon sends no more; empty while it does. */
    ended: string;
}

const START: LogState = {
    entries: [], isAtEnd: false, hasNewer: false, loading: "newest", error: null, following: "off", waiting: 0,
    dropped: 0, ended: "",
};

export class LogReader {
    #state: LogState = START;
    #listeners = new Set<() => void>();
    #ends: (() => void)[] = [];
    /** Counts what was begun; an answer to something older is no news. */
    #round = 0;
    #id: number | null = null;
    /** Signals that came before it was known which following is ours. */
    #early: { signal: string; args: unknown[] }[] | null = null;
    #held: readonly LogEntry[] = [];
    #cursor = "";

    constructor(
        readonly filter: LogFilter,
        following: Following,
    ) {
        this.#state = { ...START, following };
    }

    subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    };

    state = (): LogState => this.#state;

    /** Begin to read. Returns the way out, which also tells the daemon to send no more. */
    open(): () => void {
        const wake = () => (cockpit.hidden ? this.#rest() : void this.#load());
        const rest = () => this.#rest();
        const shown = (event: PageTransitionEvent) => event.persisted && void this.#load();
        cockpit.addEventListener("visibilitychange", wake);
        window.addEventListener("pagehide", rest);
        window.addEventListener("pageshow", shown);
        this.#ends = [
            onSignal((_path, iface, signal, args) => iface === LOGS && this.#heard(signal, args)),
            () => cockpit.removeEventListener("visibilitychange", wake),
            () => window.removeEventListener("pagehide", rest),
            () => window.removeEventListener("pageshow", shown),
        ];
        void this.#load();
        return () => {
            this.#rest();
            for (const end of this.#ends) end();
        };
    }

    again = (): void => void this.#load();

    follow = (): void => {
        this.#become({ following: "live" });
        void this.#load();
    };

    stop = (): void => {
        this.#show();
        this.#rest();
        this.#become({ following: "off", dropped: 0, ended: "" });
    };

    pause = (): void => this.#become({ following: "paused" });

    goOn = (): void => {
        this.#become({ following: "live" });
        if (this.#state.hasNewer) void this.#load();
        else this.#show();
    };

    older = async (): Promise<void> => {
        // A person who looks back would lose the place when lines come in.
        if (this.#state.following === "live" && this.#state.entries.length >= MOST) this.pause();
        const round = ++this.#round;
        this.#become({ loading: "older", error: null });
        try {
            const options = { ...getOptions(this.filter), cursor: s(this.#place()) };
            const [more, cursor] = await get(this.filter.service, options);
            if (round !== this.#round) return;
            const entries = withOlder(this.#state.entries, more);
            const hasNewer = this.#state.hasNewer || entries.length < this.#state.entries.length + more.length;
            this.#cursor = cursor;
            this.#become({ entries, hasNewer, isAtEnd: cursor === "", loading: "" });
        } catch (thrown) {
            if (round === this.#round) this.#become({ loading: "", error: asBusError(thrown) });
        }
    };

    /** Where older lines begin. Lines that fell out at the old end come again. */
    #place(): string {
        const { entries, isAtEnd } = this.#state;
        const last = entries[entries.length - 1];
        return this.#cursor === "" && !isAtEnd ? (last?.cursor ?? "") : this.#cursor;
    }

    async #load(): Promise<void> {
        this.#rest();
        const round = this.#round;
        this.#held = [];
        this.#become({ loading: "newest", error: null, waiting: 0, dropped: 0, ended: "" });
        try {
            const [entries, cursor] = await get(this.filter.service, getOptions(this.filter));
            if (round !== this.#round) return;
            this.#cursor = cursor;
            this.#become({ entries, hasNewer: false, isAtEnd: cursor === "", loading: "" });
            if (this.#state.following !== "off") await this.#begin(round);
        } catch (thrown) {
            if (round !== this.#round) return;
            this.#rest();
            // With the next connection another reader goes on as this one was told to.
            const isAway = connectionState().kind !== "ready";
            this.#become({ loading: "", error: asBusError(thrown), ...(isAway ? {} : { following: "off" }) });
        }
    }

    async #begin(round: number): Promise<void> {
        const [newest] = this.#state.entries;
        // From the newest line on, which is known already: so nothing is missed that was written meanwhile.
        const since = newest?.time ?? (this.#state.isAtEnd ? 1 : 0);
        const options = { ...followOptions(this.filter), ...(since ? { since: t(since) } : {}) };
        this.#early = [];
        const id = await follow(this.filter.service, options);
        if (round !== this.#round) {
            void release(id);
            return;
        }
        this.#id = id;
        const early = this.#early;
        this.#early = null;
        for (const { signal, args } of early) this.#heard(signal, args);
    }

    /** Have nothing sent, and forget what was asked. */
    #rest(): void {
        this.#round += 1;
        if (this.#id !== null) void release(this.#id);
        this.#id = null;
        this.#early = null;
        if (this.#state.loading) this.#become({ loading: "" });
    }

    #heard(signal: string, args: unknown[]): void {
        if (this.#early) this.#early.push({ signal, args });
        else if (args[0] !== this.#id) return;
        else if (signal === "Entries") this.#take(args[1] as LogEntry[], args[2] as number);
        else if (signal === "FollowingEnded") {
            this.#id = null;
            this.#show();
            this.#become({ following: "off", ended: String(args[1]) });
        }
    }

    #take(entries: LogEntry[], dropped: number): void {
        this.#held = withNewer(this.#held, unknownIn(this.#state.entries, entries));
        this.#become({ waiting: this.#held.length, dropped: this.#state.dropped + dropped });
        if (this.#state.following === "live") this.#show();
    }

    /** Show what was kept back. */
    #show(): void {
        if (this.#held.length === 0) return;
        const all = [...this.#held].reverse();
        const entries = withNewer(this.#state.entries, all);
        const isCut = entries.length < this.#state.entries.length + all.length;
        this.#held = [];
        if (isCut) this.#cursor = "";
        this.#become({ entries, waiting: 0, ...(isCut && entries.length >= MOST ? { isAtEnd: false } : {}) });
    }

    #become(next: Partial<LogState>): void {
        this.#state = { ...this.#state, ...next };
        for (const listener of [...this.#listeners]) listener();
    }
}

/** It may have ended by itself, or with the connection. */
function release(id: number): Promise<void> {
    return stopFollowing(id).catch(() => undefined);
}
