import { Checkbox, Radio } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useCallback } from "react";

import { useAnswer } from "../../api/hooks";
import { type Slot, listSlots } from "../../api/tape";
import { u } from "../../api/wire";
import { ErrorAlert } from "../../components/ErrorAlert";
import { FindInput } from "../../components/FindInput";
import { Spinner } from "../../components/spoken";
import { useFew } from "../../components/useFew";
import { useFieldState } from "../../components/useFieldState";
import { _, fill } from "../../text";

const ROWS = 50;
const PAGE = 1000;

export interface Cartridge {
    slot: number;
    barcode: string;
}

/** The cartridges in the slots of a library, without those that clean. */
export function useCartridges(library: string) {
    return useAnswer(useCallback(() => allCartridges(library), [library]));
}

async function allCartridges(library: string): Promise<Cartridge[]> {
    const found: Cartridge[] = [];
    for (let first = 1; ; ) {
        const slots = await listSlots(library, { first: u(first), count: u(PAGE) });
        found.push(...slots.flatMap(asCartridge));
        const last = slots.at(-1);
        if (slots.length < PAGE || !last) return found;
        first = last[0] + 1;
    }
}

function asCartridge([slot, state, importExport, barcode, kind]: Slot): Cartridge[] {
    const fits = state === "full" && !importExport && kind !== "cleaning" && !/^CLN/i.test(barcode);
    return fits ? [{ slot, barcode }] : [];
}

interface Props {
    library: string;
    cartridges: ReturnType<typeof useCartridges>;
    chosen: readonly number[];
    onChoose: (slots: number[]) => void;
    /** One alone, else as many as wanted. */
    single?: boolean;
    /** Why a cartridge cannot be chosen; empty when it can. */
    refusal?: (cartridge: Cartridge) => string;
}

export function SlotChooser({ library, cartridges, chosen, onChoose, single = false, refusal }: Props) {
    const [text, setText] = useFieldState(`find-${library}`, () => "");
    const { value, error } = cartridges;
    const wanted = text.trim().toLowerCase();
    const shown = (value ?? []).filter(({ slot, barcode }) => `${slot} ${barcode.toLowerCase()}`.includes(wanted));
    const { few, more } = useFew(shown, ROWS);
    if (error) return <ErrorAlert error={error} />;
    if (!value) return <Spinner size="lg" aria-label={_("Looking at the slots")} />;
    const toggle = (slot: number, on: boolean) => {
        if (single) onChoose([slot]);
        else onChoose(on ? [...chosen, slot] : chosen.filter((known) => known !== slot));
    };
    if (value.length === 0) return <p>{fill(_("No slot of {library} holds a cartridge for data."), { library })}</p>;
    const Choice = single ? Radio : Checkbox;
    return (
        <>
            {value.length > 8 && (
                <FindInput text={text} label={_("Find a cartridge")} hint={_("Barcode or slot")} onChange={setText} />
            )}
            <div className="bams-chooser">
                <Table variant="compact" aria-label={_("Cartridges")} borders={false} gridBreakPoint="">
                    <Thead>
                        <Tr>
                            <Th screenReaderText={_("Choose")} modifier="fitContent" />
                            <Th>{_("Slot")}</Th>
                            <Th>{_("Barcode")}</Th>
                        </Tr>
                    </Thead>
                    <Tbody>
                        {few.map((cartridge) => {
                            const { slot, barcode } = cartridge;
                            const why = refusal?.(cartridge) ?? "";
                            return (
                                <Tr key={slot}>
                                    <Td>
                                        <Choice
                                            id={`slot-${slot}`}
                                            name="slot"
                                            aria-label={fill(_("Slot {slot}: {barcode}"), { slot, barcode })}
                                            isChecked={chosen.includes(slot)}
                                            isDisabled={why !== ""}
                                            onChange={(_event, on) => toggle(slot, on)}
                                        />
                                    </Td>
                                    <Td className="bams-number">{slot}</Td>
                                    <Td className="bams-wrap">
                                        {barcode || _("no barcode")}
                                        {why && <div className="bams-quiet">{why}</div>}
                                    </Td>
                                </Tr>
                            );
                        })}
                    </Tbody>
                </Table>
                {more}
                {shown.length === 0 && <p>{_("Nothing of that name")}</p>}
            </div>
        </>
    );
}
