"""The rows of one volume group in lvm's full report, as pools and volumes. Pure.

The values are those of lvmreport(7) and of recordings (tests/recordings/lvm).
"""

import re
from collections.abc import Mapping

from bamsd.disk.lvm_marks import POOL_TAG, mark_of, snapshot_of
from bamsd.disk.models import Health, Member, Pool, Snapshot, Volume
from bamsd.errors import shown

Row = Mapping[str, str]
_BYTES = re.compile(r"[0-9]{1,19}")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")

_POOL_HEALTH: Mapping[str, tuple[Health, str]] = {
    # lvs(8), "Volume Health".
    "failed": ("faulted", "The kernel has stopped the thin pool after an error: repair it with lvconvert --repair."),
    "out_of_data": ("suspended", "The thin pool has no room left, so writing waits or fails: extend it."),
    "metadata_read_only": ("faulted", "The thin pool's metadata cannot be written: repair it with lvconvert --repair."),
    "partial": ("missing", "Devices of the thin pool are missing: bring them back."),
}


class Group:
    """The rows of one volume group."""

    def __init__(self, row: Row, members: list[Row], volumes: list[Row], system_id: str) -> None:
        self.row, self.system_id = row, system_id
        self.name = shown(row["vg_name"])
        self.members = tuple(_member(member) for member in members)
        # Thin pools are of the role "private" too. One row a volume: reports of segments repeat them.
        self.rows = {volume.get("lv_uuid", ""): volume for volume in reversed(volumes)}
        self.rows = dict(reversed(self.rows.items()))
        self.thin_pools = {row.get("lv_name", ""): self._thin_pool(row) for row in self.rows.values() if _is_pool(row)}
        public = [row for row in self.rows.values() if not _is_pool(row) and _is_public(row)]
        self.standing = {row.get("lv_name", ""): row for row in public if not _is_snapshot(row)}
        self.of_origin: dict[str, list[Row]] = {}
        for row in public:
            if not _is_snapshot(row):
                continue
            if row.get("origin", "") in self.standing and not _is_snapshot(self.standing[row["origin"]]):
                self.of_origin.setdefault(row["origin"], []).append(row)
            else:
                self.standing[row.get("lv_name", "")] = row
        self._attach_detached()

    def _attach_detached(self) -> None:
        """Rolling a thin volume back makes LVM forget whose its other snapshots are. Our mark still tells."""
        marks = {name: mark_of(_words(row, "lv_tags")) for name, row in self.standing.items()}
        owners = {mark.repository: name for name, mark in marks.items() if mark is not None}
        for name, row in list(self.standing.items()):
            owner = owners.get(snapshot_of(_words(row, "lv_tags")))
            if owner is not None and "thin" in _words(row, "lv_layout") and "." in name:
                del self.standing[name]
                self.of_origin.setdefault(owner, []).append(row)

    def pools(self) -> list[Pool]:
        health, text = self._health()
        size, free = _bytes(self.row.get("vg_size")), _bytes(self.row.get("vg_free"))
        reasons = {
            "data_percent": "A volume group gives its space away as a whole: see its free space.",
            "metadata_percent": "A volume group has no metadata that could run full.",
        }
        reasons |= {
            name: "LVM did not tell it."
            for name, figure in (("size_bytes", size), ("free_bytes", free))
            if figure is None
        }
        group = Pool(
            kind="lvm",
            name=self.name,
            uuid=shown(self.row.get("vg_uuid", "")),
            size_bytes=size,
            free_bytes=free,
            data_percent=None,
            metadata_percent=None,
            health=health,
            health_text=text,
            members=self.members,
            reasons=reasons,
            owned=POOL_TAG in _words(self.row, "vg_tags"),
        )
        return [group, *self.thin_pools.values()]

    def _health(self) -> tuple[Health, str]:
        lost = [member.path for member in self.members if member.state != "online"]
        if self.row.get("vg_exported"):
            return (
                "unknown",
                f"Volume group {self.name} is exported: import it with vgimport before it can be used here.",
            )
        if (
            self.row.get("vg_clustered")
            or self.row.get("vg_shared")
            or self.row.get("vg_lock_type") not in (None, "", "none")
        ):
            return "unknown", f"Volume group {self.name} is shared with other hosts, so BAMS only shows it."
        owner = self.row.get("vg_systemid", "")
        if owner and owner != self.system_id:
            return "unknown", f"Volume group {self.name} belongs to the host {shown(owner)}, so BAMS only shows it."
        if self.row.get("vg_partial") or self.row.get("vg_missing_pv_count", "0") not in ("", "0"):
            return "missing", f"Volume group {self.name} lacks devices: bring back {', '.join(lost) or 'them'}."
        if lost:
            return "degraded", f"Volume group {self.name} has devices that are seen twice: {', '.join(lost)}."
        if self.row.get("vg_permissions") == "read-only":
            return "unknown", f"Volume group {self.name} is read-only."
        return "online", ""

    def _thin_pool(self, row: Row) -> Pool:
        size, used = _bytes(row.get("lv_size")), _percent(row.get("data_percent"))
        metadata = _percent(row.get("metadata_percent"))
        health, text = _pool_health(row)
        reasons = {"members": f"Its devices are those of volume group {self.name}."}
        why = "The thin pool is not active." if not _is_active(row) else "LVM did not tell it."
        for name, figure in (("data_percent", used), ("free_bytes", used), ("metadata_percent", metadata)):
            if figure is None:
                reasons[name] = why
        if size is None:
            reasons["size_bytes"] = "LVM did not tell it."
        return Pool(
            kind="lvm-thin",
            name=f"{self.name}/{shown(row.get('lv_name', ''))}",
            uuid=shown(row.get("lv_uuid", "")),
            size_bytes=size,
            free_bytes=None if size is None or used is None else max(0, int(size * (100 - used) / 100)),
            data_percent=used,
            metadata_percent=metadata,
            health=health,
            health_text=text,
            reasons=reasons,
            owned=POOL_TAG in _words(row, "lv_tags"),
        )

    def volumes(self) -> list[Volume]:
        return [self._volume(row) for row in self.standing.values()]

    def _volume(self, row: Row) -> Volume:
        name, size = shown(row.get("lv_name", "")), _bytes(row.get("lv_size")) or 0
        pool = self.thin_pools.get(row.get("pool_lv", "")) if "thin" in _words(row, "lv_layout") else None
        health, text = self._volume_health(row, pool)
        mark = mark_of(_words(row, "lv_tags"))
        snapshots = [
            _snapshot(other, mark.repository if mark else "")
            for other in self.of_origin.get(row.get("lv_name", ""), [])
        ]
        return Volume(
            stack="lvm",
            kind="lvm-thin" if "thin" in _words(row, "lv_layout") else "lvm",
            pool=f"{self.name}/{shown(row['pool_lv'])}" if row.get("pool_lv") else self.name,
            name=name,
            uuid=shown(row.get("lv_uuid", "")),
            size_bytes=size,
            used_bytes=_share(size, _percent(row.get("data_percent"))) if "thin" in _words(row, "lv_layout") else size,
            device=shown(row.get("lv_path") or f"/dev/{self.name}/{name}"),
            created_us=_created_us(row),
            repository=mark.repository if mark else "",
            use=mark.use if mark else "block",
            filesystem=mark.filesystem if mark else "",
            sparse="thin" in _words(row, "lv_layout"),
            active=_is_active(row),
            merging=bool(row.get("lv_merging")) or any(snapshot.merging for snapshot in snapshots),
            is_open=_is_open(row),
            health=health,
            health_text=text,
            snapshots=tuple(sorted(snapshots, key=lambda snapshot: (snapshot.created_us, snapshot.volume))),
        )

    def _volume_health(self, row: Row, pool: Pool | None) -> tuple[Health, str]:
        status = row.get("lv_health_status", "")
        if row.get("lv_suspended") == "suspended":
            return "suspended", "The device is suspended, so all reading and writing waits: look at dmsetup info."
        if status == "partial":
            return "missing", f"Devices that hold parts of the volume are missing in volume group {self.name}."
        if pool is not None and pool.health != "online":
            return pool.health, pool.health_text
        if status:
            return ("faulted" if status == "failed" else "degraded"), f"LVM says: {shown(status)}."
        return "online", ""


def _snapshot(row: Row, repository: str) -> Snapshot:
    """``repository`` is that of the origin; a mark of another one is none."""
    volume, size = row.get("lv_name", ""), _bytes(row.get("lv_size")) or 0
    thick = "thicksnapshot" in _words(row, "lv_role")
    percent = _percent(row.get("data_percent")) if thick else None
    _, dot, given = volume.partition(".")
    owned = bool(repository and dot and given) and snapshot_of(_words(row, "lv_tags")) == repository
    invalid = row.get("lv_snapshot_invalid") not in (None, "", "unknown")
    return Snapshot(
        name=shown(given if owned else volume),
        volume=shown(volume),
        uuid=shown(row.get("lv_uuid", "")),
        created_us=_created_us(row),
        size_bytes=size,
        used_bytes=_share(size, percent),
        used_percent=percent,
        valid=not invalid,
        merging=bool(row.get("lv_merging")),
        owned=owned,
        detached=not _is_snapshot(row),
    )


def _member(row: Row) -> Member:
    path, uuid = shown(row.get("pv_name", "")), shown(row.get("pv_uuid", ""))
    size = _bytes(row.get("pv_size"))
    if row.get("pv_missing"):
        return Member(path, size, "missing", f"LVM does not find the device with the PV UUID {uuid}.")
    if row.get("pv_duplicate"):
        return Member(path, size, "duplicate", f"LVM sees the PV UUID {uuid} on more than one device.")
    if not row.get("pv_allocatable"):
        return Member(path, size, "online", "No new volume is put on it (pvchange --allocatable n).")
    return Member(path, size, "online")


def _pool_health(row: Row) -> tuple[Health, str]:
    status = row.get("lv_health_status", "")
    if status in _POOL_HEALTH:
        return _POOL_HEALTH[status]
    if row.get("lv_check_needed") not in (None, "", "unknown"):
        return "faulted", "The thin pool's metadata needs a check: repair it with lvconvert --repair."
    if row.get("lv_suspended") == "suspended":
        return "suspended", "The thin pool is suspended, so all reading and writing waits: look at dmsetup info."
    return ("degraded", f"LVM says: {shown(status)}.") if status else ("online", "")


def _is_pool(row: Row) -> bool:
    return {"thin", "pool"} <= _words(row, "lv_layout")


def _is_public(row: Row) -> bool:
    return "private" not in _words(row, "lv_role")


def _is_snapshot(row: Row) -> bool:
    return "snapshot" in _words(row, "lv_role") and bool(row.get("origin"))


def _is_active(row: Row) -> bool:
    return row.get("lv_active", "").startswith("active")


def _is_open(row: Row) -> bool | None:
    return {"open": True, "": False}.get(row.get("lv_device_open", "unknown"))


def _created_us(row: Row) -> int:
    """``lv_time`` in seconds since the epoch (report/time_format="%s"); 0 where LVM does not know it."""
    return (_bytes(row.get("lv_time")) or 0) * 1_000_000


def _words(row: Row, field: str) -> frozenset[str]:
    return frozenset(word for word in row.get(field, "").split(",") if word)


def _bytes(text: str | None) -> int | None:
    return int(text) if text and _BYTES.fullmatch(text) else None


def _percent(text: str | None) -> float | None:
    return float(text) if text and _PERCENT.fullmatch(text) else None


def _share(size_bytes: int, percent: float | None) -> int | None:
    return None if percent is None else int(size_bytes * percent / 100)
