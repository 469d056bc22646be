import { FormGroup, InputGroup, InputGroupItem, TextInput } from "@patternfly/react-core";

import { FieldHint } from "../../components/FieldHint";
import { Button } from "../../components/spoken";
import { ClipboardCopy } from "../../components/spokenInputs";
import { useFieldState } from "../../components/useFieldState";
import { _ } from "../../text";
import { makeSecret } from "./secret";
import { secretProblem } from "./words";

interface Props {
    id: string;
    label: string;
    value: string;
    onChange: (secret: string) => void;
    problem?: string;
}

/** A secret that is typed blindly, or made here and shown until the dialog closes. */
export function SecretField({ id, label, value, onChange, problem: other = "" }: Props) {
    const [isMade, setMade] = useFieldState(id, () => false);
    const problem = secretProblem(value) || other;
    const make = () => {
        onChange(makeSecret());
        setMade(true);
    };
    const type = (text: string) => {
        onChange(text);
        setMade(false);
    };
    return (
        <FormGroup label={label} fieldId={id} isRequired>
            <InputGroup>
                <InputGroupItem isFill>
                    <TextInput
                        id={id}
                        type="password"
                        value={value}
                        dir="ltr"
                        autoComplete="new-password"
                        spellCheck={false}
                        validated={problem ? "error" : "default"}
                        onChange={(_event, text) => type(text)}
                    />
                </InputGroupItem>
                <InputGroupItem>
                    <Button variant="control" onClick={make}>
                        {_("Generate")}
                    </Button>
                </InputGroupItem>
            </InputGroup>
            {isMade && (
                <p className="bams-space-above">
                    <ClipboardCopy
                        variant="inline-compact"
                        isCode
                        data-secret={id}
                    >
                        {value}
                    </ClipboardCopy>
                </p>
            )}
            <FieldHint
                problem={problem}
                help={isMade ? _("Note it down now. It is shown only here, and never again.") : _("12 to 16 signs.")}
            />
        </FormGroup>
    );
}
