"""Every kind of user of a block device that the kernel knows, on a fake host."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from bamsd.disk import wipefs
from bamsd.disk.kernel_holders import Exclusive, KernelHolders, lvm_name
from bamsd.errors import TimedOut, ToolFailed
from tests.fakes.host import FakeHost


def always(answer: bool) -> Exclusive:
    async def asked(path: str, timeout_s: float) -> bool:
        return answer

    return asked


def source(host: FakeHost, *, busy: bool = False, timeout_s: float = 20.0) -> KernelHolders:
    return KernelHolders(
        host.proc,
        host.sysfs,
        host.dev,
        probe=wipefs.probe,
        exclusive=always(busy),
        timeout_s=timeout_s,
        settle_s=0,
    )


async def held(host: FakeHost, device: str, *, busy: bool = False) -> list[tuple[str, str]]:
    return [(holder.kind, holder.name) for holder in await source(host, busy=busy)(device)]


async def test_a_free_device_has_no_holder(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.mount(host.add_disk("sdb"), "/srv")
    host.swap_on(host.add_disk("sdc"))
    assert await held(host, device) == []


async def test_a_device_that_is_not_there_has_no_holder(host: FakeHost) -> None:
    assert await held(host, f"{host.dev}/vg/none", busy=True) == []


async def test_a_mount_by_the_device_and_by_a_link_to_it(host: FakeHost) -> None:
    device = host.add_disk("sda", serial="S1")
    host.mount(device, "/srv/bams/repo-1")
    for path in (device, f"{host.dev}/disk/by-id/scsi-3S1"):
        (holder,) = await source(host)(path)
        assert (holder.kind, holder.name) == ("mount", "/srv/bams/repo-1")
        assert "systemctl stop 'srv-bams-repo\\x2d1.mount'" in holder.release


async def test_a_mount_point_of_hostile_name(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.mount(device, "/srv/a\n; rm -rf *")
    (holder,) = await source(host)(device)
    assert holder.name == "/srv/a\ufffd; rm -rf *"
    assert "umount '/srv/a\ufffd; rm -rf *'" in holder.release


async def test_the_system_disk_says_so(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.mount(device, "/")
    (holder,) = await source(host)(device)
    assert holder.release == "The system runs from it: choose another device."


async def test_swap(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.swap_on(device)
    assert await held(host, device) == [("swap", f"swap on {device}")]


@pytest.mark.parametrize(
    ("mapped", "uuid", "kind", "name"),
    [
        ("inner--vg-lv", "LVM-abcdef", "lvm", "logical volume inner-vg/lv"),
        ("mpatha", "mpath-3600", "multipath", "mpatha"),
        ("secret", "CRYPT-LUKS2-abc-secret", "crypt", "secret"),
        ("sda1", "part1-mpath-3600", "partition", "sda1"),
        ("mine", "", "device-mapper", "mine"),
    ],
)
async def test_what_is_built_on_it_by_device_mapper(
    host: FakeHost, mapped: str, uuid: str, kind: str, name: str
) -> None:
    device = host.add_disk("sda")
    host.stack("sda", "dm-1", mapped=mapped, uuid=uuid)
    assert await held(host, device) == [(kind, name)]


async def test_raid_and_unknown_stacking(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.stack("sda", "bcache0")
    host.stack("sda", "md127", raid=True)
    assert await held(host, device) == [("stack", f"{host.dev}/bcache0"), ("md", f"{host.dev}/md127")]


async def test_a_loop_device_over_it(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.add_loop("loop7", device)
    host.add_loop("loop8", "/srv/other.img")
    assert await held(host, device) == [("loop", f"{host.dev}/loop7")]


async def test_a_partition_in_use_holds_the_disk(host: FakeHost) -> None:
    device = host.add_disk("sda")
    first, second = host.add_partition("sda", "sda1"), host.add_partition("sda", "sda2")
    assert await held(host, device) == []
    host.mount(first, "/boot")
    host.swap_on(second)
    assert await held(host, device) == [
        ("mount", "/boot"),
        ("partition", first),
        ("swap", f"swap on {second}"),
        ("partition", second),
    ]
    assert await held(host, first) == [("mount", "/boot")]


@pytest.fixture
def opener(host: FakeHost) -> Iterator[str]:
    """A program that has a disk open; it is not a child of this process in the eyes of /proc below."""
    device = host.add_disk("sda")
    code = f"import sys; f = open({device!r}); print('open', flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        shown = host.proc / str(process.pid)
        (shown / "fd").mkdir(parents=True)
        (shown / "fd" / "3").symlink_to(device)
        (shown / "comm").write_text("dd\n")
        (shown / "stat").write_text(f"{process.pid} (dd) S 1 1 1")
        yield f"dd (process {process.pid})"
        assert process.stdin is not None
        process.stdin.close()


async def test_a_program_that_has_it_open(host: FakeHost, opener: str) -> None:
    device = str(host.dev / "sda")
    assert await held(host, device) == [("process", opener)]
    assert await held(host, device, busy=True) == [("process", opener), ("exclusive", "opened exclusively")]


async def test_what_leaves_no_trace_is_seen_by_the_exclusive_open(host: FakeHost) -> None:
    device = host.add_disk("sda")
    assert await held(host, device, busy=True) == [("exclusive", "opened exclusively")]


async def test_an_explained_exclusive_open_is_not_named_twice(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.mount(device, "/srv")
    assert await held(host, device, busy=True) == [("mount", "/srv")]


async def test_a_zpool_is_named_from_its_label(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.set_signature(device, "zfs_member", "123", "tank")
    assert await held(host, device) == [], "a label alone may be left over"
    assert await held(host, device, busy=True) == [("zfs", "zpool tank")]


async def test_a_mount_that_only_another_process_sees(host: FakeHost) -> None:
    device = host.add_disk("sda")
    other = host.proc / "77"
    (other / "ns").mkdir(parents=True)
    (other / "ns" / "mnt").symlink_to("mnt:[4026532]")
    (other / "comm").write_text("bacula-sd\n")
    (other / "mountinfo").write_text(f"1 2 0:9 / /srv rw - xfs {device} rw\n")
    assert await held(host, device) == []
    assert await held(host, device, busy=True) == [("mount", "/srv as bacula-sd (process 77) sees it")]


async def test_what_the_host_sees_counts_too(host: FakeHost) -> None:
    device = host.add_disk("sda")
    (host.proc / "1").mkdir()
    (host.proc / "1" / "mountinfo").write_text(f"1 2 0:9 / /srv rw - xfs {device} rw\n")
    assert await held(host, device) == [("mount", "/srv")]


async def test_a_user_for_a_moment_is_waited_for(host: FakeHost) -> None:
    device = host.add_disk("sda")
    answers = [True, True, False]

    async def asked(path: str, timeout_s: float) -> bool:
        return answers.pop(0)

    patient = KernelHolders(host.proc, host.sysfs, host.dev, exclusive=asked, timeout_s=20, settle_s=60)
    assert await patient(device) == ()
    assert answers == []


async def test_a_device_that_does_not_answer(host: FakeHost) -> None:
    device = host.add_disk("sda")

    async def asked(path: str, timeout_s: float) -> bool:
        raise TimedOut(f"{path} did not answer within {timeout_s:g} s")

    stuck = KernelHolders(host.proc, host.sysfs, host.dev, exclusive=asked, timeout_s=7, settle_s=0)
    with pytest.raises(TimedOut, match=f"^{device} did not answer within 7 s"):
        await stuck(device)


async def test_mounts_that_cannot_be_read_are_not_taken_for_none(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.mountinfo.unlink()
    with pytest.raises(ToolFailed, match=f"^Who uses {device} cannot be told"):
        await source(host)(device)


@pytest.mark.parametrize(
    ("mapped", "name"),
    [("vg-lv", "vg/lv"), ("a--b-c--d", "a-b/c-d"), ("a---b", "a-/b"), ("vg-lv-real", "vg/lv"), ("odd", "odd")],
)
def test_names_of_logical_volumes(mapped: str, name: str) -> None:
    assert lvm_name(mapped) == name
