// The sign beside the page's entry in Cockpit's menu: a person sees it without opening the page.
import { store } from "./api/bus";
import { MANAGER, type Manager } from "./api/manager";
import { ngettext } from "./text";

function status(): { type: "error" | "warning"; title: string } | null {
    const manager = store.one("/org/bams", MANAGER) as Manager | undefined;
    const open = (manager?.Alerts ?? []).filter(({ acknowledged_by: seen }) => seen === "");
    const count = (wanted: string) => open.filter(({ severity }) => severity === wanted).length;
    const critical = count("critical");
    if (critical) {
        return { type: "error", title: ngettext("{count} critical alert", "{count} critical alerts", critical) };
    }
    const warnings = count("warning");
    return warnings ? { type: "warning", title: ngettext("{count} warning", "{count} warnings", warnings) } : null;
}

/** Show alerts that nobody has seen yet. */
export function followAlerts(): void {
    let shown = "";
    store.subscribe(() => {
        const next = status();
        if (JSON.stringify(next) === shown) return;
        shown = JSON.stringify(next);
        cockpit.transport.control("notify", { page_status: next });
    });
}
