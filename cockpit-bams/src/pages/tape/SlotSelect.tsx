import { FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";

import type { Slot } from "../../api/tape";
import { FieldHint } from "../../components/FieldHint";
import { useFieldState } from "../../components/useFieldState";
import { number } from "../../format";
import { _, fill } from "../../text";
import { slotChoice } from "./words";

interface Props {
    id: string;
    label: string;
    /** Those that may be chosen. */
    slots: readonly Slot[];
    value: number | null;
    onChange: (slot: number | null) => void;
    /** The words of no slot at all, such as: Where it came from. Left out when one must be chosen. */
    whenNone?: string;
    /** What to read when there is nothing to choose. */
    nothing: string;
}

/** More than this in one list takes long to draw, and nobody scrolls through it. */
const MOST = 200;

/** Choose a slot from a list; where it would be too long, a search makes it shorter. */
export function SlotSelect({ id, label, slots, value, onChange, whenNone, nothing }: Props) {
    const [text, setText] = useFieldState(`${id}-find`, () => "");
    const wanted = text.trim().toLowerCase();
    const fitting = slots.filter((slot) => slot[0] === value || slotChoice(slot).toLowerCase().includes(wanted));
    const shown = fitting.slice(0, MOST);
    if (value !== null && !shown.some(([known]) => known === value)) {
        shown.push(...fitting.filter(([known]) => known === value));
    }
    return (
        <FormGroup label={label} fieldId={id}>
            {slots.length > MOST && (
                <TextInput
                    className="bams-space-below"
                    type="search"
                    value={text}
                    aria-label={fill(_("Find: {field}"), { field: label })}
                    placeholder={_("Part of the barcode, or the number")}
                    onChange={(_event, next) => setText(next)}
                />
            )}
            <FormSelect
                id={id}
                value={value ?? ""}
                onChange={(_event, next) => onChange(next === "" ? null : Number(next))}
            >
                <FormSelectOption
                    value=""
                    label={whenNone ?? (slots.length ? _("Choose one") : nothing)}
                    isDisabled={whenNone === undefined}
                />
                {shown.map((slot) => (
                    <FormSelectOption key={slot[0]} value={slot[0]} label={slotChoice(slot)} />
                ))}
            </FormSelect>
            {fitting.length > shown.length && (
                <FieldHint
                    help={fill(_("The first {shown} of {all}. Search for the others."), {
                        shown: number(shown.length),
                        all: number(fitting.length),
                    })}
                />
            )}
        </FormGroup>
    );
}
