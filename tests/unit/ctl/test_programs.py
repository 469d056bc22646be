"""What bamsctl starts beside itself: an agent of polkit, and ssh."""

import os
import socket
from pathlib import Path

import pytest

from bamsd.ctl import pkttyagent, ssh
from bamsd.errors import NotSupported
from bamsd.system.run import Beside


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def test_the_agent_answers_for_this_process_and_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = tmp_path / "said"
    program(tmp_path, "pkttyagent", f'echo "$@" > {said}; eval "exec $4>&-"; exec sleep 60')
    end = pkttyagent.start()
    assert end
    words = said.read_text().split()
    assert words[:2] == ["--process", str(os.getpid())]
    assert words[-1] == "--fallback"
    assert end() == -15


def test_without_an_agent_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pkttyagent.start() is None


def test_an_agent_that_ends_at_once_is_no_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program(tmp_path, "pkttyagent", "exit 1")
    end = pkttyagent.start()
    assert end
    assert end() == 1


def test_ssh_gets_the_other_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program(tmp_path, "ssh", 'echo "$@"; exec cat')
    found, end = ssh.bus_of("joe@[2001:db8::1]")
    with found:
        assert found.recv(100) == b"-xT -- joe@2001:db8::1 systemd-stdio-bridge\n"
        found.sendall(b"ping")
        assert found.recv(100) == b"ping"
        found.shutdown(socket.SHUT_WR)
        assert end() in (0, -15)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(NotSupported, match="no-such-program"):
        Beside(("no-such-program",))
