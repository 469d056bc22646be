import {
    Card, CardBody, CardHeader, CardTitle, FormSelect, FormSelectOption, Title, Toolbar, ToolbarContent, ToolbarItem,
} from "@patternfly/react-core";
import { type ReactNode, useDeferredValue, useMemo, useState } from "react";

import type { BusError } from "../../api/errors";
import type { Slot, TapeDrive, TapeLibrary } from "../../api/tape";
import { ErrorAlert } from "../../components/ErrorAlert";
import { FindInput } from "../../components/FindInput";
import { NothingHere } from "../../components/NothingHere";
import { Spinner } from "../../components/spoken";
import { _, fill } from "../../text";
import { LOOK_ICONS } from "./SlotCell";
import { SlotGrid } from "./SlotGrid";
import { FILTERS, type SlotFilter, type SlotLook, borrowedSlots, found } from "./slots";
import type { Source } from "./source";
import { countText, filterText, lookText } from "./words";

interface Props {
    library: TapeLibrary;
    drives: readonly TapeDrive[];
    slots: readonly Slot[];
    loading: boolean;
    error: BusError | null;
    moving: ReadonlySet<number>;
    source: Source | null;
    mayMove: boolean;
    onSource: (source: Source | null) => void;
    onTarget: (slot: Slot) => void;
    /** What can be done with the chosen cartridge. */
    bar: ReactNode;
}

const LEGEND: readonly SlotLook[] = ["data", "cleaning", "worm", "unlabelled"];

function Legend() {
    return (
        <ul className="bams-legend bams-quiet" aria-label={_("Signs")}>
            {LEGEND.map((look) => {
                const Icon = LOOK_ICONS[look];
                return (
                    <li key={look}>
                        {Icon && <Icon />} {lookText(look)}
                    </li>
                );
            })}
            <li>{_("Arrow keys move, Enter chooses, Escape gives up.")}</li>
        </ul>
    );
}

export function SlotsCard(props: Props) {
    const { library, drives, slots, loading, error, moving, source, mayMove, onSource, onTarget, bar } = props;
    const [text, setText] = useState("");
    const [filter, setFilter] = useState<SlotFilter>("all");
    const wanted = useDeferredValue(text);
    const borrowed = useMemo(() => borrowedSlots(drives), [drives]);
    const shown = useMemo(() => found(slots, wanted, filter, borrowed), [slots, wanted, filter, borrowed]);
    const parts = useMemo(
        () => [shown.filter(([, , outside]) => outside), shown.filter(([, , outside]) => !outside)] as const,
        [shown],
    );
    const grid = { borrowed, moving, source, mayMove, onSource, onTarget };
    return (
        <Card>
            <CardHeader>
                <CardTitle component="h3">{_("Slots")}</CardTitle>
            </CardHeader>
            <CardBody>
                <Toolbar inset={{ default: "insetNone" }}>
                    <ToolbarContent alignItems="center">
                        <ToolbarItem>
                            <FindInput text={text} label={_("Find a barcode or a slot")} onChange={setText} />
                        </ToolbarItem>
                        <ToolbarItem>
                            <FormSelect
                                value={filter}
                                aria-label={_("Which slots")}
                                onChange={(_event, value) => setFilter(value as SlotFilter)}
                            >
                                {FILTERS.map((known) => (
                                    <FormSelectOption key={known} value={known} label={filterText(known)} />
                                ))}
                            </FormSelect>
                        </ToolbarItem>
                        <ToolbarItem alignSelf="center" className="bams-quiet">
                            {countText(library.FullCount, library.SlotCount)}{" "}
                            {loading && slots.length > 0 && <Spinner isInline aria-label={_("Loading")} />}
                        </ToolbarItem>
                    </ToolbarContent>
                </Toolbar>
                {bar}
                {error && (
                    <ErrorAlert
                        className="bams-space-below"
                        error={error}
                        title={fill(_("The slots of {name} cannot be read"), { name: library.Name })}
                    />
                )}
                {parts[0].length > 0 && (
                    <>
                        <Title headingLevel="h4" size="md" className="bams-space-below">
                            {_("Import/export slots")}
                        </Title>
                        <SlotGrid label={_("Import/export slots")} slots={parts[0]} {...grid} />
                        <Title headingLevel="h4" size="md" className="bams-space-above bams-space-below">
                            {_("Inside")}
                        </Title>
                    </>
                )}
                {parts[1].length > 0 && <SlotGrid label={_("Slots")} slots={parts[1]} {...grid} />}
                {shown.length === 0 && !error && <Nothing {...{ library, loading }} isSearch={slots.length > 0} />}
                {shown.length > 0 && <Legend />}
            </CardBody>
        </Card>
    );
}

function Nothing({ library, loading, isSearch }: { library: TapeLibrary; loading: boolean; isSearch: boolean }) {
    if (isSearch) {
        return (
            <NothingHere compact title={_("No such slot")}>
                {_("Look for another part of the barcode, or among all slots.")}
            </NothingHere>
        );
    }
    if (library.LastInventory === 0) {
        return (
            <NothingHere compact title={_("This library was not read yet")}>
                {_("Its slots appear here as soon as it has answered.")}
            </NothingHere>
        );
    }
    if (loading) return <Spinner aria-label={_("Loading")} />;
    return (
        <NothingHere compact title={_("This library has no slot")}>
            {_("It says so itself. Look at its own display: a magazine may be missing.")}
        </NothingHere>
    );
}
