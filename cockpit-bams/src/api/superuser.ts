// Whether the person has administrative access in Cockpit, and when that changes.
import { plain } from "./wire";

const PROPERTIES = "org.freedesktop.DBus.Properties";
const IFACE = "cockpit.Superuser";

let current = "";
const listeners = new Set<() => void>();

/** True with administrative access. */
export function isAdministrator(): boolean {
    return current !== "" && current !== "none" && current !== "init";
}

export function onSuperuser(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function become(value: unknown): void {
    const next = typeof value === "string" ? value : "";
    if (next === current) return;
    current = next;
    for (const listener of [...listeners]) listener();
}

/** Watch the bridge. Resolves when the state is known. */
export async function watchSuperuser(): Promise<void> {
    const client = cockpit.dbus(null, { bus: "internal" });
    client.subscribe({ path: "/superuser", interface: PROPERTIES }, (_path, _iface, _signal, args) => {
        const changed = plain(args[1]) as Record<string, unknown>;
        if (args[0] === IFACE && "Current" in changed) become(changed["Current"]);
    });
    try {
        const answer = await client.call("/superuser", PROPERTIES, "Get", [IFACE, "Current"], { type: "ss" });
        current = String(plain(answer[0]));
    } catch {
        // Without the interface (cockpit-ws with a plain local session) nothing changes while the page is open.
        current = "";
    }
}
