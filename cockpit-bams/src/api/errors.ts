// What went wrong, in words. The daemon's error names are stable, so their titles are translated here; its sentence
// names the object and what to do next, and is shown as it is.
import { N_, _ } from "../text";

const PREFIX = "org.bams.Error.";

const TITLES: Record<string, string> = {
    "org.bams.Error.NotAuthorized": N_("You may not do this"),
    "org.bams.Error.InteractiveAuthorizationRequired": N_("Administrative access is needed"),
    "org.bams.Error.InvalidArgument": N_("Something in this request is not right"),
    "org.bams.Error.NotFound": N_("It is not there any more"),
    "org.bams.Error.AlreadyExists": N_("There is one of this name already"),
    "org.bams.Error.Busy": N_("Busy at the moment"),
    "org.bams.Error.InUse": N_("Still in use"),
    "org.bams.Error.NotSupported": N_("This is not possible here"),
    "org.bams.Error.NotReady": N_("Not ready"),
    "org.bams.Error.OutOfSpace": N_("Not enough space"),
    "org.bams.Error.OutOfSync": N_("Not everything was applied"),
    "org.bams.Error.TimedOut": N_("It took too long"),
    "org.bams.Error.Cancelled": N_("Cancelled"),
    "org.bams.Error.ToolFailed": N_("A program did not do its work"),
    "org.bams.Error.HardwareFailed": N_("The hardware reported a fault"),
    "org.bams.Error.Internal": N_("A fault in BAMS itself"),
    "org.freedesktop.DBus.Error.NoReply": N_("BAMS did not answer"),
    "org.freedesktop.DBus.Error.ServiceUnknown": N_("BAMS is not running"),
    "org.freedesktop.DBus.Error.UnknownMethod": N_("This version of BAMS cannot do this"),
    "org.freedesktop.DBus.Error.AccessDenied": N_("You may not do this"),
};

/** What the bus says in words for programmers, in words for people. */
const SENTENCES: Record<string, string> = {
    "org.freedesktop.DBus.Error.NoReply": N_(
        "BAMS ended before it answered. Whether it began is not known: look at the page before you try again.",
    ),
};

/** An error with the daemon's name for it. */
export class BusError extends Error {
    constructor(
        readonly busName: string,
        message: string,
    ) {
        super(message);
        this.name = "BusError";
    }

    /** NotFound for org.bams.Error.NotFound; else the whole name. */
    get short(): string {
        return this.busName.startsWith(PREFIX) ? this.busName.slice(PREFIX.length) : this.busName;
    }

    get title(): string {
        const text = TITLES[this.busName];
        return text ? _(text) : _("It did not work");
    }

    /** The method is not there: the daemon is older than this page. */
    get unknown(): boolean {
        return /\.Unknown(Method|Interface|Object)$/.test(this.busName);
    }
}

/** Anything that was thrown, as a BusError. */
export function asBusError(thrown: unknown): BusError {
    if (thrown instanceof BusError) return thrown;
    const { name, problem, message } = (thrown ?? {}) as { name?: string; problem?: string; message?: string };
    // A closed channel rejects with a problem and without a D-Bus name.
    if (problem && !name?.includes(".")) return new BusError(`cockpit.${problem}`, message ?? problem);
    const sentence = SENTENCES[name ?? ""];
    return new BusError(name ?? "unknown", sentence ? _(sentence) : (message ?? String(thrown)));
}
