"""Counts what SCST would be written for many targets, on the fake kernel of the tests."""

from dataclasses import dataclass

from bamsd.iscsi.comparison import compare
from bamsd.iscsi.models import Device, Group, Identity, Lun, Target
from bamsd.iscsi.register import Desired, Row
from bamsd.iscsi.scst import Scst
from tests.fakes.scst_kernel import ScstKernel


@dataclass(frozen=True)
class Written:
    """``pauses`` is how often the I/O of all targets waited; ``again`` the writes of a second Apply."""

    count: int
    writes: int
    pauses: int
    again: int


def measure(count: int) -> Written:
    """A target with one LUN and one initiator each."""
    devices, rows = {}, {}
    for number in range(count):
        serial = f"{number:020x}"
        identity = Identity(serial, f"6001405{serial}00000", serial)
        device = Device(f"d{number}", "block", f"/dev/vg/{number}", identity, size_bytes=1 << 20)
        devices[device.name] = device
        group = Group("default", ("iqn.2026-01.org.example:host",))
        iqn = f"iqn.2026-01.org.example:t{number}"
        rows[iqn] = Row(Target(iqn, groups=(group,), luns=(Lun(0, device.name),), rel_tgt_id=number + 1))
    desired = Desired(rows, devices)
    kernel = ScstKernel({device.path: device.size_bytes for device in devices.values()})
    scst = Scst(kernel, exists=lambda path: True, pause=lambda seconds: None)
    performed = scst.perform(compare(scst, desired, {}, scst.read()).steps)
    if performed.failed:
        raise RuntimeError(performed.failed[0][1].message)
    writes = len(kernel.touched)
    scst.perform(compare(scst, desired, {}, scst.read()).steps)
    return Written(count, writes, kernel.pauses, len(kernel.touched) - writes)
