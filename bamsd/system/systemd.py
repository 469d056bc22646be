"""What bamsd tells systemd and its journal. Every call is harmless where systemd does not run."""

import logging
import os
from collections.abc import Mapping

from systemd import daemon, journal

log = logging.getLogger(__name__)

IDENTIFIER = "bamsd"


def notify(state: str) -> None:
    """Send a state such as ``READY=1`` to the service manager, if one asked for it."""
    try:
        daemon.notify(state)
    except OSError as error:
        log.warning("systemd was not told %s: %s", state, error)


def watchdog_interval_s() -> float:
    """How long systemd waits for a ``WATCHDOG=1`` before it kills us; send it twice as often. 0 when it does not."""
    try:
        limit_us = int(os.environ.get("WATCHDOG_USEC", "0"))
        asked_of = int(os.environ.get("WATCHDOG_PID", os.getpid()))
    except ValueError:
        return 0.0
    return max(limit_us, 0) / 1_000_000 if asked_of == os.getpid() else 0.0


def journal_send(fields: Mapping[str, str]) -> None:
    """Write one journal entry. Names are in capitals, values are any text and may hold line feeds.

    Raises OSError when the journal does not take it.
    """
    entry = {"SYSLOG_IDENTIFIER": IDENTIFIER, **fields}
    journal.sendv(*(f"{name}={value}".encode("utf-8", "replace") for name, value in entry.items()))


def journal_handler() -> logging.Handler:
    """A handler for ``logging`` that keeps level, file and traceback as fields."""
    return journal.JournalHandler(SYSLOG_IDENTIFIER=IDENTIFIER)  # type: ignore[no-any-return]
