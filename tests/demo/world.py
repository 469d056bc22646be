"""What stands in the demonstrated host: two tape libraries, pools, repositories, targets, and a Bacula with a past."""

import asyncio
import time
from typing import Any

from tests.browser.host import Host
from tests.bus.targets import Targets, until_ready
from tests.demo.past import write_past
from tests.fakes.disks_lvm import GIB
from tests.fakes.tape_library import Changer, Drive, Health

TIB = 1024 * GIB
HOUR_S, DAY_S = 3600, 86400
MOVE_S = 4.0
"""How long a robot takes, so that a person sees it move."""

LTO9 = Drive(vendor="IBM", product="ULT3580-TD9", revision="R3G3", health=Health())
CHANGERS = (
    Changer(
        serial="DEC4530A7K",
        product="L700",
        drives=(
            Drive(health=Health(temperature=41, loads=5312, power_on_hours=31_200)),
            Drive(health=Health(temperature=39, loads=4870, cleanings=61)),
        ),
        slots=24,
        import_export=3,
        cartridges={**{n: f"BAM{n:03}L8" for n in range(1, 17)}, 24: "CLN001L8"},
        move_seconds=MOVE_S,
    ),
    Changer(
        serial="F3A0019E82",
        vendor="QUANTUM",
        product="Scalar i6",
        revision="270G",
        drives=(LTO9, LTO9, LTO9, LTO9),
        slots=100,
        import_export=12,
        cartridges={**{n: f"VLT{n:03}L9" for n in range(1, 81)}, 99: "CLN101L9", 100: "CLN102L9"},
        move_seconds=MOVE_S,
    ),
)

IQN = "iqn.2026-01.org.example.bams:"
ESX, ESX2, MAIL = (f"iqn.1998-01.com.example:{name}" for name in ("esx-01", "esx-02", "mail"))


def prepare(host: Host) -> None:
    """Add to the disks that every simulated host has, before the daemon starts."""
    stack = host.stack
    stack.config["tape"] = {"libraries": [{"serial": "DEC4530A7K", "alias": "left"}]}
    stack.config |= {"iscsi": {"poll_interval_s": 5}, "overview": {"sample_interval_s": 5}}
    stack.config["bacula"] |= {"poll_interval_s": 5}
    stack.lvm.add_group("archive", sizes=(12 * TIB, 12 * TIB))
    stack.zfs.add_pool("vault", "mirror", {f"/dev/disk/by-id/fake-vault-{n}": 4 * TIB for n in range(2)})
    for number, name in enumerate(("sdc", "sdd", "sde", "sdf")):
        smart = "failed" if name == "sdf" else "passed"
        serial, wwn = f"ZHZ0{number}K7Q", f"0x5000c500a1b2c3d{number}"
        stack.host.add_disk(name, 12 * TIB, model="ST12000NM0008", serial=serial, wwn=wwn, smart=smart)
        stack.lvm.add_device(str(stack.host.dev / name), 12 * TIB)
    for unit in ("scst", "cockpit", "smartmontools"):
        stack.host.service(f"{unit}.service")
    stack.host.service("bacula-director.service")
    write_journal(host)


async def fill(host: Host) -> None:
    """Use the running daemon as an administrator would, then let things go wrong."""
    await make_repositories(host)
    await asyncio.gather(make_snapshots(host), make_targets(host), run_bacula(host))
    await let_things_happen(host)
    await write_past(host)


async def make_repositories(host: Host) -> None:
    create = host.world.disks.create
    await asyncio.gather(
        create("nightly", "archive", 6 * TIB, use="filesystem", filesystem="xfs", queue=True),
        create("monthly", "archive", 4 * TIB, use="filesystem", filesystem="ext4", queue=True),
        create("mailstore", "vault", 800 * GIB, use="block"),
        create("esx", "vg0/tp0", 16 * GIB, use="block"),
        create("scratch", "tank", 20 * GIB, use="filesystem", filesystem="xfs", sparse=True),
    )


async def make_snapshots(host: Host) -> None:
    disks = host.world.disks
    for name in ("before-upgrade", "sunday"):
        await disks.done("CreateSnapshot", "ss", "mailstore", name)
    await disks.done("CreateSnapshot", "ss", "scratch", "empty")
    await disks.refused("DeleteRepository", "s", "nightly", confirm="nightli")


async def make_targets(host: Host) -> None:
    if not host.side:
        return
    await until_ready(host.world.client)
    targets = Targets(host.world.disks, host.side)
    wanted = (("esx", "esx", [ESX, ESX2], "VMware datastore"), ("mail", "mailstore", [MAIL], "Mail server"))
    for name, repository, initiators, alias in wanted:
        await targets.done("CreateTarget", "s", IQN + name, initiators=initiators, alias=alias)
        await targets.done("AddLun", "ss", IQN + name, repository)
        await targets.done("Apply", "s", IQN + name)
    await targets.done("CreateTarget", "s", f"{IQN}lab", initiators=[ESX2], alias="Not applied yet")
    for name, initiator in (("esx", ESX), ("esx", ESX2), ("mail", MAIL)):
        assert host.side.log_in(IQN + name, initiator)


async def run_bacula(host: Host) -> None:
    world, now = host.world, int(time.time())
    await world.done("ApplyConfig", virtual_autochangers=["nightly"])
    names = [(f"BAM{n:03}L8", "Full" if n < 9 else "Append", n) for n in range(1, 13)]
    volumes = [{"name": name, "pool": "Tape", "slot": slot, "status": status} for name, status, slot in names]
    ended = [run(now, number) for number in range(12, 0, -1)]
    world.bacula.set(storages=["left", "F3A0019E82", "nightly"])
    world.bacula.set(volumes=volumes, jobs=[catalogued(job) for job in ended], ended=ended[-10:], running=[live(now)])


def run(now: int, number: int) -> dict[str, Any]:
    """The nightly backup of ``number`` nights ago. Two of them went wrong."""
    start = now - now % DAY_S - number * DAY_S + 22 * HOUR_S
    job: dict[str, Any] = {"jobid": 140 - number, "name": "nightly", "job": unique("nightly", start), "type": "B"}
    job |= {"level": "F" if number % 7 == 0 else "I", "starttime_epoch": start, "endtime_epoch": start + 2 * HOUR_S}
    job |= {"status": "T", "errors": 0, "jobbytes": (410 - 9 * number) * 10**9, "jobfiles": 181_204}
    if number in (1, 6):
        job |= {"status": "f", "errors": 1, "jobbytes": 3_100_000_000, "jobfiles": 812, "endtime_epoch": start + 900}
    return job


def unique(name: str, start: int) -> str:
    """What Bacula calls one run of a job."""
    return f"{name}.{time.strftime('%Y-%m-%d_%H.%M.%S', time.localtime(start))}_04"


def catalogued(job: dict[str, Any]) -> dict[str, Any]:
    """The same job as the Director's catalogue has it."""
    failed = job["status"] == "f"
    clock = {"StartTime": job["starttime_epoch"], "EndTime": job["endtime_epoch"]}
    shown: dict[str, Any] = {"JobId": job["jobid"], "Name": job["name"], "Type": "B", "Level": job["level"]}
    shown |= {"ClientName": "files-fd", "JobStatus": job["status"], "JobBytes": job["jobbytes"]}
    shown |= {"JobStatusLong": "Completed with errors" if failed else "Completed successfully"}
    shown |= {"JobFiles": job["jobfiles"], "JobErrors": job["errors"]}
    return shown | {key: time.strftime("%F %T", time.localtime(value)) for key, value in clock.items()}


def live(now: int) -> dict[str, Any]:
    """A job that writes now."""
    job: dict[str, Any] = {"jobid": 140, "job": unique("files", now - 1200), "level": "F", "type": "B", "status": "R"}
    job |= {"jobbytes": 38 * 10**9, "jobfiles": 9120, "starttime_epoch": now - 1200}
    return job | {"write_device": "DEC4530A7K-drive-0", "write_volume": "BAM009L8"}


async def let_things_happen(host: Host) -> None:
    """A tape in a drive, alerts of several kinds, and a change that somebody made past the daemon."""
    world = host.world
    world.tapes.load("DEC4530A7K", 9, 0)
    world.tapes.load("F3A0019E82", 3, 1)
    world.tapes.set_alerts("F3A0019E82", 2, [20])
    host.stack.lvm.fill_pool("vg0", "tp0", 93)
    host.stack.zfs.set_member("vault", 1, "UNAVAIL")
    trouble = "One or more devices could not be used because the label is missing or invalid."
    host.stack.zfs.set_health("vault", "DEGRADED", status=trouble, action="Replace the device using 'zpool replace'.")
    if host.side:
        host.side.let_in(f"{IQN}esx", "iqn.1998-01.com.example:unknown")
    for path, interface in (("/org/bams/Tape", "org.bams.Tape"), ("/org/bams/Disk", "org.bams.Disk")):
        await world.client.call(path, f"{interface}.Refresh", "a{sv}", {})


async def keep_moving(host: Host) -> None:
    """The running backup writes on. Ends when it is cancelled."""
    while True:
        await asyncio.sleep(2)
        running = host.world.bacula.get("running")
        for job in running:
            job["jobbytes"] += 2 * 280_000_000
            job["jobfiles"] += 41
        host.world.bacula.set(running=running)


def write_journal(host: Host) -> None:
    journal, now = host.journal, int(time.time())
    journal.now_us = (now - DAY_S) * 1_000_000
    journal.write("bamsd is ready as org.bams", "DEC4530A7K: found STK L700 at /dev/sg3")
    journal.write('Ready to append to end of Volume "BAM009L8" at file=31.', unit="bacula-sd.service")
    journal.now_us = (now - 2 * HOUR_S) * 1_000_000
    lost = "Fatal error: Network error with FD during Backup: ERR=Connection reset by peer"
    journal.write("JobId 139: Start Backup JobId 139, Job=nightly", lost, unit="bacula-sd.service", priority=3)
    broken = "Device: /dev/sdf [SAT], FAILED SMART self-check. BACK UP DATA NOW!"
    journal.write(broken, unit="smartmontools.service", priority=2)
    journal.finish()
