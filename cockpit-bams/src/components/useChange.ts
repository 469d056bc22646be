// From a wish to a job: plan, look, act. The dialog closes when the job has ended well or takes its time; then the
// bar of running jobs shows it.
import { useCallback, useEffect, useRef, useState } from "react";

import { connected, connectionNumber, store } from "../api/bus";
import { type BusError, asBusError } from "../api/errors";
import { useConnectionNumber } from "../api/hooks";
import { type Effect, JOB, type Job, type Step, getJob, getPlan, jobError, worst } from "../api/jobs";
import { type Options, b } from "../api/wire";
import { tellWarnings, watched } from "../jobs";

/** How long a dialog waits for its job before it leaves it to the bar of running jobs. */
const PATIENCE_MS = 3000;

export type Stage = "form" | "planning" | "planned" | "acting" | "failed";

interface Change {
    change: (common: Options) => Promise<string>;
    /** Show also a plan that is safe. */
    showSafe: boolean;
    immediately: boolean;
    onDone: () => void;
}

export interface ChangeFlow {
    stage: Stage;
    steps: readonly Step[];
    effect: Effect;
    error: BusError | null;
    plan: () => void;
    act: () => void;
    back: () => void;
}

/** Wait until a job has ended, or for a while. */
async function settled(path: string): Promise<Job | null> {
    const ended = () => {
        const job = store.one(path, JOB) as Job | undefined;
        return job && job.State !== "running" ? job : null;
    };
    if (ended()) return ended();
    await new Promise<void>((resolve) => {
        const stop = store.subscribe(() => {
            if (ended()) finish();
        });
        const timer = setTimeout(() => finish(), PATIENCE_MS);
        const finish = () => {
            clearTimeout(timer);
            stop();
            resolve();
        };
    });
    // The daemon may have ended meanwhile. When it is back, it knows what became of the job.
    await connected();
    const job = ended() ?? (await getJob(path));
    return job.State === "running" ? null : job;
}

export function useChange({ change, showSafe, immediately, onDone }: Change): ChangeFlow {
    const [stage, setStage] = useState<Stage>(immediately ? "planning" : "form");
    const [steps, setSteps] = useState<readonly Step[]>([]);
    const [error, setError] = useState<BusError | null>(null);
    const here = useRef(true);
    const plannedBy = useRef(0);
    const latest = useRef({ change, onDone });
    latest.current = { change, onDone };

    const run = useCallback(async (known: readonly Step[]) => {
        setStage("acting");
        setError(null);
        try {
            const path = await latest.current.change({});
            const release = watched(path);
            const job = await settled(path).catch((thrown: unknown) => {
                release(true);
                throw thrown;
            });
            const problem = job && jobError(job);
            if (!here.current || !problem) release(job === null || !here.current);
            else release(false);
            if (problem) throw problem;
            if (job) tellWarnings(job);
            if (here.current) latest.current.onDone();
        } catch (thrown) {
            if (!here.current) return;
            setError(asBusError(thrown));
            setStage(known.length ? "planned" : "failed");
        }
    }, []);

    const plan = useCallback(async () => {
        setStage("planning");
        setError(null);
        setSteps([]);
        plannedBy.current = connectionNumber();
        try {
            const found = await getPlan(await latest.current.change({ dry_run: b(true) }));
            if (!here.current) return;
            if (!showSafe && worst(found) === "safe") {
                await run([]);
                return;
            }
            setSteps(found);
            setStage("planned");
        } catch (thrown) {
            if (!here.current) return;
            setError(asBusError(thrown));
            setStage("failed");
        }
    }, [run, showSafe]);

    useEffect(() => {
        here.current = true;
        if (immediately) void plan();
        return () => {
            here.current = false;
        };
    }, [immediately, plan]);

    // A plan was made by the daemon that was there then. Another one makes its own.
    const connection = useConnectionNumber();
    useEffect(() => {
        if (stage !== "planned" || plannedBy.current === connection) return;
        setSteps([]);
        if (error) setStage("failed");
        else if (immediately) void plan();
        else setStage("form");
    }, [connection, stage, error, immediately, plan]);

    return {
        stage,
        steps,
        effect: worst(steps),
        error,
        plan: () => void plan(),
        act: () => void run(steps),
        back: () => {
            setSteps([]);
            setError(null);
            setStage("form");
        },
    };
}
