import { ActionGroup, Checkbox, Form, FormGroup, NumberInput, TextInput } from "@patternfly/react-core";

import type { DiskRepository } from "../../api/disk";
import type { TapeLibrary } from "../../api/tape";
import { FieldHint } from "../../components/FieldHint";
import { Button } from "../../components/spoken";
import { Link } from "../../routing";
import { _, fill, ngettext } from "../../text";
import { type Choice, MOST_DEVICES, usable } from "./choice";

function without(list: readonly string[], name: string, on: boolean): string[] {
    return on ? list.filter((known) => known !== name) : [...list, name];
}

interface Props {
    choice: Choice;
    libraries: readonly TapeLibrary[];
    repositories: readonly DiskRepository[];
    onChange: (choice: Choice) => void;
    onShow: () => void;
    loading: boolean;
}

function Libraries({ choice, libraries, onChange }: Pick<Props, "choice" | "libraries" | "onChange">) {
    if (libraries.length === 0) return <p>{_("This host has no tape library.")}</p>;
    return libraries.map(({ Name, Vendor, Product, DriveCount, Error }) => (
        <Checkbox
            key={Name}
            id={`library-${Name}`}
            label={Name}
            description={[
                `${Vendor} ${Product}`.trim(),
                ngettext("{count} drive", "{count} drives", DriveCount),
                Error,
            ].filter(Boolean).join(", ")}
            isChecked={!choice.withoutLibraries.includes(Name)}
            onChange={(_event, on) =>
                onChange({ ...choice, withoutLibraries: without(choice.withoutLibraries, Name, on) })
            }
        />
    ));
}

function Repositories({ choice, repositories, onChange }: Pick<Props, "choice" | "repositories" | "onChange">) {
    const found = usable(repositories);
    if (found.length === 0) {
        return (
            <p>
                {_("This host has no repository with a file system.")}{" "}
                <Link to={["storage"]}>{_("Create one")}</Link>
            </p>
        );
    }
    return found.map(({ Name, MountPoint, Mounted }) => {
        const isIn = !choice.withoutRepositories.includes(Name);
        return (
            <Checkbox
                key={Name}
                id={`repository-${Name}`}
                label={Name}
                description={<span className="bams-wrap">{Mounted ? MountPoint : _("not mounted")}</span>}
                isChecked={isIn}
                onChange={(_event, on) =>
                    onChange({ ...choice, withoutRepositories: without(choice.withoutRepositories, Name, on) })
                }
                {...(isIn
                    ? {
                          body: (
                              <Checkbox
                                  id={`virtual-${Name}`}
                                  label={fill(_("The devices of {name} form an autochanger"), { name: Name })}
                                  isChecked={choice.virtual.includes(Name)}
                                  onChange={(_event, on) =>
                                      onChange({ ...choice, virtual: without(choice.virtual, Name, !on) })
                                  }
                              />
                          ),
                      }
                    : {})}
            />
        );
    });
}

function DeviceCount({ choice, onChange }: Pick<Props, "choice" | "onChange">) {
    const set = (devices: number) =>
        onChange({ ...choice, devices: Math.min(MOST_DEVICES, Math.max(1, Math.round(devices) || 1)) });
    return (
        <FormGroup label={_("Devices for each repository")} fieldId="devices-per-repository">
            <NumberInput
                value={choice.devices}
                min={1}
                max={MOST_DEVICES}
                inputProps={{ id: "devices-per-repository" }}
                inputAriaLabel={_("Devices for each repository")}
                minusBtnAriaLabel={_("One less")}
                plusBtnAriaLabel={_("One more")}
                onMinus={() => set(choice.devices - 1)}
                onPlus={() => set(choice.devices + 1)}
                onChange={(event) => set(Number(event.currentTarget.value))}
            />
            <FieldHint help={_("How many volumes can be open at once, so that as many jobs write side by side.")} />
        </FormGroup>
    );
}

function DirectorFields({ choice, onChange }: Pick<Props, "choice" | "onChange">) {
    return (
        <>
            <FormGroup label={_("Name of the Director")} fieldId="director-name">
                <TextInput
                    id="director-name"
                    value={choice.director}
                    placeholder="bacula-dir"
                    onChange={(_event, director) => onChange({ ...choice, director })}
                />
                <FieldHint help={_("Counts only where bacula-sd.conf names no Director yet.")} />
            </FormGroup>
            <FormGroup label={_("Address of this host for the Director")} fieldId="director-address">
                <TextInput
                    id="director-address"
                    value={choice.address}
                    onChange={(_event, address) => onChange({ ...choice, address })}
                />
                <FieldHint help={_("Left empty, it is the address in bacula-sd.conf.")} />
            </FormGroup>
            <Checkbox
                id="local-director"
                label={_("Also set up the Director on this host")}
                description={_("Only when bacula-dir.conf is here too. It is told to read its configuration again.")}
                isChecked={choice.localDirector}
                onChange={(_event, localDirector) => onChange({ ...choice, localDirector })}
            />
        </>
    );
}

/** What the storage daemon is to use. Nothing is changed by it. */
export function ChoiceForm(props: Props) {
    const { choice, onChange, onShow, loading } = props;
    return (
        <Form
            isWidthLimited
            onSubmit={(event) => {
                event.preventDefault();
                onShow();
            }}
        >
            <FormGroup role="group" label={_("Tape libraries")} fieldId="libraries" isStack>
                <Libraries {...props} />
            </FormGroup>
            <FormGroup role="group" label={_("Repositories")} fieldId="repositories" isStack>
                <Repositories {...props} />
            </FormGroup>
            <DeviceCount choice={choice} onChange={onChange} />
            <DirectorFields choice={choice} onChange={onChange} />
            <ActionGroup>
                <Button type="submit" variant="primary" isLoading={loading} isDisabled={loading}>
                    {_("Show what would change")}
                </Button>
            </ActionGroup>
        </Form>
    );
}
