import { FormSelect, FormSelectOption, InputGroup, InputGroupItem, TextInput } from "@patternfly/react-core";

import { _, fill } from "../text";
import { useFieldState } from "./useFieldState";

const UNITS = ["MiB", "GiB", "TiB"] as const;
type Unit = (typeof UNITS)[number];
const FACTOR: Record<Unit, number> = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

interface Props {
    id: string;
    /** Bytes; null when what stands there is no size. */
    value: number | null;
    onChange: (bytes: number | null) => void;
    autoFocus?: boolean;
}

/** The largest unit in which a size is a short number. */
export function splitSize(bytes: number): [text: string, unit: Unit] {
    for (const unit of [...UNITS].reverse()) {
        const amount = bytes / FACTOR[unit];
        if (amount >= 1 && Number.isInteger(amount * 100)) return [String(amount), unit];
    }
    return [String(Math.max(0, Math.floor((bytes / FACTOR.MiB) * 100) / 100)), "MiB"];
}

/** Bytes of what a person wrote, with a comma or a point; null when it is no size. */
export function readSize(text: string, unit: Unit): number | null {
    const amount = Number(text.trim().replace(",", "."));
    const size = Math.round(amount * FACTOR[unit]);
    return text.trim() !== "" && amount > 0 && Number.isSafeInteger(size) ? size : null;
}

/** A size as a number and its unit. */
export function SizeInput({ id, value, onChange, autoFocus }: Props) {
    const [[text, unit], setParts] = useFieldState<[string, Unit]>(id, () =>
        value === null ? ["", "GiB"] : splitSize(value),
    );
    const become = (nextText: string, nextUnit: Unit) => {
        setParts([nextText, nextUnit]);
        onChange(readSize(nextText, nextUnit));
    };
    const wrong = text !== "" && value === null;
    return (
        <InputGroup>
            <InputGroupItem isFill>
                <TextInput
                    id={id}
                    value={text}
                    inputMode="decimal"
                    autoFocus={autoFocus ?? false}
                    validated={wrong ? "error" : "default"}
                    onChange={(_event, next) => become(next, unit)}
                />
            </InputGroupItem>
            <InputGroupItem>
                <FormSelect
                    value={unit}
                    aria-label={fill(_("Unit of {field}"), { field: id })}
                    onChange={(_event, next) => become(text, next as Unit)}
                >
                    {UNITS.map((name) => (
                        <FormSelectOption key={name} value={name} label={name} />
                    ))}
                </FormSelect>
            </InputGroupItem>
        </InputGroup>
    );
}
