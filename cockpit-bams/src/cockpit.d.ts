// The part of Cockpit's base1/cockpit.js that this page uses. It is there since Cockpit 287, the oldest we support.
// base1/cockpit.js is loaded by index.html; nothing of Cockpit is bundled.

interface CockpitEvents {
    addEventListener(type: "close", handler: (event: Event, options?: { problem?: string }) => void): void;
    addEventListener(type: "owner", handler: (event: Event, owner: string | null) => void): void;
    addEventListener(type: "locationchanged" | "visibilitychange", handler: (event: Event) => void): void;
    removeEventListener(type: string, handler: (event: Event) => void): void;
}

interface CockpitDBusOptions {
    bus?: "system" | "session" | "internal";
    superuser?: "try" | "require";
    track?: boolean;
}

interface CockpitDBusMatch {
    interface?: string;
    path?: string;
    path_namespace?: string;
    member?: string;
}

interface CockpitDBusClient extends CockpitEvents {
    readonly unique_name: string | null;
    wait(): Promise<void>;
    close(problem?: string): void;
    call(
        path: string,
        iface: string,
        method: string,
        args: unknown[],
        options?: { type?: string; timeout?: number },
    ): Promise<unknown[]>;
    subscribe(
        match: CockpitDBusMatch,
        callback: (path: string, iface: string, signal: string, args: unknown[]) => void,
        rule?: boolean,
    ): { remove(): void };
}

interface CockpitLocation {
    readonly path: string[];
    readonly options: Record<string, string | string[]>;
    readonly href: string;
    go(path: string[] | string, options?: Record<string, string>): void;
    replace(path: string[] | string, options?: Record<string, string>): void;
}

interface Cockpit extends CockpitEvents {
    readonly language: string | undefined;
    readonly language_direction: "ltr" | "rtl" | undefined;
    readonly location: CockpitLocation;
    readonly transport: {
        readonly host: string;
        readonly csrf_token: string;
        uri(suffix: string): string;
        control(command: string, options: object): void;
    };
    readonly hidden: boolean;
    gettext(text: string): string;
    ngettext(one: string, many: string, count: number): string;
    dbus(name: string | null, options?: CockpitDBusOptions): CockpitDBusClient;
    jump(path: string, host?: string): void;
    permission(options: { admin: boolean }): CockpitEvents & { allowed: boolean | null };
}

declare const cockpit: Cockpit;

declare module "*.css";
