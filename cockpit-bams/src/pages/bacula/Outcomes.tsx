// What the last labelling and the last inventory found: their jobs say it, and a message would be gone too soon.
import { ExpandableSection, List, ListItem } from "@patternfly/react-core";

import { useObjects } from "../../api/hooks";
import { JOB, type Job } from "../../api/jobs";
import { Alert } from "../../components/spoken";
import { ago } from "../../format";
import { _, fill, ngettext } from "../../text";

/** What is older is no news any more. */
const SHOWN_MS = 86_400_000;

function texts(value: unknown): string[] {
    return Array.isArray(value) ? value.map(String) : [];
}

function newest(jobs: readonly Job[], operation: string): Job | undefined {
    const done = jobs.filter(
        ({ Operation, State, EndTime }) =>
            Operation === operation && State === "succeeded" && EndTime / 1000 > Date.now() - SHOWN_MS,
    );
    return done.sort((a, b) => b.EndTime - a.EndTime)[0];
}

function Found({ title, job, names, good }: { title: string; job: Job; names: string[]; good: boolean }) {
    return (
        <Alert
            isInline
            variant={good ? "success" : "warning"}
            component="h3"
            title={title}
            className="bams-space-below"
        >
            <p className="bams-quiet">{fill(_("{what}, {time}"), { what: job.Description, time: ago(job.EndTime) })}</p>
            {names.length > 0 && (
                <ExpandableSection toggleText={good ? _("Which") : _("What to look at")} isIndented>
                    <List>
                        {names.map((name) => (
                            <ListItem key={name} className="bams-wrap">
                                {name}
                            </ListItem>
                        ))}
                    </List>
                </ExpandableSection>
            )}
        </Alert>
    );
}

export function Outcomes() {
    const jobs = useObjects<Job>(JOB);
    const label = newest(jobs, "bacula-label");
    const inventory = newest(jobs, "bacula-inventory");
    const labelled = texts(label?.Result["labelled"]);
    const problems = texts(label?.Result["problems"]);
    const unknown = texts(inventory?.Result["unknown"]);
    const known = Number(inventory?.Result["known"] ?? 0);
    return (
        <>
            {label && (
                <Found
                    title={[
                        ngettext("{count} cartridge labelled", "{count} cartridges labelled", labelled.length),
                        problems.length > 0 && ngettext("{count} left alone", "{count} left alone", problems.length),
                    ].filter(Boolean).join(", ")}
                    job={label}
                    names={problems.length ? problems : labelled}
                    good={problems.length === 0}
                />
            )}
            {inventory && (
                <Found
                    title={[
                        ngettext("{count} volume found", "{count} volumes found", known),
                        unknown.length > 0 &&
                            ngettext("{count} is not in the catalog", "{count} are not in the catalog", unknown.length),
                    ].filter(Boolean).join(", ")}
                    job={inventory}
                    names={unknown}
                    good={unknown.length === 0}
                />
            )}
        </>
    );
}
