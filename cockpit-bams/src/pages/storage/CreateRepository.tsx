import { Checkbox, FormGroup, FormSelect, FormSelectOption, Radio, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { POOL, type DiskPool, createRepository } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { type Options, b, s } from "../../api/wire";
import { FieldHint } from "../../components/FieldHint";
import { PlanDialog } from "../../components/PlanDialog";
import { SizeInput } from "../../components/SizeInput";
import { bytes } from "../../format";
import { _, fill } from "../../text";
import { isThin, nameProblem, poolKind, poolName } from "./words";

type Use = "block" | "filesystem";

export function CreateRepository({ pool: given, onClose }: { pool?: DiskPool; onClose: () => void }) {
    const pools = useObjects<DiskPool>(POOL);
    const [path, setPath] = useState(given?.path ?? pools[0]?.path ?? "");
    const [name, setName] = useState("");
    const [size, setSize] = useState<number | null>(null);
    const [use, setUse] = useState<Use>("filesystem");
    const [filesystem, setFilesystem] = useState("xfs");
    const [sparse, setSparse] = useState(false);
    const pool = pools.find((known) => known.path === path);
    const problem = nameProblem(name);
    const isZfs = pool?.Kind === "zfs";

    const options = (common: Options): Options => ({
        ...common,
        use: s(use),
        ...(use === "filesystem" ? { filesystem: s(filesystem) } : {}),
        ...(isZfs ? { sparse: b(sparse) } : {}),
    });
    const isReady = pool !== undefined && name !== "" && problem === "" && size !== null;
    return (
        <PlanDialog
            title={_("Create a repository")}
            verb={_("Create")}
            isReady={isReady}
            change={(common) => createRepository(name, pool ? poolName(pool, pools) : "", size ?? 0, options(common))}
            onClose={onClose}
        >
            <FormGroup label={_("Name")} fieldId="repository-name" isRequired>
                <TextInput
                    id="repository-name"
                    value={name}
                    autoFocus
                    validated={problem ? "error" : "default"}
                    onChange={(_event, value) => setName(value)}
                />
                <FieldHint problem={problem} />
            </FormGroup>
            <FormGroup label={_("Pool")} fieldId="repository-pool">
                <FormSelect id="repository-pool" value={path} onChange={(_event, value) => setPath(value)}>
                    {pools.map((known) => (
                        <FormSelectOption
                            key={known.path}
                            value={known.path}
                            label={fill(_("{name} – {kind}, {free} free"), {
                                name: known.Name,
                                kind: poolKind(known.Kind),
                                free: bytes(known.Size > 0 ? known.Free : null),
                            })}
                        />
                    ))}
                </FormSelect>
            </FormGroup>
            <FormGroup label={_("Size")} fieldId="repository-size" isRequired>
                <SizeInput id="repository-size" value={size} onChange={setSize} />
                {pool && size !== null && size > pool.Free && (
                    <FieldHint
                        warning={
                            isThin(pool) || sparse
                                ? _("This is more than the pool has free. It works as long as less is written.")
                                : fill(_("The pool has only {free} free."), { free: bytes(pool.Free) })
                        }
                    />
                )}
            </FormGroup>
            <FormGroup role="radiogroup" label={_("Use")} fieldId="repository-use" isStack>
                <Radio
                    id="use-filesystem"
                    name="use"
                    label={_("File system")}
                    description={_("Mounted on this host, for Bacula's disk volumes.")}
                    isChecked={use === "filesystem"}
                    onChange={() => setUse("filesystem")}
                />
                <Radio
                    id="use-block"
                    name="use"
                    label={_("Block device")}
                    description={_("A raw device, for other hosts through iSCSI.")}
                    isChecked={use === "block"}
                    onChange={() => setUse("block")}
                />
            </FormGroup>
            {use === "filesystem" && (
                <FormGroup label={_("File system")} fieldId="repository-filesystem">
                    <FormSelect
                        id="repository-filesystem"
                        value={filesystem}
                        onChange={(_event, value) => setFilesystem(value)}
                    >
                        <FormSelectOption value="xfs" label="XFS" />
                        <FormSelectOption value="ext4" label="ext4" />
                    </FormSelect>
                </FormGroup>
            )}
            {isZfs && (
                <Checkbox
                    id="repository-sparse"
                    label={_("Take space only when written")}
                    description={_("Writes fail when the pool is full, although the repository is not.")}
                    isChecked={sparse}
                    onChange={(_event, checked) => setSparse(checked)}
                />
            )}
        </PlanDialog>
    );
}
