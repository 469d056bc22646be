import {
    Card, CardBody, CardHeader, CardTitle, FormSelect, FormSelectOption, Label, Toolbar, ToolbarContent, ToolbarItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useCallback, useEffect, useState } from "react";

import { type BaculaStatus, type BaculaVolume, listVolumes } from "../../api/bacula";
import { useAnswer, useObjects } from "../../api/hooks";
import { LIBRARY, type TapeLibrary } from "../../api/tape";
import { s, u } from "../../api/wire";
import { ActionButton } from "../../components/ActionButton";
import { ErrorAlert } from "../../components/ErrorAlert";
import { FindInput } from "../../components/FindInput";
import { NothingHere } from "../../components/NothingHere";
import { Button, Spinner } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { bytes, time } from "../../format";
import { _, fill } from "../../text";
import { Inventory } from "./Inventory";
import { LabelVolumes } from "./LabelVolumes";
import { Outcomes } from "./Outcomes";
import { Word } from "./Word";
import { OPERATE, libraryOf, volumeState, whereText } from "./words";

const PAGE = 50;
const TYPING_MS = 400;

function VolumeRow({ volume }: { volume: BaculaVolume }) {
    const { text, look } = volumeState(volume);
    return (
        <Tr>
            <Td dataLabel={_("Volume")} className="bams-wrap">
                {volume.name}
                <div className="bams-quiet">{volume.media_type}</div>
            </Td>
            <Td dataLabel={_("Pool")} className="bams-wrap">
                {volume.pool}
            </Td>
            <Td dataLabel={_("State")}>
                <Word text={volume.status} look={look} />
                {text && <div className="bams-quiet">{text}</div>}
            </Td>
            <Td dataLabel={_("Where")} className="bams-wrap">
                {whereText(volume)}
                {volume.needs_inventory && (
                    <div>
                        <Label isCompact variant="outline" status="warning">
                            {volume.slot && volume.in_changer
                                ? fill(_("The catalog says slot {slot}"), { slot: volume.slot })
                                : _("The catalog says no slot")}
                        </Label>
                    </div>
                )}
            </Td>
            <Td dataLabel={_("Written")} className="bams-number">
                {bytes(volume.bytes)}
            </Td>
            <Td dataLabel={_("Last written")}>{volume.last_written ? time(volume.last_written) : _("never")}</Td>
        </Tr>
    );
}

/** A text that follows another one when nobody has typed for a moment. */
function useSettled(text: string): string {
    const [settled, setSettled] = useState(text);
    useEffect(() => {
        const timer = setTimeout(() => setSettled(text), TYPING_MS);
        return () => clearTimeout(timer);
    }, [text]);
    return settled;
}

function useVolumes(filter: string, pool: string, cursor: string, round: number) {
    const ask = useCallback(() => {
        void round;
        return listVolumes({ limit: u(PAGE), cursor: s(cursor), pool: s(pool), filter: s(filter) });
    }, [filter, pool, cursor, round]);
    return useAnswer(ask);
}

function VolumesTable({ pools, round }: { pools: readonly string[]; round: number }) {
    const [text, setText] = useState("");
    const [pool, setPool] = useState("");
    const [cursors, setCursors] = useState<string[]>([]);
    const filter = useSettled(text);
    const { value, error } = useVolumes(filter, pool, cursors.at(-1) ?? "", round);
    const [volumes, next] = value ?? [undefined, ""];
    const isNarrowed = filter !== "" || pool !== "";
    return (
        <>
            <Toolbar inset={{ default: "insetNone" }}>
                <ToolbarContent alignItems="center">
                    <ToolbarItem>
                        <FindInput
                            text={text}
                            label={_("Find a volume")}
                            onChange={(typed) => {
                                setText(typed);
                                setCursors([]);
                            }}
                        />
                    </ToolbarItem>
                    <ToolbarItem>
                        <FormSelect
                            aria-label={_("Pool")}
                            value={pool}
                            onChange={(_event, name) => {
                                setPool(name);
                                setCursors([]);
                            }}
                        >
                            <FormSelectOption value="" label={_("All pools")} />
                            {pools.map((name) => (
                                <FormSelectOption key={name} value={name} label={name} />
                            ))}
                        </FormSelect>
                    </ToolbarItem>
                </ToolbarContent>
            </Toolbar>
            {error && <ErrorAlert error={error} />}
            {!error && !volumes && <Spinner size="lg" aria-label={_("Asking the Director")} />}
            {volumes?.length === 0 && (
                <NothingHere compact title={isNarrowed ? _("Nothing of that name") : _("No volume in the catalog")}>
                    {isNarrowed
                        ? _("Look for another part of the name, or in all pools.")
                        : _("Label the cartridges of a library, and Bacula can write to them.")}
                </NothingHere>
            )}
            {volumes && volumes.length > 0 && (
                <Table variant="compact" aria-label={_("Volumes")}>
                    <Thead>
                        <Tr>
                            <Th>{_("Volume")}</Th>
                            <Th>{_("Pool")}</Th>
                            <Th>{_("State")}</Th>
                            <Th>{_("Where")}</Th>
                            <Th>{_("Written")}</Th>
                            <Th>{_("Last written")}</Th>
                        </Tr>
                    </Thead>
                    <Tbody>
                        {volumes.map((volume) => (
                            <VolumeRow key={volume.name} volume={volume} />
                        ))}
                    </Tbody>
                </Table>
            )}
            {(next !== "" || cursors.length > 0) && (
                <div className="bams-inset">
                    <Button
                        variant="link"
                        isDisabled={cursors.length === 0}
                        onClick={() => setCursors(cursors.slice(0, -1))}
                    >
                        {_("Previous page")}
                    </Button>
                    <span className="bams-quiet">{fill(_("Page {number}"), { number: cursors.length + 1 })}</span>
                    <Button variant="link" isDisabled={next === ""} onClick={() => setCursors([...cursors, next])}>
                        {_("Next page")}
                    </Button>
                </div>
            )}
        </>
    );
}

export function VolumesTab({ status, round }: { status: BaculaStatus; round: number }) {
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const pools = status.pools ?? [];
    const storages = (status.storages ?? []).filter((name) => libraryOf(name, libraries));
    const refusal = !status.director_reachable
        ? { refusal: _("The Director does not answer, and only it can do this.") }
        : storages.length === 0
          ? { refusal: _("The Director knows no tape library of this host. Give it its part of the configuration.") }
          : {};
    const actions = (
        <>
            <ActionButton
                action={OPERATE}
                variant="secondary"
                onClick={() => openDialog((close) => <Inventory storages={storages} onClose={close} />)}
                {...refusal}
            >
                {_("Inventory")}
            </ActionButton>{" "}
            <ActionButton
                action={OPERATE}
                onClick={() => openDialog((close) => <LabelVolumes {...{ storages, pools }} onClose={close} />)}
                {...refusal}
            >
                {_("Label cartridges")}
            </ActionButton>
        </>
    );
    return (
        <>
            <Outcomes />
            <Card>
                <CardHeader actions={{ actions, hasNoOffset: true }} className="bams-head">
                    <CardTitle component="h2">{_("Volumes")}</CardTitle>
                </CardHeader>
                <CardBody className="bams-table-body">
                    {status.director_reachable ? (
                        <VolumesTable pools={pools} round={round} />
                    ) : (
                        <NothingHere compact title={_("Volumes are not known")}>
                            {_("Only the Director's catalog has them. What to set up stands above.")}
                        </NothingHere>
                    )}
                </CardBody>
            </Card>
        </>
    );
}
