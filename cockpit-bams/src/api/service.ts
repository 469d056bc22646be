// The unit bamsd.service, asked of systemd: why there is no daemon, and starting it.
import { asBusError } from "./errors";
import { plain } from "./wire";

const UNIT = "bamsd.service";
const SYSTEMD = "org.freedesktop.systemd1";
const PATH = "/org/freedesktop/systemd1";
const PROPERTIES = "org.freedesktop.DBus.Properties";

export interface ServiceState {
    /** False where systemd does not answer. */
    known: boolean;
    installed: boolean;
    active: boolean;
    failed: boolean;
}

async function unitProperties(): Promise<Record<string, unknown>> {
    const client = cockpit.dbus(SYSTEMD, { bus: "system" });
    try {
        const [unit] = await client.call(PATH, `${SYSTEMD}.Manager`, "LoadUnit", [UNIT], { type: "s" });
        const [all] = await client.call(unit as string, PROPERTIES, "GetAll", [`${SYSTEMD}.Unit`], { type: "s" });
        return plain(all) as Record<string, unknown>;
    } finally {
        client.close();
    }
}

export async function serviceState(): Promise<ServiceState> {
    try {
        const { LoadState, ActiveState } = await unitProperties();
        return {
            known: true,
            installed: LoadState !== "not-found",
            active: ActiveState === "active" || ActiveState === "activating" || ActiveState === "reloading",
            failed: ActiveState === "failed",
        };
    } catch {
        return { known: false, installed: true, active: false, failed: false };
    }
}

/** Start the daemon. Throws BusError when the person may not, or it does not start. */
export async function startService(): Promise<void> {
    const client = cockpit.dbus(SYSTEMD, { bus: "system", superuser: "try" });
    try {
        await client.call(PATH, `${SYSTEMD}.Manager`, "StartUnit", [UNIT, "replace"], { type: "ss" });
    } catch (thrown) {
        throw asBusError(thrown);
    } finally {
        client.close();
    }
}
