import { Alert, Gallery, Stack, StackItem, Title } from "@patternfly/react-core";
import { useMemo, useState } from "react";

import { useObjects } from "../../api/hooks";
import { useAllowed } from "../../api/permissions";
import { DRIVE, type Slot, type TapeDrive, type TapeLibrary } from "../../api/tape";
import { useDialog } from "../../components/useDialog";
import { _ } from "../../text";
import { CleanDrive } from "./CleanDrive";
import { DriveCard } from "./DriveCard";
import { LibraryHead } from "./LibraryHead";
import { LoadCartridge } from "./LoadCartridge";
import { MoveBar } from "./MoveBar";
import { SlotsCard } from "./SlotsCard";
import { TransferCartridge } from "./TransferCartridge";
import { UnloadDrive } from "./UnloadDrive";
import type { Source } from "./source";
import { useSlots } from "./useSlots";
import { OPERATE, isCleaning } from "./words";

/** The drives of a library, by number. */
export function useDrives({ Serial }: TapeLibrary): readonly TapeDrive[] {
    const all = useObjects<TapeDrive>(DRIVE);
    return useMemo(
        () => all.filter(({ Library }) => Library === Serial).sort((a, b) => a.Index - b.Index),
        [all, Serial],
    );
}

/** What a person has chosen to move, as long as it is still there. */
function useSource(slots: readonly Slot[], drives: readonly TapeDrive[]) {
    const [source, setSource] = useState<Source | null>(null);
    const slot = useMemo(
        () => (source?.kind === "slot" ? slots.find(([number]) => number === source.number) : undefined),
        [slots, source],
    );
    const drive = source?.kind === "drive" ? drives.find(({ Index }) => Index === source.number) : undefined;
    const isThere = slot?.[1] === "full" || drive?.State === "loaded";
    // It was moved meanwhile, here or by somebody else.
    if (source && !isThere) setSource(null);
    return { source: isThere ? source : null, setSource, slot, drive };
}

/** A library as it stands there: its drives, its door, its slots. */
export function LibraryPage({ library }: { library: TapeLibrary }) {
    const drives = useDrives(library);
    const { slots, loading, error } = useSlots(library);
    const { source, setSource, slot, drive } = useSource(slots, drives);
    const { allowed } = useAllowed(OPERATE);
    const { dialog, open } = useDialog();
    const free = drives.filter(({ State }) => State === "empty");
    const cleans = slot !== undefined && isCleaning(slot);

    const load = (target?: TapeDrive) => {
        if (!slot) return;
        const given = target ? { drive: target } : {};
        open((close) => <LoadCartridge {...{ library, drives, slots, slot, ...given }} onClose={close} />);
    };
    const intoDrive = (target: TapeDrive) => {
        if (!slot || !cleans) load(target);
        else open((close) => <CleanDrive {...{ library, slots }} drive={target} source={slot[0]} onClose={close} />);
    };
    const intoSlot = (target?: Slot) => {
        const given = target ? { target: target[0] } : {};
        if (slot) open((close) => <TransferCartridge {...{ library, slots, slot, ...given }} onClose={close} />);
        else if (drive) open((close) => <UnloadDrive {...{ library, slots, drive, ...given }} onClose={close} />);
    };
    const offer = (known: TapeDrive) => {
        if (!allowed || !slot || known.State !== "empty") return "";
        return cleans ? _("Clean it with this") : _("Put it here");
    };
    const bar = source && (
        <MoveBar
            {...{ slot, drive }}
            hasFreeDrive={free.length > 0}
            onLoad={() => load()}
            onMove={() => intoSlot()}
            onCancel={() => setSource(null)}
        />
    );
    return (
        <>
            <LibraryHead library={library} />
            <Stack hasGutter>
                <StackItem>
                    <Title headingLevel="h3" size="lg" className="bams-space-below">
                        {_("Drives")}
                    </Title>
                    {drives.length === 0 ? (
                        <Alert isInline component="h4" variant="info" title={_("This library says it has no drive.")} />
                    ) : (
                        <Gallery hasGutter minWidths={{ default: "min(100%, 19rem)" }}>
                            {drives.map((known) => (
                                <DriveCard
                                    key={known.path}
                                    {...{ library, drives, slots }}
                                    drive={known}
                                    isSource={known === drive}
                                    offer={offer(known)}
                                    onChoose={() => setSource({ kind: "drive", number: known.Index })}
                                    onTarget={() => intoDrive(known)}
                                />
                            ))}
                        </Gallery>
                    )}
                </StackItem>
                <StackItem>
                    <SlotsCard
                        {...{ library, drives, slots, loading, error, bar }}
                        source={source}
                        mayMove={allowed}
                        onSource={setSource}
                        onTarget={intoSlot}
                    />
                </StackItem>
            </Stack>
            {dialog}
        </>
    );
}
