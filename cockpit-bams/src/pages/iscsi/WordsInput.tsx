import { FormGroup, TextArea } from "@patternfly/react-core";

import { FieldHint } from "../../components/FieldHint";

interface Props {
    id: string;
    label: string;
    value: string;
    onChange: (text: string) => void;
    problem?: string;
    help: string;
}

/** Several names or addresses, one a line. */
export function WordsInput({ id, label, value, onChange, problem = "", help }: Props) {
    return (
        <FormGroup label={label} fieldId={id}>
            <TextArea
                id={id}
                value={value}
                dir="ltr"
                rows={Math.min(8, Math.max(2, value.split("\n").length))}
                resizeOrientation="vertical"
                autoComplete="off"
                spellCheck={false}
                validated={problem ? "error" : "default"}
                onChange={(_event, text) => onChange(text)}
            />
            <FieldHint problem={problem} help={help} />
        </FormGroup>
    );
}
