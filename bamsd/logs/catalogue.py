"""The services whose logs can be read, and how the journal knows their entries."""

from collections.abc import Iterator

from bamsd.errors import NotFound
from bamsd.logs.models import Source
from bamsd.system.journal import Term


def _of_units(units: tuple[str, ...]) -> Iterator[Term]:
    """What ``journalctl --unit`` takes: what a unit wrote, and what the service manager says of it."""
    for unit in units:
        yield {"_SYSTEMD_UNIT": unit}
        yield {"UNIT": unit, "_PID": "1"}


def _service(name: str, description: str, *units: str, programs: tuple[str, ...] = ()) -> Source:
    """A service of units; ``programs`` are added where instances of a unit have names that cannot be known."""
    terms = [*_of_units(units), *({"_COMM": program} for program in programs)]
    return Source(name, description, units, tuple(terms))


_STORAGE_WORDS = (
    *("scsi", " sd ", " st ", " sg ", " ch ", "sd ", "st ", "nvme", "ata", "blk_update_request", "i/o error"),
    *("buffer i/o", "device-mapper", "dm-", "md/", "md:", "zfs", "zpool", "xfs", "ext4-fs", "iscsi", "target_core"),
    *("rx_data", "tx_data", "abort_task", "scst", "virtio_blk", "vd", "tape", "multipath", "loop"),
)
"""How drivers of storage begin or name their messages. They carry no unit, and only some name their subsystem."""

SOURCES: tuple[Source, ...] = (
    _service("bamsd", "BAMS itself", "bamsd.service", "bams-modules.service"),
    _service("bacula-sd", "Bacula's storage daemon", "bacula-sd.service"),
    _service("bacula-dir", "Bacula's director", "bacula-director.service", "bacula-dir.service"),
    _service("bacula-fd", "Bacula's file daemon on this machine", "bacula-fd.service"),
    _service("scst", "SCST, iSCSI targets", "scst.service", "iscsi-scst.service", programs=("iscsi-scstd",)),
    _service("target", "LIO, iSCSI targets of the kernel", "target.service", "rtslib-fb-targetctl.service"),
    _service("tgt", "tgt, iSCSI targets in user space", "tgt.service"),
    _service("iscsid", "iSCSI initiator of this machine", "iscsid.service", "open-iscsi.service"),
    _service(
        "zfs", "ZFS: events and imports", "zfs-zed.service", "zfs-import-cache.service", "zfs-import-scan.service"
    ),
    _service("lvm", "LVM: events and activation", "lvm2-monitor.service", "dm-event.service", "lvm2-lvmpolld.service"),
    _service("smartd", "Health of disks", "smartmontools.service", "smartd.service"),
    _service(
        "cockpit",
        "Cockpit, the page",
        "cockpit.service",
        "cockpit.socket",
        programs=("cockpit-ws", "cockpit-tls", "cockpit-session", "cockpit-bridge"),
    ),
    Source("kernel", "The kernel on disks, tapes and targets", (), ({"_TRANSPORT": "kernel"},), _STORAGE_WORDS),
)


def find(name: str) -> Source:
    """The source of this name. Raises NotFound, which names all that there are."""
    for source in SOURCES:
        if source.name == name:
            return source
    raise NotFound(f"There is no log of {name[:64]!a}. These can be read: {', '.join(s.name for s in SOURCES)}.")
