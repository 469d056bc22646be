import { Card, CardBody, CardHeader, CardTitle, Label } from "@patternfly/react-core";
import { TapeIcon } from "@patternfly/react-icons/dist/esm/icons/tape-icon";
import { type DragEvent, memo } from "react";

import type { Slot, TapeDrive, TapeLibrary } from "../../api/tape";
import { StateLabel } from "../../components/StateLabel";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { DriveActions } from "./DriveActions";
import { DriveAlerts } from "./DriveAlerts";
import { JobProgress } from "./JobProgress";
import { useRunning } from "./moving";
import { cartridgeName, driveText, generationText } from "./words";

interface Props {
    library: TapeLibrary;
    drive: TapeDrive;
    drives: readonly TapeDrive[];
    slots: () => readonly Slot[];
    isSource: boolean;
    /** What the chosen cartridge would do here: load it or clean it; empty when it cannot come here. */
    offer: string;
    onChoose: (drive: TapeDrive) => void;
    onTarget: (drive: TapeDrive) => void;
}

/** What is in the drive, such that it can be pulled into a slot. */
function Content({ drive, onChoose }: Pick<Props, "drive" | "onChoose">) {
    const { State, Barcode, SourceSlot } = drive;
    if (State !== "loaded") {
        return <p className="bams-quiet bams-space-below">{State === "empty" ? _("No cartridge in it.") : ""}</p>;
    }
    const onDragStart = (event: DragEvent) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", Barcode);
        onChoose(drive);
    };
    return (
        <div className="bams-drive-content" draggable onDragStart={onDragStart}>
            <TapeIcon />
            <span className="bams-barcode">
                {Barcode ? <Link to={["tape", "cartridges", Barcode]}>{Barcode}</Link> : cartridgeName(Barcode)}
            </span>
            {SourceSlot > 0 && (
                <span className="bams-quiet">{fill(_("from slot {number}"), { number: SourceSlot })}</span>
            )}
        </div>
    );
}

export const DriveCard = memo(function DriveCard(props: Props) {
    const { library, drive, drives, slots, isSource, offer, onChoose, onTarget } = props;
    const jobs = useRunning(drive.path);
    const { Index, State, Vendor, Product, Generation, Device, HeldBy, NeedsCleaning } = drive;
    const accept = (event: DragEvent) => {
        if (offer === "") return;
        event.preventDefault();
        if (event.type === "drop") onTarget(drive);
    };
    const mark = isSource ? "bams-drive-source" : offer ? "bams-drive-target" : "";
    const model = [`${Vendor} ${Product}`.trim(), Generation > 0 ? generationText(Generation) : ""];
    return (
        <Card isCompact isFullHeight className={mark} onDragOver={accept} onDrop={accept}>
            <CardHeader
                actions={{
                    actions: (
                        <DriveActions
                            {...{ library, drive, drives, slots, offer }}
                            onChoose={() => onChoose(drive)}
                            onOffer={() => onTarget(drive)}
                        />
                    ),
                    hasNoOffset: true,
                }}
            >
                <CardTitle component="h3">
                    <Link to={placeOf(drive.path) ?? []}>{driveText(Index)}</Link> <StateLabel state={State} />
                </CardTitle>
            </CardHeader>
            <CardBody>
                <Content drive={drive} onChoose={onChoose} />
                {jobs.map((job) => (
                    <JobProgress key={job.path} job={job} />
                ))}
                {NeedsCleaning && (
                    <p className="bams-space-below">
                        <Label isCompact status="warning">
                            {_("Needs cleaning")}
                        </Label>
                    </p>
                )}
                <DriveAlerts drive={drive} />
                <p className="bams-quiet bams-wrap">{model.filter(Boolean).join(", ")}</p>
                <p className="bams-quiet bams-wrap">{Device || _("This host does not see its device.")}</p>
                {HeldBy !== "" && (
                    <p className="bams-quiet bams-wrap">{fill(_("Held by {program}"), { program: HeldBy })}</p>
                )}
            </CardBody>
        </Card>
    );
});
