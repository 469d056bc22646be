// Copying a text. Browsers offer the clipboard only to pages with TLS; Cockpit may be without it.

/** Copy; resolves to false when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyBySelection(text);
    }
}

function copyBySelection(text: string): boolean {
    const before = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "bams-off-screen";
    document.body.append(area);
    area.select();
    try {
        return document.execCommand("copy");
    } finally {
        area.remove();
        if (before instanceof HTMLElement) before.focus();
    }
}
