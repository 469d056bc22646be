import { Card, CardBody, CardTitle, Gallery } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { getStatus } from "../../api/bacula";
import { POOL, REPOSITORY, type DiskPool, type DiskRepository } from "../../api/disk";
import { useAnswer, useDiscovering, useObject, useObjects } from "../../api/hooks";
import { type Iscsi, type IscsiTarget, ISCSI, TARGET } from "../../api/iscsi";
import type { DeviceArea } from "../../api/manager";
import { DRIVE, LIBRARY, type TapeDrive, type TapeLibrary } from "../../api/tape";
import { LookingLine } from "../../components/Looking";
import { StateLabel } from "../../components/StateLabel";
import { UsageBar } from "../../components/UsageBar";
import { Link } from "../../routing";
import { _, fill, ngettext } from "../../text";
import { takenBytes } from "../storage/words";

interface AreaProps {
    title: string;
    place: string[];
    /** Which devices it is about, where it is about any. */
    devices?: DeviceArea;
    /** What is not as it should be: the name and state of each. */
    trouble: [name: string, state: string][];
    children: ReactNode;
}

const MOST = 4;

function Area({ title, place, devices, trouble, children }: AreaProps) {
    const isLooking = useDiscovering(devices);
    return (
        <Card isFullHeight>
            <CardTitle component="h2">
                <Link to={place}>{title}</Link>
            </CardTitle>
            <CardBody>
                {devices && isLooking ? <LookingLine area={devices} /> : children}
                {trouble.slice(0, MOST).map(([name, state]) => (
                    <p key={name} className="bams-wrap bams-space-above">
                        {name} <StateLabel state={state} />
                    </p>
                ))}
                {trouble.length > MOST && (
                    <p className="bams-quiet">
                        {ngettext("and {count} more", "and {count} more", trouble.length - MOST)}
                    </p>
                )}
            </CardBody>
        </Card>
    );
}

function StorageArea() {
    const pools = useObjects<DiskPool>(POOL);
    const repositories = useObjects<DiskRepository>(REPOSITORY).filter(({ Owned }) => Owned);
    const states: [string, string][] = [
        ...pools.map(({ Name, Health }): [string, string] => [Name, Health]),
        ...repositories.map(({ Name, State }): [string, string] => [Name, State]),
    ];
    const trouble = states.filter(([, state]) => state !== "online" && state !== "ready");
    // Thin pools lie in a volume group that is counted already.
    const whole = pools.filter(({ Kind }) => Kind !== "lvm-thin");
    return (
        <Area title={_("Storage")} place={["storage"]} devices="disk" trouble={trouble}>
            <p className="bams-space-below">
                {ngettext("{count} pool", "{count} pools", pools.length)},{" "}
                {ngettext("{count} repository", "{count} repositories", repositories.length)}
            </p>
            {whole.slice(0, MOST).map((pool) => (
                <div key={pool.path}>
                    {pool.Name}
                    <UsageBar
                        used={takenBytes(pool)}
                        size={pool.Size}
                        label={fill(_("How full {name} is"), { name: pool.Name })}
                    />
                </div>
            ))}
        </Area>
    );
}

const CALM_DRIVES = ["empty", "loaded"];

function TapeArea() {
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const drives = useObjects<TapeDrive>(DRIVE);
    const slots = libraries.reduce((sum, { SlotCount }) => sum + SlotCount, 0);
    const full = libraries.reduce((sum, { FullCount }) => sum + FullCount, 0);
    const trouble: [string, string][] = [
        ...libraries.filter(({ Error }) => Error !== "").map(({ Name, State }): [string, string] => [Name, State]),
        ...drives
            .filter(({ State, Alerts }) => Alerts.length > 0 || !CALM_DRIVES.includes(State))
            .map(({ Serial, State }): [string, string] => [Serial, State]),
    ];
    const cleaning = drives.filter(({ NeedsCleaning }) => NeedsCleaning).length;
    return (
        <Area title={_("Tape")} place={["tape"]} devices="tape" trouble={trouble}>
            {libraries.length === 0 && drives.length === 0 ? (
                <p>{_("No tape library.")}</p>
            ) : (
                <>
                    <p>
                        {ngettext("{count} library", "{count} libraries", libraries.length)},{" "}
                        {ngettext("{count} drive", "{count} drives", drives.length)}
                    </p>
                    <p>{fill(_("{full} of {slots} slots are full"), { full, slots })}</p>
                    {cleaning > 0 && (
                        <p>{ngettext("{count} drive needs cleaning", "{count} drives need cleaning", cleaning)}</p>
                    )}
                </>
            )}
        </Area>
    );
}

function IscsiArea() {
    const iscsi = useObject<Iscsi>("/org/bams/Iscsi", ISCSI);
    const targets = useObjects<IscsiTarget>(TARGET);
    const sessions = targets.reduce((sum, { SessionCount }) => sum + SessionCount, 0);
    const trouble = targets
        .filter(({ State }) => State !== "in-sync" && State !== "foreign")
        .map(({ Iqn, State }): [string, string] => [Iqn, State]);
    return (
        <Area title={_("iSCSI")} place={["iscsi"]} devices="iscsi" trouble={trouble}>
            <p>
                {ngettext("{count} target", "{count} targets", targets.length)},{" "}
                {ngettext("{count} session", "{count} sessions", sessions)}
            </p>
            {iscsi && iscsi.BackendText !== "" && <p className="bams-quiet bams-wrap">{iscsi.BackendText}</p>}
        </Area>
    );
}

function BaculaArea() {
    const { value: status, error } = useAnswer(getStatus);
    const blocked = (status?.devices ?? []).filter((device) => device.blocked);
    return (
        <Area title={_("Bacula")} place={["bacula"]} trouble={[]}>
            {error && <p className="bams-wrap">{error.message}</p>}
            {status && !status.installed && <p>{_("Bacula's storage daemon is not installed.")}</p>}
            {status?.installed && !status.reachable && (
                <p className="bams-wrap">
                    <StateLabel state="offline" /> {status.problem}
                </p>
            )}
            {status?.reachable && (
                <p>
                    {ngettext("{count} device", "{count} devices", status.devices?.length ?? 0)},{" "}
                    {ngettext("{count} running job", "{count} running jobs", status.running?.length ?? 0)}
                </p>
            )}
            {blocked.slice(0, MOST).map(({ name, blocked: why }) => (
                <p key={name} className="bams-wrap bams-space-above">
                    {name} <StateLabel state="warning" /> {why}
                </p>
            ))}
        </Area>
    );
}

/** Each area in a few words, and what is wrong in it. */
export function HealthCards() {
    return (
        <Gallery hasGutter minWidths={{ default: "min(100%, 16rem)" }}>
            <StorageArea />
            <TapeArea />
            <IscsiArea />
            <BaculaArea />
        </Gallery>
    );
}
