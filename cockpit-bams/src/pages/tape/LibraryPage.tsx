import { Gallery, Stack, StackItem, Title } from "@patternfly/react-core";
import { useCallback, useMemo, useState } from "react";

import { useObjects } from "../../api/hooks";
import { useAllowed } from "../../api/permissions";
import { DRIVE, type Slot, type TapeDrive, type TapeLibrary } from "../../api/tape";
import { Alert } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { _ } from "../../text";
import { CleanDrive } from "./CleanDrive";
import { DriveCard } from "./DriveCard";
import { LibraryHead } from "./LibraryHead";
import { LoadCartridge } from "./LoadCartridge";
import { MoveBar } from "./MoveBar";
import { SlotsCard } from "./SlotsCard";
import { TransferCartridge } from "./TransferCartridge";
import { UnloadDrive } from "./UnloadDrive";
import { useMovingSlots } from "./moving";
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

/** What a person has chosen to move, as long as it is still there and stands still. */
function useSource(slots: readonly Slot[], drives: readonly TapeDrive[], moving: ReadonlySet<number>) {
    const [source, setSource] = useState<Source | null>(null);
    const slot = useMemo(
        () => (source?.kind === "slot" ? slots.find(([number]) => number === source.number) : undefined),
        [slots, source],
    );
    const drive = source?.kind === "drive" ? drives.find(({ Index }) => Index === source.number) : undefined;
    const isThere = (slot?.[1] === "full" && !moving.has(slot[0])) || drive?.State === "loaded";
    // It was moved meanwhile, here or by somebody else.
    if (source && !isThere) setSource(null);
    return { source: isThere ? source : null, setSource, slot, drive };
}

/** A library as it stands there: its drives, its door, its slots. */
export function LibraryPage({ library }: { library: TapeLibrary }) {
    const drives = useDrives(library);
    const { slots, loading, error, latest } = useSlots(library);
    const moving = useMovingSlots(library.path);
    const { source, setSource, slot, drive } = useSource(slots, drives, moving);
    const { allowed } = useAllowed(OPERATE);
    const hasFreeDrive = drives.some(({ State }) => State === "empty");
    const cleans = slot !== undefined && isCleaning(slot);

    const load = useCallback(
        (from: Slot, target?: TapeDrive) => {
            const props = { library, drives, slots: latest(), slot: from, ...(target ? { drive: target } : {}) };
            openDialog((close) => <LoadCartridge {...props} onClose={close} />);
        },
        [library, drives, latest],
    );
    const intoDrive = useCallback(
        (target: TapeDrive) => {
            if (!slot) return;
            if (!isCleaning(slot)) return load(slot, target);
            const props = { library, slots: latest(), drive: target, source: slot[0] };
            openDialog((close) => <CleanDrive {...props} onClose={close} />);
        },
        [library, slot, load, latest],
    );
    const choose = useCallback(({ Index }: TapeDrive) => setSource({ kind: "drive", number: Index }), [setSource]);
    const intoSlot = (target?: Slot) => {
        const given = target ? { target: target[0] } : {};
        if (slot) openDialog((close) => <TransferCartridge {...{ library, slots, slot, ...given }} onClose={close} />);
        else if (drive) openDialog((close) => <UnloadDrive {...{ library, slots, drive, ...given }} onClose={close} />);
    };
    const offer = (known: TapeDrive) => {
        if (!allowed || !slot || known.State !== "empty") return "";
        return cleans ? _("Clean it with this") : _("Put it here");
    };
    const bar = (
        <MoveBar
            {...{ slot, drive, hasFreeDrive }}
            onLoad={() => slot && load(slot)}
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
                                    {...{ library, drives }}
                                    drive={known}
                                    slots={latest}
                                    isSource={known === drive}
                                    offer={offer(known)}
                                    onChoose={choose}
                                    onTarget={intoDrive}
                                />
                            ))}
                        </Gallery>
                    )}
                </StackItem>
                <StackItem>
                    <SlotsCard
                        {...{ library, drives, slots, loading, error, moving, bar, source }}
                        mayMove={allowed}
                        onSource={setSource}
                        onTarget={intoSlot}
                    />
                </StackItem>
            </Stack>
        </>
    );
}
