// Numbers, sizes and times as people of the browser's language write them.
import { _, fill, isolate, language, ngettext } from "./text";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** 1.5 GiB. Sizes are powers of 1024, as LVM and ZFS count; an unknown one (null) is a dash. */
export function bytes(value: number | null | undefined): string {
    if (value === null || value === undefined || !Number.isFinite(value)) return "–";
    let unit = 0;
    let rest = Math.abs(value);
    while (rest >= 1024 && unit < UNITS.length - 1) {
        rest /= 1024;
        unit += 1;
    }
    const digits = unit === 0 || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
    const text = new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value < 0 ? -rest : rest);
    return isolate(`${text} ${UNITS[unit] ?? ""}`);
}

/** 120 MiB/s */
export function rate(bytesPerSecond: number): string {
    return isolate(`${bytes(bytesPerSecond)}/s`);
}

export function number(value: number): string {
    return new Intl.NumberFormat(language()).format(value);
}

/** A share of one, as 42 %. */
export function percent(share: number): string {
    return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** Date and time of microseconds since 1970; a dash for 0. */
export function time(microseconds: number): string {
    if (!microseconds) return "–";
    return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(microseconds / 1000);
}

const moments = new Map<string, Intl.DateTimeFormat>();

/** Date and time to the second, for lists of many: making the format anew for each would take long. */
export function moment(microseconds: number): string {
    const name = language();
    const known = moments.get(name) ?? new Intl.DateTimeFormat(name, { dateStyle: "short", timeStyle: "medium" });
    moments.set(name, known);
    return isolate(known.format(microseconds / 1000));
}

/** "3 minutes ago" of microseconds since 1970. */
export function ago(microseconds: number, nowMilliseconds: number = Date.now()): string {
    if (!microseconds) return "–";
    const seconds = (microseconds / 1000 - nowMilliseconds) / 1000;
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [
        ["day", 86400],
        ["hour", 3600],
        ["minute", 60],
    ];
    const words = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
    for (const [unit, length] of steps) {
        if (Math.abs(seconds) >= length) return words.format(Math.round(seconds / length), unit);
    }
    return Math.abs(seconds) < 5 ? _("just now") : words.format(Math.round(seconds), "second");
}

/** "about 4 minutes left" of a number of seconds. */
export function left(seconds: number): string {
    if (seconds < 5) return _("a few seconds left");
    if (seconds < 60) return ngettext("{count} second left", "{count} seconds left", Math.round(seconds));
    if (seconds < 5400) return ngettext("{count} minute left", "{count} minutes left", Math.round(seconds / 60));
    return ngettext("{count} hour left", "{count} hours left", Math.round(seconds / 3600));
}

/** "2 min 5 s" of a number of seconds. */
export function duration(seconds: number): string {
    const whole = Math.round(seconds);
    if (whole < 60) return fill(_("{seconds} s"), { seconds: number(whole) });
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return fill(_("{minutes} min {seconds} s"), { minutes, seconds: whole % 60 });
    return fill(_("{hours} h {minutes} min"), { hours: number(Math.floor(minutes / 60)), minutes: minutes % 60 });
}
