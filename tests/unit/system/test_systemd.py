"""What is told to systemd, and that nothing happens where it is not."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bamsd.system import systemd


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket in place of the service manager's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield receiver


def test_states_reach_the_service_manager(manager: socket.socket) -> None:
    systemd.notify("READY=1")
    systemd.notify("WATCHDOG=1")
    assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


@pytest.mark.parametrize("address", [None, "/nonexistent/notify", "no address"])
def test_nobody_to_tell_is_no_failure(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.notify("READY=1")


@pytest.mark.parametrize(
    ("limit", "pid", "expected_s"),
    [
        ("60000000", None, 60.0),
        ("60000000", "own", 60.0),
        ("60000000", "1", 0.0),
        ("500000", None, 0.5),
        (None, None, 0.0),
        ("0", None, 0.0),
        ("soon", None, 0.0),
        ("-5", None, 0.0),
        ("60000000", "other", 0.0),
    ],
)
def test_the_watchdog_interval(
    monkeypatch: pytest.MonkeyPatch, limit: str | None, pid: str | None, expected_s: float
) -> None:
    for name, value in (("WATCHDOG_USEC", limit), ("WATCHDOG_PID", pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, str(os.getpid()) if value == "own" else value)
    assert systemd.watchdog_interval_s() == expected_s


def test_journal_entries_of_any_text_are_taken() -> None:
    systemd.journal_send({"MESSAGE": "two\nlines", "PRIORITY": "7", "BAMS_PERSON": "ann\ud800a\x1b", "BAMS_EMPTY": ""})
    systemd.journal_send({"BAMS_LONG": "x" * 1_000_000})


def test_log_records_are_taken() -> None:
    log = logging.Logger("bamsd.test")
    log.addHandler(systemd.journal_handler())
    log.debug("a debug line of a test run")
