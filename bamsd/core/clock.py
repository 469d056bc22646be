"""The time as the D-Bus contract counts it."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Microseconds since the epoch."""


def now_us() -> int:
    return time.time_ns() // 1000
