"""The mail about alerts: one message with everything that is due, handed to the host's sendmail.

The headers are built by Python's email library, which refuses a line feed in one; who receives it stands in the
arguments alone, from the configuration. So the text of an alert, which may be a device's, decides nothing.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from bamsd.config import MailSettings
from bamsd.delivery.models import TEXT_CHARS, Change
from bamsd.errors import shown

_SUBJECT_CHARS = 150
_MOST_LISTED = 200
_NO_HOST_CHARACTER = re.compile(r"[^A-Za-z0-9.-]+")
_EVENTS = {"raised": "BEGAN", "cleared": "OVER", "test": "TEST"}


def arguments(settings: MailSettings) -> list[str]:
    """``-i``: a line with a single dot does not end the message. ``--`` ends the options."""
    sender = ["-f", settings.sender] if settings.sender else []
    return [settings.sendmail, "-i", *sender, "--", *settings.to]


def message(changes: Sequence[Change], settings: MailSettings, host: str, now_us: int) -> bytes:
    """The message as sendmail takes it. The same changes have the same Message-ID, also after a crash."""
    mail = EmailMessage()
    mail["Subject"] = subject(changes, host)
    mail["From"] = settings.sender or "root"
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now_us / 1e6, UTC))
    mail["Message-ID"] = f"<bams.{identity(changes)}@{_NO_HOST_CHARACTER.sub('-', host).strip('.-') or 'localhost'}>"
    # RFC 3834: nobody's holiday notice shall answer.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body(changes, host), charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def identity(changes: Sequence[Change]) -> str:
    """The same for the same changes, whenever they are told."""
    known = sorted((c.id, c.event, c.severity, c.since_us) for c in changes)
    return hashlib.sha256(repr(known).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def subject(changes: Sequence[Change], host: str) -> str:
    first = changes[0]
    word = {"raised": first.severity, "cleared": "over", "test": "test"}[first.event]
    more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
    return shown(f"[{host}] {word}: {first.summary}", _SUBJECT_CHARS) + more


def body(changes: Sequence[Change], host: str) -> str:
    parts = [_part(change) for change in changes[:_MOST_LISTED]]
    if len(changes) > _MOST_LISTED:
        parts.append(f"And {len(changes) - _MOST_LISTED} more: look at the page.\n")
    return "\n".join([*parts, f"-- \nBAMS on {shown(host, _SUBJECT_CHARS)}\n"])


def _part(change: Change) -> str:
    lines = [f"{_EVENTS[change.event]} ({change.severity}): {shown(change.summary, TEXT_CHARS)}"]
    if change.event == "raised" and change.advice:
        lines.append(f"  What to do: {shown(change.advice, TEXT_CHARS)}")
    if change.object:
        lines.append(f"  Object: {shown(change.object)}")
    if change.since_us:
        lines.append(f"  Since: {_time(change.since_us)}")
    if change.came_back > 1:
        lines.append(f"  It began {change.came_back} times since you were last told of it.")
    return "".join(f"{line}\n" for line in lines)


def _time(time_us: int) -> str:
    try:
        return datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
