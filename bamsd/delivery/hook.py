"""What a person's own program gets for each alert: JSON on its standard input, and a few environment variables."""

import json

from bamsd.delivery.models import TEXT_CHARS, Change
from bamsd.errors import shown

_ID_CHARS = 200


def document(change: Change, host: str, now_us: int) -> bytes:
    """One object and a line feed. Keys: event (raised, cleared, test), id, severity (critical, warning, info), summary,
    advice, object, host, since and time (microseconds since 1970), came_back (how often it began since the last time).
    """
    found = {
        "event": change.event,
        "id": change.id,
        "severity": change.severity,
        "summary": shown(change.summary, TEXT_CHARS),
        "advice": shown(change.advice, TEXT_CHARS),
        "object": shown(change.object),
        "host": shown(host),
        "since": change.since_us,
        "time": now_us,
        "came_back": change.came_back,
    }
    return json.dumps(found, sort_keys=True).encode("ascii") + b"\n"


def environment(change: Change, host: str) -> dict[str, str]:
    return {
        "BAMS_EVENT": change.event,
        "BAMS_SEVERITY": change.severity,
        "BAMS_ALERT": shown(change.id, _ID_CHARS),
        "BAMS_HOST": shown(host, _ID_CHARS),
    }
