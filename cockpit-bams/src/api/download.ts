// The address at which the browser can fetch a file of the host: a channel of Cockpit's, with what the person may read.

/** Where to download a file. `size` in bytes: a channel gives no more than it was asked for. */
export function downloadAddress(path: string, size: number): string {
    const name = (path.split("/").pop() ?? "").replace(/[^\w.-]/g, "_");
    const { host, csrf_token: token } = cockpit.transport;
    const query = {
        payload: "fsread1",
        binary: "raw",
        path,
        superuser: "try",
        // One byte more, because a file that has grown meanwhile must not be cut silently.
        max_read_size: size + 1,
        ...(host && host !== "localhost" ? { host } : {}),
        external: {
            "content-disposition": `attachment; filename="${name}"`,
            "content-type": "application/octet-stream",
        },
    };
    const { pathname } = new URL(cockpit.transport.uri(`channel/${token}`));
    // The query is base64, which only has single bytes.
    const bytes = new TextEncoder().encode(JSON.stringify(query));
    return `${pathname}?${window.btoa(String.fromCharCode(...bytes))}`;
}
