import { AlertActionLink, Card, CardBody, CardHeader, CardTitle, Flex } from "@patternfly/react-core";
import { useCallback, useMemo, useState } from "react";

import type { LogService } from "../../api/logs";
import { ErrorAlert } from "../../components/ErrorAlert";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { Alert, Button, Spinner } from "../../components/spoken";
import { _, fill, ngettext } from "../../text";
import { FollowButtons, followText } from "./FollowButtons";
import { LogFilters } from "./LogFilters";
import { LogLines } from "./LogLines";
import { copyEntries, unitAddress } from "./LogRow";
import { type LogFilter, isNarrowed } from "./filter";
import { MOST } from "./lines";
import type { LogReader, LogState } from "./reader";
import { useLog } from "./useLog";

interface Props {
    services: readonly LogService[];
    filter: LogFilter;
    onChange: (next: LogFilter) => void;
}

type Log = LogState & { reader: LogReader };

/** The state of the service, and the way to its units. */
function ServiceState({ service }: { service: LogService | undefined }) {
    if (!service || service.units.length === 0) return null;
    return (
        <Flex className="bams-quiet" spaceItems={{ default: "spaceItemsSm" }}>
            {service.present ? <StateLabel state={service.state} /> : <span>{_("Not installed here.")}</span>}
            {service.present &&
                service.units.slice(0, 1).map((unit) => (
                    <Button key={unit} variant="link" isInline onClick={() => cockpit.jump(unitAddress(unit))}>
                        {fill(_("Show {unit} among Cockpit's services"), { unit })}
                    </Button>
                ))}
        </Flex>
    );
}

/** Why there are no lines, and what to do. */
function NoLines({ log, filter, onChange }: { log: Log } & Omit<Props, "services">) {
    if (log.loading === "newest" && log.entries.length === 0) {
        return <Spinner size="lg" aria-label={_("Reading the log")} />;
    }
    if (log.error) return null;
    if (!log.isAtEnd) {
        return (
            <NothingHere compact title={_("Nothing found so far")}>
                {_("The newest part of the log has nothing that fits. Search further back below.")}
            </NothingHere>
        );
    }
    if (!isNarrowed(filter)) {
        return (
            <NothingHere compact title={_("This log is empty")}>
                {_("The service has written nothing, or what it wrote is gone already.")}
            </NothingHere>
        );
    }
    const all = { ...filter, priority: "", text: "", range: "" };
    const action = (
        <Button variant="link" onClick={() => onChange(all)}>
            {_("Show all of the log")}
        </Button>
    );
    return (
        <NothingHere compact title={_("Nothing fits")} action={action}>
            {_("No line of this log fits the severity, time and text that you asked for.")}
        </NothingHere>
    );
}

/** Below the lines: the way back in time. */
function Foot({ log }: { log: Log }) {
    const { entries, isAtEnd, loading, hasNewer, reader } = log;
    const count = ngettext("{count} line", "{count} lines", entries.length);
    return (
        <Flex className="bams-inset bams-space-above" alignItems={{ default: "alignItemsCenter" }}>
            {!isAtEnd && (
                <Button
                    variant="secondary"
                    onClick={() => void reader.older()}
                    isLoading={loading === "older"}
                    isDisabled={loading !== ""}
                >
                    {entries.length ? _("Older lines") : _("Search further back")}
                </Button>
            )}
            {hasNewer && (
                <Button variant="link" onClick={reader.again}>
                    {_("Back to the newest")}
                </Button>
            )}
            <span className="bams-quiet">
                {entries.length >= MOST ? fill(_("{count}, which is as many as are shown at once"), { count }) : count}
                {isAtEnd && entries.length > 0 && ` · ${_("Nothing is older.")}`}
            </span>
        </Flex>
    );
}

export function LogCard({ services, filter, onChange }: Props) {
    const log = useLog(filter);
    const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
    const choose = useCallback((cursor: string, isChosen: boolean) => {
        setChosen((before) => {
            const next = new Set(before);
            if (isChosen) next.add(cursor);
            else next.delete(cursor);
            return next;
        });
    }, []);
    const { entries, error, ended, reader } = log;
    const chosenEntries = useMemo(() => entries.filter(({ cursor }) => chosen.has(cursor)), [entries, chosen]);
    const isPast = filter.range === "between" && filter.until !== "";
    const copy = (
        <Button
            variant="secondary"
            isDisabled={entries.length === 0}
            onClick={() => void copyEntries(chosenEntries.length ? chosenEntries : entries)}
        >
            {chosenEntries.length
                ? ngettext("Copy {count} chosen line", "Copy {count} chosen lines", chosenEntries.length)
                : _("Copy all lines")}
        </Button>
    );
    return (
        <Card>
            <CardHeader>
                <CardTitle component="h2">{_("Logs")}</CardTitle>
            </CardHeader>
            <CardBody>
                <LogFilters services={services} filter={filter} onChange={onChange} />
                <Flex className="bams-space-above" alignItems={{ default: "alignItemsCenter" }}>
                    <FollowButtons log={log} refusal={isPast ? _("What ends at a moment brings nothing new.") : ""} />
                    <Button variant="link" onClick={reader.again}>
                        {_("Read again")}
                    </Button>
                    {copy}
                    <ServiceState service={services.find(({ name }) => name === filter.service)} />
                </Flex>
                <p role="status" className="bams-quiet">
                    {followText(log)}
                </p>
                {error && <ErrorAlert error={error} className="bams-space-above" />}
                {ended && (
                    <Alert
                        isInline
                        variant="warning"
                        component="h3"
                        className="bams-space-above"
                        title={_("New lines are no longer sent")}
                        actionLinks={<AlertActionLink onClick={reader.follow}>{_("Follow again")}</AlertActionLink>}
                    >
                        <p className="bams-wrap">{ended}</p>
                    </Alert>
                )}
            </CardBody>
            <CardBody className="bams-table-body">
                {entries.length ? (
                    <LogLines entries={entries} chosen={chosen} onChoose={choose} />
                ) : (
                    <NoLines log={log} filter={filter} onChange={onChange} />
                )}
                {(entries.length > 0 || !log.isAtEnd) && <Foot log={log} />}
            </CardBody>
        </Card>
    );
}
