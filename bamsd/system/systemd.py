"""systemd: readiness, watchdog and journal. All of it is harmless where systemd is not."""

import logging
import os
from collections.abc import Mapping

from systemd import daemon, journal


def notify(state: str) -> None:
    """Tell the service manager, for example ``READY=1`` (sd_notify(3)). Does nothing without NOTIFY_SOCKET."""
    daemon.notify(state)


def watchdog_interval_s() -> float:
    """Seconds within which WATCHDOG=1 is due; 0 when no watchdog waits for this process (sd_watchdog_enabled(3))."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() else 0.0


def journal_send(fields: Mapping[str, str]) -> None:
    """Send one entry with these fields; MESSAGE is the text. Without a journal it is dropped."""
    rest = {name: value for name, value in fields.items() if name != "MESSAGE"}
    journal.send(fields.get("MESSAGE", ""), **rest)


def journal_handler() -> logging.Handler:
    """A logging handler that keeps level, logger name and traceback as journal fields."""
    handler: logging.Handler = journal.JournalHandler(SYSLOG_IDENTIFIER="bamsd")
    return handler
