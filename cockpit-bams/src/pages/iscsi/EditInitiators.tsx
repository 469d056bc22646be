import { Checkbox, FormFieldGroup, FormFieldGroupHeader, FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { type Group, type IscsiTarget, updateTarget } from "../../api/iscsi";
import { as, of, s } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { Button } from "../../components/spoken";
import { _, fill } from "../../text";
import { WordsInput } from "./WordsInput";
import { useApply } from "./useApply";
import { DEFAULT_GROUP, initiatorsProblem, splitWords } from "./words";

const GROUP_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** A group while it is written. */
interface Draft {
    name: string;
    initiators: string;
    luns: number[] | undefined;
}

function draft({ name, initiators, luns }: Group): Draft {
    return { name, initiators: initiators.join("\n"), luns };
}

function sent({ name, initiators, luns }: Draft): Record<string, unknown> {
    const seen = luns ? { luns: of("au", luns) } : {};
    return { name: s(name), initiators: as(splitWords(initiators)), ...seen };
}

function nameProblem(groups: readonly Draft[], { name }: Draft): string {
    if (groups.filter((other) => other.name === name).length > 1) return _("There is a group of this name already.");
    return GROUP_NAME.test(name) ? "" : _("Use a to z, 0 to 9, _ and -, at most 32.");
}

interface FieldsProps {
    index: number;
    group: Draft;
    numbers: readonly number[];
    problem: string;
    onChange: (group: Draft | null) => void;
}

function GroupFields({ index, group, numbers, problem, onChange }: FieldsProps) {
    const { name, initiators, luns } = group;
    const id = `group-${index}`;
    const see = (number: number, on: boolean) =>
        onChange({ ...group, luns: numbers.filter((known) => (known === number ? on : luns?.includes(known))) });
    return (
        <>
            {index > 0 && (
                <FormGroup label={_("Name of the group")} fieldId={`${id}-name`} isRequired>
                    <TextInput
                        id={`${id}-name`}
                        value={name}
                        validated={problem ? "error" : "default"}
                        onChange={(_event, value) => onChange({ ...group, name: value })}
                    />
                    <FieldHint problem={problem} />
                </FormGroup>
            )}
            <WordsInput
                id={`${id}-initiators`}
                label={_("Initiators that may log in")}
                value={initiators}
                onChange={(text) => onChange({ ...group, initiators: text })}
                problem={initiatorsProblem(splitWords(initiators))}
                help={_("One name a line. As long as there is none, nobody gets in.")}
            />
            <Checkbox
                id={`${id}-all`}
                label={_("They see all LUNs")}
                isChecked={luns === undefined}
                onChange={(_event, on) => onChange({ ...group, luns: on ? undefined : [...numbers] })}
            />
            {luns !== undefined && (
                <FormGroup role="group" label={_("LUNs that they see")} fieldId={`${id}-luns`} isInline>
                    {numbers.map((number) => (
                        <Checkbox
                            key={number}
                            id={`${id}-lun-${number}`}
                            label={String(number)}
                            isChecked={luns.includes(number)}
                            onChange={(_event, on) => see(number, on)}
                        />
                    ))}
                    {numbers.length === 0 && _("The target has no LUN yet.")}
                </FormGroup>
            )}
            {index > 0 && (
                <Button variant="link" isInline isDanger onClick={() => onChange(null)}>
                    {_("Remove this group")}
                </Button>
            )}
        </>
    );
}

/** Who may log in. Groups are for initiators that see different LUNs. */
export function EditInitiators({ target, onClose }: { target: IscsiTarget; onClose: () => void }) {
    const [groups, setGroups] = useState<Draft[]>(() => {
        const known = target.Groups.map(draft);
        const first = known.find(({ name }) => name === DEFAULT_GROUP);
        return [
            first ?? { name: DEFAULT_GROUP, initiators: "", luns: undefined },
            ...known.filter((group) => group !== first),
        ];
    });
    const applying = useApply();
    const numbers = target.Luns.map(([number]) => number);
    const become = (index: number, group: Draft | null) =>
        setGroups(groups.flatMap((known, at) => (at !== index ? [known] : group ? [group] : [])));
    const isReady = groups.every(
        (group) => nameProblem(groups, group) === "" && initiatorsProblem(splitWords(group.initiators)) === "",
    );
    return (
        <PlanDialog
            title={fill(_("Initiators of {name}"), { name: target.Iqn })}
            verb={_("Change")}
            isReady={isReady}
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) =>
                updateTarget(target.Iqn, { ...applying.options(common), groups: of("aa{sv}", groups.map(sent)) })
            }
            onClose={onClose}
        >
            {groups.map((group, index) => {
                const fields = (
                    <GroupFields
                        index={index}
                        group={group}
                        numbers={numbers}
                        problem={nameProblem(groups, group)}
                        onChange={(next) => become(index, next)}
                    />
                );
                if (groups.length === 1) return <div key={index} className="bams-list">{fields}</div>;
                const title = group.name === DEFAULT_GROUP ? _("Default group") : group.name || _("New group");
                return (
                    <FormFieldGroup
                        key={index}
                        header={<FormFieldGroupHeader titleText={{ text: title, id: `group-title-${index}` }} />}
                    >
                        {fields}
                    </FormFieldGroup>
                );
            })}
            <Button
                variant="link"
                isInline
                onClick={() => setGroups([...groups, { name: "", initiators: "", luns: undefined }])}
            >
                {_("Add a group that sees other LUNs")}
            </Button>
            {applying.field}
        </PlanDialog>
    );
}
