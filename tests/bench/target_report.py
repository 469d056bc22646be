"""The figures of org.bams.Iscsi as lines: LIO in the appliance, SCST's writes on the fake kernel of the tests."""

from collections.abc import Iterator
from typing import Any

from tests.bench.disk_report import figure
from tests.bench.host_targets import Written


def lines(found: dict[str, Any], written: Written) -> Iterator[str]:
    few, many = found["few"], found["many"]
    hand = found["targetcli_s"]
    yield "\nApply targets with a LUN, an initiator and a credential each, on LIO in the appliance"
    yield f"  BAMS, {few['count']} targets        {few['apply_s']:8.2f} s"
    yield f"  targetcli, {few['count']} targets   {hand:8.2f} s   in one session; ratio {few['apply_s'] / hand:.2f}"
    yield f"  BAMS, {many['count']} targets      {many['apply_s']:8.2f} s   (targetcli: not tried)"
    yield f"\nApply again when nothing differs, {many['count']} targets"
    yield f"  BAMS  {figure(many['again_s'], 's')}   (aim: under 1 s)"
    yield f"  a plain ls -R over the same tree takes {many['walk_s']:.2f} s"
    yield f"\nDrift check, {many['count']} targets"
    yield f"  in all            {figure(many['drift_s'], 's')}   CPU of bamsd {many['drift_cpu_s']:.2f} s"
    yield f"  longest wait of another caller {figure(many['wait_s'], 's')}   (aim: under 0.1 s of loop time)"
    yield f"\nSCST, {written.count} targets on the fake kernel of the tests"
    yield f"  {written.writes} writes, {written.pauses} pauses of all I/O; a second Apply: {written.again} writes"
