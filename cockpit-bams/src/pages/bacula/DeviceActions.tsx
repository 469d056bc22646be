import {
    type BaculaDevice, type BaculaStatus, disableDevice, enableDevice, release, unmount,
} from "../../api/bacula";
import type { Options } from "../../api/wire";
import { ActionsMenu, type MenuAction } from "../../components/ActionsMenu";
import { PlanDialog } from "../../components/PlanDialog";
import { openDialog } from "../../dialogs";
import { _, fill } from "../../text";
import { MountVolume } from "./MountVolume";
import { OPERATE, storageOf } from "./words";

type Call = (storage: string, drive: number, options?: Options) => Promise<string>;

/** Why the Director cannot be asked to do something with a storage. */
export function storageRefusal(status: BaculaStatus, storage: string): string | undefined {
    if (!status.director_reachable) return _("The Director does not answer, and only it can do this.");
    if ((status.storages ?? []).includes(storage)) return undefined;
    return fill(_("The Director has no storage {name}. Give it its part of the configuration."), { name: storage });
}

function Consequences({ device }: { device: BaculaDevice }) {
    const { writers = 0, volume = "" } = device;
    if (writers === 0) return null;
    return (
        <p className="bams-wrap bams-space-below">
            {fill(_("Jobs write to {volume} in it at this moment. Bacula refuses while they do."), { volume })}
        </p>
    );
}

export function DeviceActions({ device, status }: { device: BaculaDevice; status: BaculaStatus }) {
    const storage = storageOf(device);
    const drive = device.drive ?? 0;
    const refusal = storageRefusal(status, storage);
    const simple = (text: string, title: string, call: Call): MenuAction => ({
        text,
        action: OPERATE,
        refusal,
        onClick: () =>
            openDialog((close) => (
                <PlanDialog
                    title={fill(title, { name: device.name })}
                    verb={text}
                    loss={<Consequences device={device} />}
                    change={(common) => call(storage, drive, common)}
                    onClose={close}
                />
            )),
    });
    const actions: MenuAction[] = [
        {
            text: _("Mount"),
            action: OPERATE,
            refusal,
            onClick: () => openDialog((close) => <MountVolume device={device} onClose={close} />),
        },
        simple(_("Unmount"), _("Unmount {name}: Bacula keeps off it until it is mounted"), unmount),
        simple(_("Release"), _("Release {name}: Bacula takes it again when a job needs it"), release),
        device.enabled === false
            ? simple(_("Enable"), _("Let jobs use {name} again"), enableDevice)
            : simple(_("Disable"), _("Let no further job use {name}"), disableDevice),
    ];
    return <ActionsMenu label={fill(_("Actions of {name}"), { name: device.name })} actions={actions} />;
}
