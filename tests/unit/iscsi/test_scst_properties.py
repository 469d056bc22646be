"""Whatever is wanted and whatever fails, the next apply makes the kernel equal, and one more does nothing."""

import dataclasses
import errno
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bamsd.iscsi.configured import parse_scst_conf
from bamsd.iscsi.models import Configuration, Lun
from bamsd.iscsi.scst import Scst
from bamsd.iscsi.scst_conf import HEADER
from tests.fakes import fake_scstadmin
from tests.fakes.scst_kernel import Died, ScstKernel
from tests.unit.iscsi.scst_configurations import BACKING, INITIATORS, configurations, device, plain
from tests.unit.iscsi.test_scst import apply, drift, stack_on

FOREIGN = "iqn.2001-01.org.other:x"
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def foreign_world(kernel: ScstKernel) -> str:
    """A target and a device of somebody else."""
    kernel.backing["/srv/foreign"] = 1 << 20
    for path, text in (
        ("handlers/vdisk_fileio/mgmt", "add_device theirs filename=/srv/foreign"),
        ("devices/theirs/usn", "their serial"),
        ("targets/iscsi/mgmt", f"add_target {FOREIGN}"),
        ("targets/iscsi/mgmt", f"add_target_attribute {FOREIGN} IncomingUser mia their#secret12"),
        ("targets/iscsi/mgmt", f"add_target_attribute {FOREIGN} IncomingUser eve their\\secret12"),
        (f"targets/iscsi/{FOREIGN}/luns/mgmt", "add theirs 0"),
        (f"targets/iscsi/{FOREIGN}/ini_groups/mgmt", "create g"),
        (f"targets/iscsi/{FOREIGN}/ini_groups/g/initiators/mgmt", "add iqn.2001-01.org.other:host*"),
        (f"targets/iscsi/{FOREIGN}/ini_groups/g/luns/mgmt", "add theirs 3 read_only=1"),
        (f"targets/iscsi/{FOREIGN}/rel_tgt_id", "77"),
        (f"targets/iscsi/{FOREIGN}/enabled", "1"),
        ("targets/iscsi/enabled", "1"),
    ):
        kernel.write(path, text)
    return foreign_state(kernel)


def foreign_state(kernel: ScstKernel) -> str:
    return kernel.snapshot(f"targets/iscsi/{FOREIGN}") + kernel.snapshot("devices/theirs")


def settled(stack: Scst, kernel: ScstKernel, wanted: Configuration) -> None:
    done = apply(stack, wanted)
    assert [error.message for _, error in done.failed] == []
    assert drift(stack, wanted) == []
    kernel.touched.clear()
    apply(stack, wanted)
    assert kernel.touched == []
    assert kernel.suspended == 0
    assert kernel.held_up == []


@QUICK
@given(st.lists(configurations(), min_size=1, max_size=4), st.lists(st.sampled_from(INITIATORS), max_size=2))
def test_any_sequence_of_configurations_ends_equal(sequence: list[Configuration], initiators: list[str]) -> None:
    kernel = ScstKernel(dict(BACKING))
    stack = stack_on(kernel)
    before = foreign_world(kernel)
    for wanted in sequence:
        settled(stack, kernel, wanted)
        for target in wanted.targets.values():
            for name in initiators if target.enabled and not (target.credentials or target.portals) else ():
                kernel.login(target.iqn, name.replace("*", "01:ab"))
    assert foreign_state(kernel) == before


@QUICK
@given(configurations(), configurations(), st.integers(1, 60), st.sampled_from(["fail", "die", "die-after"]))
def test_a_fault_anywhere_is_made_good_by_the_next_apply(
    before: Configuration, wanted: Configuration, number: int, how: str
) -> None:
    kernel = ScstKernel(dict(BACKING))
    stack = stack_on(kernel)
    untouched = foreign_world(kernel)
    settled(stack, kernel, before)
    if how == "fail":
        kernel.faults[kernel.operations + number] = errno.EIO
    else:
        kernel.die_at, kernel.dies_after = kernel.operations + number, how == "die-after"
    try:
        apply(stack, wanted)
    except Died:
        kernel.revive()
        stack = stack_on(kernel)
        stack.settle()
    kernel.revive()
    stack.settle()
    settled(stack, kernel, wanted)
    assert foreign_state(kernel) == untouched


@QUICK
@given(configurations(), st.booleans())
def test_scstadmin_finds_nothing_to_change_in_the_file(wanted: Configuration, others: bool) -> None:
    kernel = ScstKernel(dict(BACKING))
    stack = stack_on(kernel)
    if others:
        foreign_world(kernel)
    settled(stack, kernel, wanted)
    text = stack.render(wanted)
    said = fake_scstadmin.config(text, kernel)
    assert "Done, 0 change(s) made." in said, said
    assert said.count("Use -force") == 1, said
    paths = {backing.path for backing in parse_scst_conf(text, "scst.conf")}
    assert paths == {d.path for d in wanted.devices.values()} | ({"/srv/foreign"} if others else set())


def test_the_fake_scstadmin_agrees_with_the_recordings() -> None:
    recordings = Path(__file__).resolve().parents[2] / "recordings" / "scst"
    text = (recordings / "write-config.conf").read_text(encoding="utf-8")
    conf = fake_scstadmin.parse(text)
    alpha = conf.inside("TARGET_DRIVER")["iscsi"].inside("TARGET")["iqn.2026-01.org.bams:alpha"]
    assert ("IncomingUser", "alice secretsecret12") in alpha.lines
    kernel = ScstKernel()
    said = fake_scstadmin.config(text, kernel)
    assert "Creating target 'iqn.2026-01.org.bams:alpha' for driver 'iscsi': done." in said


def test_a_device_without_a_node_is_left_out() -> None:
    wanted = plain(luns=(Lun(0, "alpha"), Lun(1, "beta")))
    both = dataclasses.replace(wanted, devices={n: device(n, size_bytes=1 << 30) for n in ("alpha", "beta")})
    text = stack_on(ScstKernel({"/dev/bams/beta": 1 << 30})).render(both)
    assert text.startswith(HEADER)
    assert "alpha" not in text
    assert "LUN 1 beta" in text
    assert "LUN 0" not in text
    assert "TARGET_DRIVER iscsi {" in text.split("\n")
    assert "HANDLER vdisk_blockio {" in text.split("\n")
    assert "size" not in text
