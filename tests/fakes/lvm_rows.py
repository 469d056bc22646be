"""The rows of the fake lvm's full report, with the values that the recordings of LVM 2.03.31 have."""

from tests.fakes import lvm_world as world
from tests.fakes.lvm_world import EXTENT, Json


def fields(state: Json, name: str, group: Json) -> dict[str, list[dict[str, str]]]:
    """All fields of all rows of one volume group, by kind of report."""
    missing = sum(member["missing"] for member in group["members"])
    vg = {
        "vg_uuid": group["uuid"],
        "vg_name": name,
        "vg_extent_size": str(EXTENT),
        "vg_size": str(world.total(group) * EXTENT),
        "vg_free": str(world.free(group) * EXTENT),
        "vg_permissions": "writeable",
        "vg_exported": "exported" if group["exported"] else "",
        "vg_partial": "partial" if missing else "",
        "vg_missing_pv_count": str(missing),
        "vg_clustered": "",
        "vg_shared": "shared" if group["shared"] else "",
        "vg_systemid": group["system"],
        "vg_lock_type": "sanlock" if group["shared"] else "",
        "vg_tags": ",".join(group["tags"]),
    }
    members = [_member(member) for member in group["members"]]
    volumes = [_volume(state, name, group, volume) for volume in sorted(group["volumes"])]
    return {"vg": [vg], "pv": members, "lv": [*volumes, *_internal(group, volumes)]}


def _member(member: Json) -> dict[str, str]:
    lost = member["missing"]
    return {
        "pv_uuid": member["uuid"],
        "pv_name": "[unknown]" if lost else member["path"],
        "pv_size": str(member["extents"] * EXTENT),
        "pv_missing": "missing" if lost else "",
        "pv_duplicate": "",
        "pv_allocatable": "allocatable",
    }


def _volume(state: Json, group_name: str, group: Json, name: str) -> dict[str, str]:
    volume = group["volumes"][name]
    kind, active = volume["kind"], volume["active"]
    origin = group["volumes"].get(volume["origin"])
    is_pool, thick = kind == "thin-pool", kind == "snapshot"
    told = active and kind != "thick"
    opened = (
        volume["open"] or volume["mounted"] or (is_pool and any(v["pool"] == name for v in group["volumes"].values()))
    )
    return {
        "lv_uuid": volume["uuid"],
        "lv_name": name,
        "lv_size": str(volume["extents"] * EXTENT),
        "lv_layout": {"thin-pool": "thin,pool", "thin": "thin,sparse"}.get(kind, "linear"),
        "lv_role": _role(group, name, volume),
        "lv_active": "active" if active else "",
        "lv_device_open": ("open" if opened else "") if active else "unknown",
        "lv_time": str(volume["created"]),
        "origin": volume["origin"],
        "origin_uuid": origin["uuid"] if origin else "",
        "pool_lv": volume["pool"],
        "data_percent": f"{volume['used']:.2f}" if told else "",
        "metadata_percent": f"{volume['metadata_used']:.2f}" if told and is_pool else "",
        "lv_health_status": volume["health"],
        "lv_tags": ",".join(volume["tags"]),
        "lv_merging": "merging" if volume["merging"] else "",
        "lv_merge_failed": "" if thick else "unknown",
        "lv_snapshot_invalid": ("snapshot invalid" if volume["invalid"] else "") if thick else "unknown",
        "lv_check_needed": "" if is_pool and active else "unknown",
        "lv_suspended": ("suspended" if volume["suspended"] else "") if active else "unknown",
        "lv_path": "" if is_pool else world.device(state, group_name, name),
    }


def _role(group: Json, name: str, volume: Json) -> str:
    if volume["kind"] == "thin-pool":
        return "private"
    role = ["public"]
    snapshots = [group["volumes"][other]["kind"] for other in world.snapshots(group, name)]
    if volume["origin"]:
        role += ["snapshot", "thicksnapshot" if volume["kind"] == "snapshot" else "thinsnapshot"]
    if snapshots:
        stack = "thick" if "snapshot" in snapshots else "thin"
        role += ["origin", f"{stack}origin", *([f"multi{stack}origin"] if len(snapshots) > 1 else [])]
    return ",".join(role)


def _internal(group: Json, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Parts of thin pools, which are no volumes."""
    found = []
    for row in rows:
        if row["lv_layout"] == "thin,pool":
            blank = row | {"lv_layout": "linear", "data_percent": "", "metadata_percent": "", "lv_path": ""}
            for part, role in (("tdata", "data"), ("tmeta", "metadata")):
                name = f"{row['lv_name']}_{part}"
                found.append(
                    blank
                    | {"lv_uuid": f"{row['lv_uuid']}{part}", "lv_name": name, "lv_role": f"private,thin,pool,{role}"}
                )
    return found
