import { Card, CardBody, CardHeader, CardTitle, ExpandableSection, Stack, StackItem } from "@patternfly/react-core";
import { useCallback, useEffect, useState } from "react";

import { checkConfig, generateConfig, getConfig } from "../../api/bacula";
import { REPOSITORY, type DiskRepository } from "../../api/disk";
import { type BusError, asBusError } from "../../api/errors";
import { useAnswer, useObjects } from "../../api/hooks";
import { LIBRARY, type TapeLibrary } from "../../api/tape";
import type { Options } from "../../api/wire";
import { ActionButton } from "../../components/ActionButton";
import { ErrorAlert } from "../../components/ErrorAlert";
import { Spinner } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { _ } from "../../text";
import { ChoiceForm } from "./ChoiceForm";
import { FixPermissions } from "./FixPermissions";
import { type Draft, Preview } from "./Preview";
import { TextBlock } from "./TextBlock";
import { type Choice, FIRST_CHOICE, choiceOptions } from "./choice";
import { CONFIGURE } from "./words";

async function draftOf(options: Options): Promise<Draft> {
    const [text, diff, director] = await generateConfig(options);
    return { options, text, diff, director, findings: await checkConfig(options) };
}

/** The draft of the options that were last asked for; made anew when `round` is another one. */
function useDraft(round: number) {
    const [wanted, setWanted] = useState<Options | null>(null);
    const [draft, setDraft] = useState<Draft | null>(null);
    const [error, setError] = useState<BusError | null>(null);
    const [loading, setLoading] = useState(false);
    const [again, setAgain] = useState(0);
    useEffect(() => {
        if (!wanted) return undefined;
        let current = true;
        setLoading(true);
        draftOf(wanted).then(
            (made) => {
                if (!current) return;
                setDraft(made);
                setError(null);
                setLoading(false);
            },
            (thrown: unknown) => {
                if (!current) return;
                setDraft(null);
                setError(asBusError(thrown));
                setLoading(false);
            },
        );
        return () => {
            current = false;
        };
    }, [wanted, round, again]);
    const show = useCallback((options: Options) => {
        setWanted(options);
        setAgain((before) => before + 1);
    }, []);
    return { draft, error, loading, show };
}

function CurrentText({ round }: { round: number }) {
    const ask = useCallback(() => {
        void round;
        return getConfig();
    }, [round]);
    const { value, error } = useAnswer(ask);
    if (error) return <ErrorAlert error={error} />;
    if (value === undefined) return <Spinner size="lg" aria-label={_("Reading the configuration")} />;
    if (value.trim() === "") return <p>{_("The storage daemon has no configuration yet.")}</p>;
    return <TextBlock text={value} label={_("Copy the configuration")} />;
}

function Current({ round }: { round: number }) {
    const [isOpen, setOpen] = useState(false);
    return (
        <ExpandableSection
            toggleText={_("The configuration as it is now")}
            isExpanded={isOpen}
            onToggle={(_event, next) => setOpen(next)}
        >
            {isOpen && <CurrentText round={round} />}
        </ExpandableSection>
    );
}

export function ConfigurationTab({ round }: { round: number }) {
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const repositories = useObjects<DiskRepository>(REPOSITORY);
    const [choice, setChoice] = useState<Choice>(FIRST_CHOICE);
    const { draft, error, loading, show } = useDraft(round);
    const options = choiceOptions(choice, libraries, repositories);
    const showDraft = () => show(options);
    const fix = (
        <ActionButton
            action={CONFIGURE}
            variant="secondary"
            onClick={() => openDialog((close) => <FixPermissions onClose={close} onDone={showDraft} />)}
        >
            {_("Let Bacula use the tape devices")}
        </ActionButton>
    );
    return (
        <Stack hasGutter>
            <StackItem>
                <Card>
                    <CardHeader actions={{ actions: fix, hasNoOffset: true }} className="bams-head">
                        <CardTitle component="h2">{_("What Bacula is to use")}</CardTitle>
                    </CardHeader>
                    <CardBody>
                        <ChoiceForm
                            choice={choice}
                            libraries={libraries}
                            repositories={repositories}
                            onChange={setChoice}
                            onShow={showDraft}
                            loading={loading}
                        />
                        <div className="bams-space-above">
                            <Current round={round} />
                        </div>
                    </CardBody>
                </Card>
            </StackItem>
            {error && (
                <StackItem>
                    <ErrorAlert error={error} />
                </StackItem>
            )}
            {draft && (
                <StackItem>
                    <Preview
                        draft={draft}
                        isStale={JSON.stringify(draft.options) !== JSON.stringify(options)}
                    />
                </StackItem>
            )}
        </Stack>
    );
}
