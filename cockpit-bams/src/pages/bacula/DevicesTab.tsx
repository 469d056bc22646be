import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { BaculaDevice, BaculaStatus } from "../../api/bacula";
import { useObjects } from "../../api/hooks";
import { LIBRARY, type TapeLibrary } from "../../api/tape";
import { NothingHere } from "../../components/NothingHere";
import { Button } from "../../components/spoken";
import { bytes, number } from "../../format";
import { Link, go, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { DeviceActions } from "./DeviceActions";
import { Word } from "./Word";
import { blockedText, conditionOf, deviceState, libraryOf, storageOf } from "./words";

function Changer({ device }: { device: BaculaDevice }) {
    const library = libraryOf(storageOf(device), useObjects<TapeLibrary>(LIBRARY));
    if (!device.autochanger) return <>{_("none")}</>;
    const place = library && placeOf(library.path);
    const name = place ? <Link to={place}>{device.autochanger}</Link> : device.autochanger;
    return (
        <>
            {name}
            <div className="bams-quiet">{fill(_("Drive {number}"), { number: device.drive ?? 0 })}</div>
        </>
    );
}

function Waits({ blocked }: { blocked: string }) {
    const known = blockedText(blocked);
    return (
        <>
            {known && <div className="bams-wrap">{known}</div>}
            <div className="bams-quiet bams-wrap">{fill(_("Bacula says: {words}"), { words: blocked })}</div>
        </>
    );
}

function JobsOf({ device, status }: { device: BaculaDevice; status: BaculaStatus }) {
    const jobs = (status.running ?? []).filter((job) => job.device === device.name);
    return (
        <>
            {number(device.writers ?? 0)}
            {jobs.map(({ jobid, name }) => (
                <div key={jobid} className="bams-quiet bams-wrap">
                    {fill(_("{name} (job {id})"), { name, id: jobid })}
                </div>
            ))}
        </>
    );
}

function DeviceRow({ device, status }: { device: BaculaDevice; status: BaculaStatus }) {
    const { text, look } = deviceState(device);
    return (
        <Tr>
            <Td dataLabel={_("Device")} className="bams-wrap">
                {device.name}
                <div className="bams-quiet">{device.archive_device}</div>
            </Td>
            <Td dataLabel={_("Autochanger")} className="bams-wrap">
                <Changer device={device} />
            </Td>
            <Td dataLabel={_("State")}>
                <Word text={text} look={look} />
                {device.blocked && <Waits blocked={device.blocked} />}
            </Td>
            <Td dataLabel={_("Volume")} className="bams-wrap">
                {device.volume || bytes(null)}
                {device.pool && <div className="bams-quiet">{fill(_("Pool {name}"), { name: device.pool })}</div>}
            </Td>
            <Td dataLabel={_("Writers")}>
                <JobsOf device={device} status={status} />
            </Td>
            <Td dataLabel={_("Written")} className="bams-number">
                {bytes(device.bytes)}
            </Td>
            <Td isActionCell>
                <DeviceActions device={device} status={status} />
            </Td>
        </Tr>
    );
}

function NoDevice({ status }: { status: BaculaStatus }) {
    const configure = (
        <Button variant="link" onClick={() => go(["bacula", "configuration"])}>
            {_("Configure it")}
        </Button>
    );
    if (conditionOf(status) !== "good") {
        return (
            <NothingHere compact title={_("Devices are not known")}>
                {_("Only the running storage daemon knows them. What to do stands above.")}
            </NothingHere>
        );
    }
    return (
        <NothingHere compact title={_("The storage daemon has no device")} action={configure}>
            {_("Choose the libraries and repositories that it should use.")}
        </NothingHere>
    );
}

export function DevicesTab({ status }: { status: BaculaStatus }) {
    const devices = status.devices ?? [];
    return (
        <Card>
            <CardTitle component="h2">{_("Devices")}</CardTitle>
            <CardBody className="bams-table-body">
                {devices.length === 0 ? (
                    <NoDevice status={status} />
                ) : (
                    <Table variant="compact" aria-label={_("Devices")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Device")}</Th>
                                <Th>{_("Autochanger")}</Th>
                                <Th>{_("State")}</Th>
                                <Th>{_("Volume")}</Th>
                                <Th>{_("Writers")}</Th>
                                <Th>{_("Written")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {devices.map((device) => (
                                <DeviceRow key={device.name} device={device} status={status} />
                            ))}
                        </Tbody>
                    </Table>
                )}
            </CardBody>
        </Card>
    );
}
