"""Fake libraries for the tests of the tape area."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.tape_library import Changer, FakeTapes, make_library

Make = Callable[..., FakeTapes]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Build fake libraries; their programs are then on PATH of this process."""

    def build(*changers: Changer) -> FakeTapes:
        tapes = make_library(tmp_path, changers=changers or (Changer(),))
        for name, value in tapes.environment.items():
            monkeypatch.setenv(name, value)
        return tapes

    return build


async def until(claim: Callable[[], object], limit_s: float = 20.0) -> None:
    """Wait for a claim to become true."""
    deadline = time.monotonic() + limit_s
    while not claim():
        assert time.monotonic() < deadline, "the claim did not become true"
        await asyncio.sleep(0.01)
