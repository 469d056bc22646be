// A restart kills what runs. Every dialog that restarts the storage daemon names it, and lets the person choose.
import { FormGroup, List, ListItem, Radio } from "@patternfly/react-core";

import { getStatus } from "../../api/bacula";
import { useAnswer } from "../../api/hooks";
import { type Options, b } from "../../api/wire";
import { Alert, Spinner } from "../../components/spoken";
import { _, fill, ngettext } from "../../text";

/** refuse: only when no job runs. wait: until they have ended. force: now, and they fail. */
export type Regard = "refuse" | "wait" | "force";

export function regardOptions(regard: Regard): Options {
    if (regard === "refuse") return {};
    return regard === "wait" ? { wait_for_jobs: b(true) } : { force: b(true) };
}

const MOST = 8;

/** As it is when the dialog opens, not when the page was last refreshed. */
function RunningAlert() {
    const { value: status } = useAnswer(getStatus);
    const running = status?.running ?? [];
    if (!status) return <Spinner size="md" aria-label={_("Asking which jobs run")} />;
    if (status.installed && !status.reachable && status.unit_state === "active") {
        return (
            <Alert isInline variant="warning" component="h2" title={_("Whether jobs run is not known")}>
                {_("The storage daemon does not tell. Ask the Director first, then choose to restart at once.")}
            </Alert>
        );
    }
    if (running.length === 0) return null;
    return (
        <Alert
            isInline
            variant="warning"
            component="h2"
            title={ngettext("{count} job runs now", "{count} jobs run now", running.length)}
        >
            <List isPlain>
                {running.slice(0, MOST).map(({ jobid, name }) => (
                    <ListItem key={jobid} className="bams-wrap">
                        {fill(_("{name} (job {id})"), { name, id: jobid })}
                    </ListItem>
                ))}
            </List>
            {running.length > MOST && ngettext("and {count} more", "and {count} more", running.length - MOST)}
        </Alert>
    );
}

interface Props {
    regard: Regard;
    onChange: (regard: Regard) => void;
}

export function RunningJobs({ regard, onChange }: Props) {
    const choice = (value: Regard, label: string, description: string) => (
        <Radio
            id={`regard-${value}`}
            name="regard"
            label={label}
            description={description}
            isChecked={regard === value}
            onChange={() => onChange(value)}
        />
    );
    return (
        <>
            <RunningAlert />
            <FormGroup role="radiogroup" label={_("When jobs run")} fieldId="regard" isStack>
                {choice("refuse", _("Do nothing"), _("The change is refused and names the jobs."))}
                {choice("wait", _("Wait until they have ended"), _("However long it takes. It can be cancelled."))}
                {choice("force", _("Restart at once"), _("Jobs that run fail."))}
            </FormGroup>
        </>
    );
}
