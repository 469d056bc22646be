import { Checkbox, FormGroup } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { Candidate } from "../../api/disk";
import type { Answered } from "../../api/hooks";
import { ErrorAlert } from "../../components/ErrorAlert";
import { Alert, Spinner } from "../../components/spoken";
import { bytes } from "../../format";
import { _, fill } from "../../text";

interface Props {
    disks: Answered<Candidate[]>;
    chosen: readonly string[];
    onChoose: (ids: string[]) => void;
    wipe: boolean;
    onWipe: (wipe: boolean) => void;
}

export function withOldContent(disks: readonly Candidate[] | undefined, chosen: readonly string[]): Candidate[] {
    return (disks ?? []).filter(({ id, signature }) => chosen.includes(id) && Boolean(signature));
}

function description({ model, serial, rotational, smart }: Candidate): string {
    const kind = rotational === undefined ? "" : rotational ? _("hard disk") : _("SSD");
    const health = smart === "failed" ? _("SMART: failed") : "";
    return [model, serial, kind, health].filter(Boolean).join(", ");
}

/** The disks of this host. Those that cannot be used stand below, with the reason. */
export function DiskChooser({ disks, chosen, onChoose, wipe, onWipe }: Props) {
    const { value, error } = disks;
    if (error) return <ErrorAlert error={error} />;
    if (!value) return <Spinner size="lg" aria-label={_("Looking at the disks")} />;
    const sorted = [...value].sort((a, b) => Number(b.candidate) - Number(a.candidate) || a.id.localeCompare(b.id));
    const without = (id: string) => chosen.filter((known) => known !== id);
    const choose = (id: string, on: boolean) => onChoose(on ? [...chosen, id] : without(id));
    const old = withOldContent(value, chosen);
    return (
        <>
            <FormGroup label={_("Disks")} role="group" fieldId="disks">
                <Table variant="compact" aria-label={_("Disks")} borders={false}>
                    <Thead>
                        <Tr>
                            <Th screenReaderText={_("Choose")} modifier="fitContent" />
                            <Th>{_("Disk")}</Th>
                            <Th>{_("Size")}</Th>
                            <Th>{_("State")}</Th>
                        </Tr>
                    </Thead>
                    <Tbody>
                        {sorted.map((disk) => (
                            <Tr key={disk.id}>
                                <Td>
                                    <Checkbox
                                        id={`disk-${disk.id}`}
                                        aria-label={disk.path}
                                        isChecked={chosen.includes(disk.id)}
                                        isDisabled={!disk.candidate}
                                        onChange={(_event, on) => choose(disk.id, on)}
                                    />
                                </Td>
                                <Td dataLabel={_("Disk")} className="bams-wrap">
                                    {disk.path}
                                    <div className="bams-quiet">{description(disk)}</div>
                                </Td>
                                <Td dataLabel={_("Size")} className="bams-number">
                                    {bytes(disk.size)}
                                </Td>
                                <Td dataLabel={_("State")} className="bams-wrap">
                                    {disk.signature
                                        ? fill(_("has old content: {what}"), { what: disk.signature })
                                        : disk.candidate
                                          ? _("free")
                                          : ""}
                                    {!disk.candidate && (
                                        <div className="bams-quiet">{(disk.refusals ?? []).join(" ")}</div>
                                    )}
                                </Td>
                            </Tr>
                        ))}
                    </Tbody>
                </Table>
                {value.length === 0 && <p>{_("This host has no disk.")}</p>}
            </FormGroup>
            {old.length > 0 && (
                <Alert isInline variant="warning" title={_("What stands on these disks will be lost")}>
                    <Checkbox
                        id="disks-wipe"
                        label={fill(_("Wipe {disks}"), { disks: old.map(({ path }) => path).join(", ") })}
                        isChecked={wipe}
                        onChange={(_event, on) => onWipe(on)}
                    />
                </Alert>
            )}
        </>
    );
}
