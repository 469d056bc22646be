
import { Button } from "../../components/spoken";
import { _, fill, ngettext } from "../../text";
import { number } from "../../format";
import type { LogReader, LogState } from "./reader";

/** Follow, pause and stop. */
export function FollowButtons({ log, refusal }: { log: LogState & { reader: LogReader }; refusal: string }) {
    const { following, waiting, reader } = log;
    if (following === "off") {
        return (
            <Button variant="secondary" onClick={reader.follow} isAriaDisabled={refusal !== ""} title={refusal}>
                {_("Follow")}
            </Button>
        );
    }
    return (
        <>
            {following === "live" ? (
                <Button variant="secondary" onClick={reader.pause}>
                    {_("Pause")}
                </Button>
            ) : (
                <Button variant="primary" onClick={reader.goOn}>
                    {waiting ? fill(_("Go on ({waiting} new)"), { waiting: number(waiting) }) : _("Go on")}
                </Button>
            )}
            <Button variant="link" onClick={reader.stop}>
                {_("Stop following")}
            </Button>
        </>
    );
}

/** What following does now, in words, also for screen readers. */
export function followText({ following, dropped }: LogState): string {
    const words = { off: "", live: _("New lines come by themselves."), paused: _("Paused.") }[following];
    const lost = dropped
        ? ngettext(
              "{count} line was not sent because too many came at once; read the log again to see it.",
              "{count} lines were not sent because too many came at once; read the log again to see them.",
              dropped,
          )
        : "";
    return [words, lost].filter(Boolean).join(" ");
}
