"""A fake lvm 2.03.31: what bamsd/disk/lvm.py uses of it, with the texts of the recordings in tests/recordings/lvm."""

import contextlib
import json
import os
import re
import sys

from tests.fakes import device_header
from tests.fakes import lvm_world as world
from tests.fakes.lvm_command import COMMANDS, NO_COMMAND, SYNTAX, Command, Stop, parsed
from tests.fakes.lvm_rows import fields
from tests.fakes.lvm_world import EXTENT, Json
from tests.fakes.tape_robot import locked, log_call, wait_for_file

_SELECTION = r'lv_uuid="([^"]*)"( && lv_role!=\{"thickorigin"\})?( && \(lv_layout!=\{"pool"\} \|\| thin_count=0\))?'


class Lvm(Command):
    """The subcommands."""

    # Groups and devices

    def vgcreate(self) -> None:
        name, *paths = self.words
        if name in self.state["groups"]:
            self.stderr.append(f"  A volume group called {name} already exists.")
            self.give_up()
        self.check_devices(paths)
        world.new_group(self.state, name, paths)["tags"] = self.tags()
        self.say(f'Volume group "{name}" successfully created')

    def vgextend(self) -> None:
        name, *paths = self.words
        group = self.group(name)
        self.check_devices(paths)
        world.add_members(self.state, group, paths)
        self.say(f'Volume group "{name}" successfully extended', name)

    def check_devices(self, paths: list[str]) -> None:
        for path in paths:
            owner = self.owner(path)
            if owner:
                self.say(f"Physical volume '{path}' is already in volume group '{owner}'", kind="error")
                self.say(f"Unable to add physical volume '{path}' to volume group '{owner}'", kind="error")
                self.fail(f"{path}: physical volume not initialized.")
            device = self.state["devices"].get(path)
            if device is None:
                self.fail(f"No device found for {path}.")
            if device["busy"]:
                self.fail(f"Can't open {path} exclusively.  Mounted filesystem?")
            if device["signature"]:
                self.stderr.append(
                    f"WARNING: {device['signature']} signature detected on {path} at offset 1080. Wipe it? [y/n]: [n]"
                )
                self.say(f"Aborted wiping of {device['signature']}.", kind="error")
                self.say("1 existing signature left on the device.", kind="warn")
                self.give_up()
        for path in paths:
            # A device that has a label already is only taken in.
            if not self.state["devices"][path]["label"]:
                self.say(f'Physical volume "{path}" successfully created.')
            self.label(path, on=True)

    def label(self, path: str, *, on: bool) -> None:
        """Write the label, or erase it; on a disk of the fake host other programs see it too."""
        self.state["devices"][path]["label"] = on
        if os.path.isfile(path):
            device_header.write(path, [device_header.signature("LVM2_member")] if on else [])

    def owner(self, path: str) -> str:
        groups = self.state["groups"].items()
        return next((n for n, group in groups if any(m["path"] == path for m in group["members"])), "")

    def vgremove(self) -> None:
        name = self.words[0]
        group = self.group(name)
        if group["volumes"]:
            self.stderr.append(
                f'Do you really want to remove volume group "{name}" containing {len(group["volumes"])} logical '
                "volumes? [y/n]: [n]"
            )
            self.fail(f'Volume group "{name}" not removed', name)
        del self.state["groups"][name]
        self.say(f'Volume group "{name}" successfully removed', name)

    def pvremove(self) -> None:
        for path in self.words:
            owner = self.owner(path)
            if owner:
                self.say(f"PV {path} is used by VG {owner} so please use vgreduce first.", kind="error")
                self.say("(If you are certain you need pvremove, then confirm by using --force twice.)", kind="error")
                self.fail(f"{path}: physical volume label not removed.")
            device = self.state["devices"].get(path)
            if device is None or not device["label"]:
                self.fail(f"No PV found on device {path}.")
            self.label(path, on=False)
            self.say(f'Labels on physical volume "{path}" successfully wiped.')

    # Volumes

    def lvcreate(self) -> None:
        if self.option("--snapshot"):
            self.snapshot()
            return
        group_name, name = self.words[0], self.option("--name")
        group = self.group(group_name)
        kind = self.option("--type") or "thick"
        size = self.size("--virtualsize" if kind == "thin" else "--size")
        if name in group["volumes"]:
            pool = f"Logical volume {name} already exists in Volume group {group_name}."
            thick = f'Logical Volume "{name}" already exists in volume group "{group_name}"'
            self.fail(pool if kind == "thin-pool" else thick, group_name)
        self.may_change(group_name, group)
        volume = world.new_volume(kind, size, tags=self.tags())
        if kind == "thin":
            volume["pool"] = self.option("--thinpool")
            self.check_pool(group_name, group, volume["pool"])
        elif kind == "thin-pool":
            wanted = self.size("--poolmetadatasize") if self.option("--poolmetadatasize") else 0
            volume["metadata"] = world.extents(wanted) if wanted else world.metadata_extents(size)
        self.place(group_name, group, name, volume)

    def check_pool(self, group_name: str, group: Json, pool_name: str) -> None:
        pool = group["volumes"].get(pool_name)
        if pool is None:
            self.fail(f"Pool {pool_name} not found in Volume group {group_name}.", group_name)
        if pool["kind"] != "thin-pool":
            self.fail(f"Logical volume {group_name}/{pool_name} is not a thin pool.", group_name)
        if pool["used"] >= 100:
            self.say(f"WARNING: Thin pool {group_name}/{pool_name} is out of data space.", group_name, "warn")
            self.fail(
                f"Cannot create new thin volume, free space in thin pool {group_name}/{pool_name} reached threshold.",
                group_name,
            )

    def place(self, group_name: str, group: Json, name: str, volume: Json) -> None:
        before = world.free(group)
        group["volumes"][name] = volume
        if world.free(group) < 0:
            del group["volumes"][name]
            needed = volume["extents"]
            self.fail(
                f'Volume group "{group_name}" has insufficient free space ({before} extents): {needed} required.',
                group_name,
            )
        self.say(f'Logical volume "{name}" created.', group_name)

    def snapshot(self) -> None:
        group_name, _, origin_name = self.words[0].partition("/")
        group, name = self.group(group_name), self.option("--name")
        origin = group["volumes"].get(origin_name)
        if origin is None:
            self.fail(f"Snapshot origin LV {origin_name} not found in Volume group {group_name}.", group_name)
        if name in group["volumes"]:
            self.fail(f'Logical Volume "{name}" already exists in volume group "{group_name}"', group_name)
        self.may_change(group_name, group)
        if origin["kind"] == "thin":
            self.check_pool(group_name, group, origin["pool"])
            volume = world.new_volume("thin", origin["extents"] * EXTENT, pool=origin["pool"], used=origin["used"])
            volume["active"] = self.option("--activate") != "n" and self.option("--setactivationskip") == "n"
            volume["skip"] = self.option("--setactivationskip") != "n"
        else:
            size = min(self.size("--size"), (origin["extents"] + 1) * EXTENT)
            volume = world.new_volume("snapshot", size)
        volume |= {"tags": self.tags(), "origin": origin_name}
        self.place(group_name, group, name, volume)
        world.copy_content(
            world.content(self.state, group_name, origin_name), world.content(self.state, group_name, name)
        )

    def lvextend(self) -> None:
        group_name, name, group, volume = self.volume()
        wanted, about = world.extents(self.size("--size")), self.words[0]
        now = volume["extents"]
        if wanted < now:
            self.fail(f"New size given ({wanted} extents) not larger than existing size ({now} extents)", about)
        if wanted == now:
            self.fail("No size change.", about)
        thick = [n for n in world.snapshots(group, name) if group["volumes"][n]["kind"] == "snapshot"]
        if thick and volume["active"]:
            self.fail("Snapshot origin volumes can be resized only while inactive: try lvchange -an.", about)
        self.may_change(group_name, group)
        if volume["kind"] != "thin" and wanted - now > world.free(group):
            left = world.free(group)
            self.fail(f"Insufficient free space: {wanted - now} extents needed, but only {left} available", about)
        volume["extents"] = wanted
        if volume["kind"] == "thin-pool":
            volume |= {"used": round(volume["used"] * now / wanted, 2), "health": ""}
        self.say(f"Logical volume {group_name}/{name} successfully resized.", about)

    def lvremove(self) -> None:
        group_name, name, group, volume = self.volume()
        selection = self.option("--select")
        found = re.fullmatch(_SELECTION, selection)
        if found is None:
            self.syntax(f"Selection syntax error at '{selection}'.")
        thick = [n for n in world.snapshots(group, name) if group["volumes"][n]["kind"] == "snapshot"]
        filled = any(other["pool"] == name for other in group["volumes"].values())
        if found[1] != volume["uuid"] or (found[2] and thick) or (found[3] and filled):
            return
        if volume["mounted"]:
            self.fail(f"Logical volume {group_name}/{name} contains a filesystem in use.", self.words[0])
        if volume["open"]:
            self.fail(f"Logical volume {group_name}/{name} in use.", self.words[0])
        for gone in (*thick, name):
            del group["volumes"][gone]
            self.say(f'Logical volume "{gone}" successfully removed.', self.words[0])
        for other in group["volumes"].values():
            if other["origin"] == name:
                other["origin"] = ""

    def lvchange(self) -> None:
        *_, volume = self.volume()
        volume["active"] = self.option("--activate") == "y"

    def lvconvert(self) -> None:
        group_name, name, group, volume = self.volume()
        if not volume["origin"]:
            self.fail(f"{group_name}/{name} is not a mergeable logical volume.", self.words[0])
        if volume["invalid"]:
            self.fail(f"Unable to merge invalidated snapshot LV {group_name}/{name}.", self.words[0])
        origin = group["volumes"][volume["origin"]]
        waits = origin["open"] or origin["mounted"]
        if waits:
            self.say("Delaying merge since origin is open.", self.words[0])
            text = f"Merging of snapshot {group_name}/{name} will occur on next activation of "
            self.say(f"{text}{group_name}/{volume['origin']}.", self.words[0])
        elif volume["kind"] == "snapshot":
            self.say(f"Merging of volume {group_name}/{name} started.", self.words[0])
            waits = self.state["merges_wait"]
        else:
            self.say(f"Volume {group_name}/{name} replaced origin {group_name}/{volume['origin']}.", self.words[0])
        if waits:
            volume["merging"] = origin["merging"] = True
        else:
            finish_merge(self.state, group_name, name)

    # Reports

    def lvmconfig(self) -> None:
        if not self.state["global_filter"]:
            self.stderr.append("  Configuration node devices/global_filter not found")
            self.give_up()
        print(f"global_filter={self.state['global_filter']}")

    def systemid(self) -> None:
        print(f"  system ID: {self.state['system']}")

    def fullreport(self) -> None:
        wanted: dict[str, list[str]] = {}
        kind = ""
        for option, value in self.options:
            if option == "--configreport":
                kind = value
            elif option == "--options":
                wanted[kind] = value.split(",")
        self.reports = []
        for name, group in self.state["groups"].items():
            if name in self.state["held"]:
                try:
                    self.group(name)
                except Stop:
                    continue
            rows = fields(self.state, name, group)
            self.reports.append(
                {kind: [{f: row[f] for f in wanted[kind]} for row in rows[kind]] for kind in ("vg", "pv", "lv")}
                | {"pvseg": [{"pvseg_start": "0"}], "seg": [{"seg_start": "0"}]}
            )


def finish_merge(state: Json, group_name: str, name: str) -> None:
    """The origin gets the content of the snapshot, which is gone then. Other thin snapshots lose their origin."""
    group = state["groups"][group_name]
    volume = group["volumes"].pop(name)
    origin = group["volumes"][volume["origin"]]
    origin["merging"] = False
    # Not by renaming: who has the origin's file open sees the old content come back.
    world.copy_content(world.content(state, group_name, name), world.content(state, group_name, volume["origin"]))
    if volume["kind"] == "thin":
        origin |= {"extents": volume["extents"], "created": volume["created"]}
        for other in group["volumes"].values():
            if other["origin"] == volume["origin"]:
                other["origin"] = ""


def take(state: Json, kind: str, command: str) -> Json | None:
    for index, entry in enumerate(state[kind]):
        if entry["on"] in (command, "any"):
            found: Json = state[kind].pop(index)
            return found
    return None


def main() -> None:
    directory = world.folder()
    path = world.state_path(directory)
    command, *rest = sys.argv[1:]
    log_call(path, ["lvm", *sys.argv[1:]])
    if command not in COMMANDS:
        sys.stderr.write(f"  No such command '{command}'.  Try 'help'.\n")
        sys.exit(NO_COMMAND)
    with locked(path) as state:
        hang = take(state, "hangs", command)
    if hang and not hang["done"]:
        wait_for_file(hang["gate"], path)
    with locked(path) as state:
        failure = take(state, "failures", command)
        options, words = parsed(rest)
        lvm = Lvm(state, command, options, words)
        if failure:
            lvm.log, lvm.code = [("error", "", "", failure["text"])], failure["code"]
        else:
            with contextlib.suppress(Stop):
                getattr(lvm, command)()
            world.sync_devices(state)
    if hang and hang["done"]:
        wait_for_file(hang["gate"], path)
    sys.stderr.write("".join(f"{line}\n" for line in lvm.stderr))
    if "report_command_log=1" not in lvm.option("--config") and command not in ("fullreport", "lvmconfig", "systemid"):
        for kind, _, _, text in lvm.log:
            if kind != "status":
                print(f"  {text}", file=sys.stdout if kind == "print" else sys.stderr)
    elif lvm.code != SYNTAX and command not in ("lvmconfig", "systemid"):
        json.dump(lvm.output(), sys.stdout, indent=1)
    sys.stdout.flush()
    os._exit(lvm.code)
