"""The overview and the history in the plain values that org.bams.Manager hands on."""

from collections.abc import Sequence
from typing import Any

from bamsd.overview.models import Curve
from bamsd.overview.service import Overview


class Answers:
    """Errors are those of ``Overview``."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def read(self) -> dict[str, Any]:
        return self._overview.read()

    def list_series(self, object: str) -> list[dict[str, Any]]:
        return [
            {"name": one.name, "object": one.object, "unit": one.unit, "description": one.description}
            for one in self._overview.series(object)
        ]

    async def get_history(
        self, names: Sequence[str], since_us: int | None, until_us: int | None, points: int
    ) -> list[dict[str, Any]]:
        return [_curve(curve) for curve in await self._overview.curves(names, since_us, until_us, points)]


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "name": curve.name,
        "unit": curve.unit,
        "step": curve.step_s * 1_000_000,
        "times": [point.time * 1_000_000 for point in curve.points],
        "low": [point.low for point in curve.points],
        "mean": [point.mean for point in curve.points],
        "high": [point.high for point in curve.points],
    }
