// Where the person is. Each page and each object has an address: #/storage/repository/NAME.
import { type MouseEvent, type ReactNode, useSyncExternalStore } from "react";

export interface Place {
    path: string[];
    options: Record<string, string>;
}

let current = read();

function read(): Place {
    const { path, options } = cockpit.location;
    const texts = Object.entries(options).map(([key, value]) => [key, Array.isArray(value) ? (value[0] ?? "") : value]);
    return { path: [...path], options: Object.fromEntries(texts) as Record<string, string> };
}

function subscribe(listener: () => void): () => void {
    const moved = () => {
        current = read();
        listener();
    };
    cockpit.addEventListener("locationchanged", moved);
    return () => cockpit.removeEventListener("locationchanged", moved);
}

export function usePlace(): Place {
    return useSyncExternalStore(subscribe, () => current);
}

export function go(path: string[], options?: Record<string, string>): void {
    cockpit.location.go(path, options);
}

/** Go there without a step for the browser's way back: for what a person sets at a place, such as filters. */
export function replace(path: string[], options?: Record<string, string>): void {
    cockpit.location.replace(path, options);
}

/** The address of a place in this page, for links that a person may open in another tab. */
export function href(path: string[], options: Record<string, string> = {}): string {
    const query = new URLSearchParams(options).toString();
    return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

interface LinkProps {
    to: string[];
    options?: Record<string, string>;
    children: ReactNode;
}

/** A link to a place in this page. */
export function Link({ to, options, children }: LinkProps) {
    const follow = (event: MouseEvent) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(to, options);
    };
    return (
        <a href={href(to, options)} onClick={follow}>
            {children}
        </a>
    );
}

/** The place in this page of an object path of the daemon; null when it has none. */
export function placeOf(object: string): string[] | null {
    const [, , , area, kind, ...rest] = object.split("/");
    switch (area) {
        case "Disk":
            return ["storage", ...(kind ? [kind, ...rest] : [])];
        case "Tape":
            return ["tape", ...(kind ? [kind, ...rest] : [])];
        case "Iscsi":
            return ["iscsi", ...(kind ? [kind, ...rest] : [])];
        case "Bacula":
            return ["bacula"];
        default:
            return null;
    }
}
