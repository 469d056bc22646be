import { Checkbox, FormGroup, FormSelect, FormSelectOption, Radio, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { type DiskRepository, REPOSITORY } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { type IscsiTarget, TARGET, addLun } from "../../api/iscsi";
import { b, u } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { Alert } from "../../components/spoken";
import { bytes } from "../../format";
import { Link } from "../../routing";
import { _, fill } from "../../text";
import { useApply } from "./useApply";

const NUMBER_LIMIT = 16382;

function numberProblem(text: string): string {
    if (text === "" || (/^\d+$/.test(text) && Number(text) <= NUMBER_LIMIT)) return "";
    return fill(_("Write a number from 0 to {most}."), { most: NUMBER_LIMIT });
}

/** Repositories that can be a disk of others, with the target that has each already. */
function useBlockDevices(): { name: string; size: number; user: string }[] {
    const targets = useObjects<IscsiTarget>(TARGET);
    return useObjects<DiskRepository>(REPOSITORY)
        .filter(({ Owned, Use, State }) => Owned && Use === "block" && State === "ready")
        .map(({ Name, Size }) => ({
            name: Name,
            size: Size,
            user: targets.find(({ Luns }) => Luns.some(([, name]) => name === Name))?.Iqn ?? "",
        }))
        .sort((a, b) => Number(a.user !== "") - Number(b.user !== "") || a.name.localeCompare(b.name));
}

export function AddLun({ target, onClose }: { target: IscsiTarget; onClose: () => void }) {
    const devices = useBlockDevices();
    const [kind, setKind] = useState<"repository" | "file">(devices.length ? "repository" : "file");
    const [repository, setRepository] = useState(devices[0]?.name ?? "");
    const [path, setPath] = useState("");
    const [number, setNumber] = useState("");
    const [readOnly, setReadOnly] = useState(false);
    const [writeThrough, setWriteThrough] = useState(false);
    const [shared, setShared] = useState(false);
    const applying = useApply();
    const what = kind === "repository" ? repository : path.trim();
    const pathProblem = path === "" || path.startsWith("/") ? "" : _("A path begins with /.");
    const problem = numberProblem(number);
    const user = kind === "repository" ? (devices.find(({ name }) => name === repository)?.user ?? "") : "";
    const isReady = what !== "" && problem === "" && (kind === "repository" || pathProblem === "");
    return (
        <PlanDialog
            title={fill(_("Add a LUN to {name}"), { name: target.Iqn })}
            verb={_("Add")}
            isReady={isReady}
            trouble={applying.note}
            dropping={applying.dropping}
            change={async (common) => {
                const [job] = await addLun(target.Iqn, what, {
                    ...applying.options(common),
                    read_only: b(readOnly),
                    write_through: b(writeThrough),
                    shared: b(shared),
                    ...(number ? { lun: u(Number(number)) } : {}),
                });
                return job;
            }}
            onClose={onClose}
        >
            <FormGroup role="radiogroup" label={_("What it is")} fieldId="lun-kind" isStack>
                <Radio
                    id="lun-repository"
                    name="lun-kind"
                    label={_("A repository")}
                    description={_("A block device from Storage.")}
                    isChecked={kind === "repository"}
                    isDisabled={devices.length === 0}
                    onChange={() => setKind("repository")}
                />
                <Radio
                    id="lun-file"
                    name="lun-kind"
                    label={_("A file")}
                    description={_("An image in a mounted repository.")}
                    isChecked={kind === "file"}
                    onChange={() => setKind("file")}
                />
            </FormGroup>
            {devices.length === 0 && (
                <Alert isInline variant="info" component="h2" title={_("There is no repository of use block device")}>
                    <Link to={["storage"]}>{_("Create one on the page Storage")}</Link>
                </Alert>
            )}
            {kind === "repository" ? (
                <FormGroup label={_("Repository")} fieldId="lun-name">
                    <FormSelect id="lun-name" value={repository} onChange={(_event, value) => setRepository(value)}>
                        {devices.map(({ name, size, user: by }) => (
                            <FormSelectOption
                                key={name}
                                value={name}
                                label={fill(by ? _("{name} – {size}, LUN of {target}") : _("{name} – {size}"), {
                                    name,
                                    size: bytes(size),
                                    target: by,
                                })}
                            />
                        ))}
                    </FormSelect>
                </FormGroup>
            ) : (
                <FormGroup label={_("Path of the file")} fieldId="lun-path" isRequired>
                    <TextInput
                        id="lun-path"
                        value={path}
                        dir="ltr"
                        autoComplete="off"
                        spellCheck={false}
                        validated={pathProblem ? "error" : "default"}
                        onChange={(_event, value) => setPath(value)}
                    />
                    <FieldHint problem={pathProblem} help={_("It must be there already.")} />
                </FormGroup>
            )}
            <FormGroup label={_("Number")} fieldId="lun-number">
                <TextInput
                    id="lun-number"
                    value={number}
                    inputMode="numeric"
                    validated={problem ? "error" : "default"}
                    onChange={(_event, value) => setNumber(value)}
                />
                <FieldHint problem={problem} help={_("The lowest free one when it stays empty.")} />
            </FormGroup>
            <Checkbox
                id="lun-read-only"
                label={_("Read only")}
                isChecked={readOnly}
                onChange={(_event, on) => setReadOnly(on)}
            />
            <Checkbox
                id="lun-write-through"
                label={_("Write through")}
                description={_("A write is told done only when it is on the disks. Safer, and slower.")}
                isChecked={writeThrough}
                onChange={(_event, on) => setWriteThrough(on)}
            />
            {user !== "" && (
                <Checkbox
                    id="lun-shared"
                    label={_("Share it with the other target")}
                    description={_("Only for initiators that know of each other, as in a cluster. Others lose data.")}
                    isChecked={shared}
                    onChange={(_event, on) => setShared(on)}
                />
            )}
            {applying.field}
        </PlanDialog>
    );
}
