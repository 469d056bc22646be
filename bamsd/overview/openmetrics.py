"""Metrics as OpenMetrics text (version 1.0.0, openmetrics.io), for node_exporter's textfile collector. Pure.

That collector reads the older Prometheus text format, which takes ``# UNIT`` and ``# EOF`` for comments and a counter's
samples, which end in ``_total``, for untyped ones. Their values arrive all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["gauge", "counter", "info"]
_SUFFIXES: Mapping[Kind, str] = {"gauge": "", "counter": "_total", "info": "_info"}


@dataclass(frozen=True, slots=True)
class Family:
    """All samples of one name. A name with a unit ends in it (``bams_pool_size_bytes``)."""

    name: str
    kind: Kind
    help: str
    unit: str = ""
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def add(self, value: float | None, **labels: str) -> None:
        """One sample; None is not known, so there is none."""
        if value is not None:
            self.samples.append((labels, value))


def render(families: Iterable[Family]) -> str:
    """The whole file. A family without samples is left out."""
    parts = [line for family in families if family.samples for line in _family(family)]
    return "\n".join([*parts, "# EOF", ""])


def _family(family: Family) -> Iterable[str]:
    yield f"# TYPE {family.name} {family.kind}"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    yield f"# HELP {family.name} {escaped(family.help)}"
    name = family.name + _SUFFIXES[family.kind]
    seen: set[str] = set()
    for labels, value in family.samples:
        text = ",".join(f'{label}="{escaped(text)}"' for label, text in labels.items())
        if text not in seen:  # two libraries of one name would make the whole file unreadable
            seen.add(text)
            yield f"{name}{{{text}}} {_number(value)}" if text else f"{name} {_number(value)}"


def escaped(text: str) -> str:
    """Text for a label or a help line. What UTF-8 cannot hold becomes a question mark."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    # Not what the format asks for, but programs that read line by line take them for the end of a line.
    clean = "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in clean)
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
