// Light or dark as Cockpit's shell has it, and the direction of the language.

const DARK = "pf-v6-theme-dark";

function wantsDark(): boolean {
    let style = "auto";
    try {
        style = window.localStorage.getItem("shell:style") ?? "auto";
    } catch {
        // No storage in this browser: do as the system does.
    }
    return style === "dark" || (style !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
}

function update(): void {
    document.documentElement.classList.toggle(DARK, wantsDark());
}

export function followTheme(): void {
    const root = document.documentElement;
    root.lang = (cockpit.language ?? "en").replace("_", "-");
    root.dir = cockpit.language_direction ?? "ltr";
    // The shell tells a change in its own window by the first event, in another by the second.
    window.addEventListener("cockpit-style", update);
    window.addEventListener("storage", (event) => {
        if (event.key === "shell:style") update();
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
    update();
}
