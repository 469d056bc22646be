import { SearchInput } from "./spokenInputs";

interface Props {
    text: string;
    /** What is looked for. It stands in the empty field too, unless `hint` says which texts are looked at. */
    label: string;
    hint?: string;
    onChange: (text: string) => void;
}

/** A field that narrows a list while the person types. */
export function FindInput({ text, label, hint, onChange }: Props) {
    return (
        <SearchInput
            value={text}
            aria-label={label}
            placeholder={hint ?? label}
            onChange={(_event, typed) => onChange(typed)}
            onClear={() => onChange("")}
        />
    );
}
