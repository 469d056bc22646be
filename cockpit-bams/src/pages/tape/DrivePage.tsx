import {
    Card, CardBody, CardTitle, Content, ExpandableSection, Gallery, Label, Stack, StackItem,
} from "@patternfly/react-core";

import type { TapeDrive, TapeLibrary } from "../../api/tape";
import { CopyableText } from "../../components/CopyableText";
import { Details } from "../../components/Details";
import { ObjectHead } from "../../components/ObjectHead";
import { StateLabel } from "../../components/StateLabel";
import { bytes, number } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, fill, isolate } from "../../text";
import { DriveActions } from "./DriveActions";
import { DriveAlerts } from "./DriveAlerts";
import { JobProgress } from "./JobProgress";
import { useDrives } from "./LibraryPage";
import { useRunning } from "./moving";
import { useSlots } from "./useSlots";
import {
    cartridgeName, driveText, encryptionText, generationText, isKnownMeasure, matchingText, measureText, slotText,
} from "./words";

const MIB = 2 ** 20;

function valueText(name: string, value: unknown): string {
    if (typeof value !== "number") return String(value);
    if (name.endsWith("_mib")) return bytes(value * MIB);
    if (name.endsWith("bytes_processed")) return bytes(value);
    if (name === "temperature_celsius") return isolate(fill(_("{degrees} °C"), { degrees: number(value) }));
    return number(value);
}

/** What a drive or chip reports, in the words that are known. */
function measured(values: Record<string, unknown>): [string, string][] {
    return Object.entries(values)
        .filter(([name, value]) => isKnownMeasure(name) && typeof value !== "object" && typeof value !== "boolean")
        .map(([name, value]) => [measureText(name), valueText(name, value)]);
}

/** Counters of the cartridge that drives of each maker name differently: as the drive says them. */
function statistics(health: Record<string, unknown>): [string, string][] {
    const found = health["volume_statistics"];
    if (typeof found !== "object" || found === null) return [];
    return Object.entries(found).map(([name, value]) => [measureText(name), valueText(name, value)]);
}

function HealthCard({ drive }: { drive: TapeDrive }) {
    const entries = measured(drive.Health);
    return (
        <Card isFullHeight>
            <CardTitle component="h3">{_("Health")}</CardTitle>
            <CardBody>
                {drive.HealthReported ? (
                    <Details entries={entries} />
                ) : (
                    <Content component="p">
                        {drive.HeldBy
                            ? _("It was not asked: a program holds the drive, and is not disturbed.")
                            : _("This drive tells nothing about its health.")}
                    </Content>
                )}
            </CardBody>
        </Card>
    );
}

function CartridgeCard({ drive }: { drive: TapeDrive }) {
    const { State, Barcode, SourceSlot, Cartridge, Health } = drive;
    if (State !== "loaded") return null;
    const counted = statistics(Health);
    const name = Barcode ? <Link to={["tape", "cartridges", Barcode]}>{Barcode}</Link> : cartridgeName(Barcode);
    return (
        <StackItem>
            <Card>
                <CardTitle component="h3">{_("Cartridge in it")}</CardTitle>
                <CardBody>
                    <Details
                        entries={[
                            [_("Barcode"), name],
                            [_("Comes from"), SourceSlot > 0 ? slotText(SourceSlot) : _("not known")],
                            ...measured(Cartridge),
                        ]}
                    />
                    {counted.length > 0 && (
                        <ExpandableSection toggleText={_("What it counts, in the words of the drive")}>
                            <Details entries={counted} />
                        </ExpandableSection>
                    )}
                </CardBody>
            </Card>
        </StackItem>
    );
}

export function DrivePage({ library, drive }: { library: TapeLibrary; drive: TapeDrive }) {
    const drives = useDrives(library);
    const { latest: slots } = useSlots(library);
    const jobs = useRunning(drive.path);
    const { Serial, Vendor, Product, Revision, Generation, Device, ScsiGeneric, State, HeldBy, Encryption } = drive;
    return (
        <>
            <ObjectHead
                trail={[[library.Name, placeOf(library.path) ?? []]]}
                title={driveText(drive.Index)}
                state={<StateLabel state={State} />}
                actions={<DriveActions {...{ library, drive, drives, slots }} />}
            />
            {jobs.map((job) => (
                <JobProgress key={job.path} job={job} />
            ))}
            <DriveAlerts drive={drive} />
            <Stack hasGutter>
                <CartridgeCard drive={drive} />
                <StackItem>
                    <Gallery hasGutter minWidths={{ default: "min(100%, 28rem)" }}>
                        <Card isFullHeight>
                            <CardTitle component="h3">{_("Drive")}</CardTitle>
                            <CardBody>
                                <Details
                                    entries={[
                                        [
                                            _("Cleaning"),
                                            drive.NeedsCleaning && (
                                                <Label isCompact status="warning">
                                                    {_("Needs cleaning")}
                                                </Label>
                                            ),
                                        ],
                                        [_("Held by"), HeldBy],
                                        [_("Device"), Device && <CopyableText text={Device} />],
                                        [_("SCSI generic device"), ScsiGeneric && <CopyableText text={ScsiGeneric} />],
                                        [_("Found"), matchingText(drive.Matching)],
                                        [_("Model"), `${Vendor} ${Product}`.trim()],
                                        [_("Generation"), Generation > 0 && generationText(Generation)],
                                        [_("Serial number"), Serial],
                                        [_("Firmware"), Revision],
                                        [_("Encryption"), encryptionText(Encryption)],
                                    ]}
                                />
                            </CardBody>
                        </Card>
                        <HealthCard drive={drive} />
                    </Gallery>
                </StackItem>
            </Stack>
        </>
    );
}
