"""The figures of org.bams.Disk as lines: those of the appliance, and those of this host with the fakes."""

from collections.abc import Iterator
from typing import Any

NAMES = {"bamsd": "BAMS", "udisksd": "udisks2", "lvmdbusd": "lvmdbusd"}


def figure(values: dict[str, float], unit: str) -> str:
    """Median, and the spread in brackets."""
    return f"{values['median']:8.2f} {unit} [{values['min']:.2f} to {values['max']:.2f}]"


def lines(guest: dict[str, Any], host: dict[str, Any]) -> Iterator[str]:
    yield from _changes(guest["changes"])
    yield from _objects(guest, host)
    yield from _refresh(guest, host)


def _changes(found: dict[str, Any]) -> Iterator[str]:
    ours = found["bamsd"]
    yield f"\nCreate and delete a thick volume, median of {ours['pair_s']['runs']} runs, each in turn with"
    yield "lvcreate and lvremove by hand; every daemon alone, the others stopped"
    for daemon, values in found.items():
        pair, hand = figure(values["pair_s"], "s"), figure(values["hand_s"], "s")
        yield f"  {NAMES[daemon]:<10} {pair}   by hand {hand}   ratio {values['ratio']:5.2f}"
    hand, reading = ours["hand_s"]["median"], ours["reading_s"]["median"]
    rest = ours["pair_s"]["median"] - hand - 4 * reading
    yield "  (aim: BAMS at most 1.3)"
    yield f"  in BAMS, four readings, before and after each change, each {reading:.2f} s (lvm fullreport by hand):"
    yield f"  with them the tools alone stand at a ratio of {(hand + 4 * reading) / hand:.2f}; the rest is {rest:.2f} s"


def _objects(guest: dict[str, Any], host: dict[str, Any]) -> Iterator[str]:
    yield f"\nGetManagedObjects with {guest['volumes']} thin volumes in the appliance: time, size of the reply, memory"
    for daemon, values in guest["objects"].items():
        resident = f"{values['resident_mib']:7.1f} MiB resident"
        yield f"  {NAMES[daemon]:<10} {figure(values['s'], 's')}   {values['bytes'] / 1024:8.0f} KiB   {resident}"
    ours = host["objects"]
    yield f"  BAMS with {host['count']} repositories on this host, with the fakes:"
    yield f"             {ours['s']:8.2f} s, of CPU {ours['own_cpu_s']:.2f} s   {ours['bytes'] / 1024:8.0f} KiB"


def _refresh(guest: dict[str, Any], host: dict[str, Any]) -> Iterator[str]:
    yield "\nRefresh when nothing has changed: CPU of bamsd itself, of the tools that it starts, and time in all"
    for where, count, values in (
        ("this host, fakes", host["count"], host["refresh"]),
        ("the appliance", guest["volumes"], guest["refresh"]),
    ):
        own, tools = values["own_cpu_s"], values["tools_cpu_s"]
        yield f"  {count:5} volumes, {where:<17} {own:6.2f} s   tools {tools:6.2f} s   in all {values['s']:6.2f} s"
    yield "  (aim: bamsd itself under 1 s with 1000)"
