import { Flex, FlexItem, Title } from "@patternfly/react-core";
import { useState } from "react";

import { asBusError } from "../../api/errors";
import { type TapeLibrary, refresh } from "../../api/tape";
import { ActionButton } from "../../components/ActionButton";
import { StateLabel } from "../../components/StateLabel";
import { Alert } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { toast } from "../../toasts";
import { JobProgress } from "./JobProgress";
import { TakeInventory } from "./TakeInventory";
import { useRunning } from "./moving";
import { OPERATE, readText } from "./words";

/** Look for libraries and read them again. It moves nothing, so there is no plan to show. */
export function LookAgain({ isPrimary }: { isPrimary?: boolean }) {
    const [isBusy, setBusy] = useState(false);
    const look = () => {
        setBusy(true);
        refresh()
            .catch((thrown: unknown) => {
                const error = asBusError(thrown);
                toast("danger", error.title, error.message);
            })
            .finally(() => setBusy(false));
    };
    return (
        <ActionButton
            action={OPERATE}
            variant={isPrimary ? "primary" : "secondary"}
            isLoading={isBusy}
            isDisabled={isBusy}
            onClick={look}
        >
            {_("Look again")}
        </ActionButton>
    );
}

function Warnings({ library }: { library: TapeLibrary }) {
    const { Error, DriveMatching, DriveCount } = library;
    return (
        <>
            {Error !== "" && (
                <Alert
                    isInline
                    component="h3"
                    variant="danger"
                    className="bams-space-below"
                    title={_("The library does not answer")}
                >
                    <p className="bams-wrap">{Error}</p>
                    <p>{_("What is shown below is what it said last.")}</p>
                </Alert>
            )}
            {DriveMatching === "order" && DriveCount > 1 && (
                <Alert
                    isInline
                    component="h3"
                    variant="warning"
                    className="bams-space-below"
                    title={_("Which device belongs to which drive is a guess")}
                >
                    {_("The library does not tell the serial numbers of its drives. Load a cartridge and look which " +
                        "device has it, then write the drives into the configuration of BAMS.")}
                </Alert>
            )}
            {DriveMatching === "none" && DriveCount > 0 && (
                <Alert
                    isInline
                    component="h3"
                    variant="warning"
                    className="bams-space-below"
                    title={_("This host sees none of its drives")}
                >
                    {_("Cartridges can be moved, but not read or written here. Look at the cables and zones of the " +
                        "drives.")}
                </Alert>
            )}
        </>
    );
}

/** Name and state of a library, what is wrong with it, and what can be done with all of it. */
export function LibraryHead({ library }: { library: TapeLibrary }) {
    const { Name, Serial, Vendor, Product, State, LastInventory, Drives } = library;
    // A job about a drive is shown there.
    const jobs = useRunning(library.path).filter(({ Objects }) => !Objects.some((path) => Drives.includes(path)));
    const model = [`${Vendor} ${Product}`.trim(), Name === Serial ? "" : Serial, readText(LastInventory)];
    return (
        <header>
            <Flex className="bams-space-below" alignItems={{ default: "alignItemsCenter" }}>
                <FlexItem>
                    <Title headingLevel="h2" size="2xl" className="bams-wrap">
                        {Name} <StateLabel state={State} />
                    </Title>
                    <p className="bams-quiet bams-wrap">{model.filter(Boolean).join(" · ")}</p>
                </FlexItem>
                <FlexItem align={{ default: "alignRight" }}>
                    <Flex columnGap={{ default: "columnGapSm" }} rowGap={{ default: "rowGapSm" }}>
                        <ActionButton
                            action={OPERATE}
                            aria-label={fill(_("Take inventory of {library}"), { library: Name })}
                            onClick={() => openDialog((close) => <TakeInventory library={library} onClose={close} />)}
                        >
                            {_("Take inventory")}
                        </ActionButton>
                        <LookAgain />
                    </Flex>
                </FlexItem>
            </Flex>
            {jobs.map((job) => (
                <JobProgress key={job.path} job={job} />
            ))}
            <Warnings library={library} />
        </header>
    );
}
