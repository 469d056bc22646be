"""Which iSCSI LUN (or NVMe namespace) a block device lies under, live or only configured.

Neither stack can be seen in sysfs' holders, LIO's fileio and an inactive device of SCST not even by an exclusive open.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bamsd.core.holders import Holder
from bamsd.errors import ToolFailed, shown
from bamsd.iscsi import live
from bamsd.iscsi.configured import Backing, parse_saveconfig, parse_scst_conf
from bamsd.system import block
from bamsd.system.patience import Patience

TIMEOUT_S = 30.0
SCST_CONF = Path("/etc/scst.conf")
SAVECONFIGS = (Path("/etc/rtslib-fb-target/saveconfig.json"), Path("/etc/target/saveconfig.json"))

Parse = Callable[[str, str], Sequence[Backing]]


class Exports:
    """A source for ``core.holders``. Works for a device that has no node at present, by its path alone."""

    def __init__(
        self,
        sysfs: Path = Path("/sys"),
        *,
        dev: Path = Path("/dev"),
        scst_conf: Path = SCST_CONF,
        saveconfigs: Sequence[Path] = SAVECONFIGS,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._roots = block.Roots(sysfs=sysfs, dev=dev)
        self._files: tuple[tuple[Path, Parse], ...] = (
            (scst_conf, parse_scst_conf),
            *((path, parse_saveconfig) for path in saveconfigs),
        )
        self._patience = Patience(timeout_s)

    async def __call__(self, device: str) -> tuple[Holder, ...]:
        """Every LUN over the device. Raises ``ToolFailed`` for what cannot be read or understood, ``TimedOut``."""
        return await self._patience.call(device, lambda: self._look(device))

    def _look(self, device: str) -> tuple[Holder, ...]:
        try:
            same = _Same(device, self._roots)
            found = tuple(self._live(same))
            names = {holder.name for holder in found}
            configured = (holder for holder in self._configured(same) if holder.name not in names)
            return (*found, *dict.fromkeys(configured))
        except OSError as error:
            raise ToolFailed(f"Who exports {device} cannot be told: {error.strerror or error}. Try again.") from error

    def _live(self, same: "_Same") -> Iterator[Holder]:
        sysfs = self._roots.sysfs
        for exported in (*live.scst(sysfs), *live.lio(sysfs), *live.nvmet(sysfs)):
            if same.is_in(exported):
                yield from _holders(exported)

    def _configured(self, same: "_Same") -> Iterator[Holder]:
        for path, parse in self._files:
            text = _content(path)
            for backing in parse(text, str(path)) if text.strip() else ():
                if same.is_it(backing.path):
                    release = f"It is configured but not active: take it out of {path}."
                    for name in backing.luns or (f"device {backing.name}",):
                        yield Holder("iscsi-lun", shown(name), release)


class _Same:
    """Compares paths of configurations with one device: by number, by where links lead, else by the name alone."""

    def __init__(self, device: str, roots: block.Roots) -> None:
        self._node = block.node(device, roots)
        self._scsi = block.scsi_address(self._node.name, roots) if self._node else ""
        self._names = _names(device)

    def is_in(self, exported: live.Export) -> bool:
        if self._node is not None and exported.number is not None and exported.number == self._node.number:
            return True
        return bool(exported.scsi and exported.scsi == self._scsi) or any(map(self.is_it, exported.paths))

    def is_it(self, path: str) -> bool:
        if not self._names.isdisjoint(_names(path)):
            return True
        return self._node is not None and block.is_device(path, self._node)


def _names(path: str) -> set[str]:
    """A path and, for a logical volume, its other name: without a node there is no link to follow."""
    plain = os.path.normpath(path)
    parts = plain.split("/")
    if len(parts) >= 4 and parts[-2] not in ("mapper", "zvol", "by-id"):
        group, volume = (part.replace("-", "--") for part in parts[-2:])
        return {plain, "/".join([*parts[:-2], "mapper", f"{group}-{volume}"])}
    return {plain}


def _holders(exported: live.Export) -> Iterator[Holder]:
    if exported.stack == "nvmet":
        release = "Disable the namespace and remove it from its subsystem (nvmetcli)."
        yield Holder("nvme-namespace", shown(exported.luns[0]), release)
        return
    tool = "SCST" if exported.stack == "scst" else "LIO"
    name = shown(exported.name)
    for lun in exported.luns:
        yield Holder("iscsi-lun", shown(lun), f"Remove the LUN, then the device {name}, from {tool}.")
    if not exported.luns:
        yield Holder(
            "iscsi-lun", f"device {name}", f"No LUN leads to it, but {tool} holds it: remove the device there."
        )


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ToolFailed(
            f"{path} cannot be read, so which devices it exports is not known: {error.strerror}. Try again as root."
        ) from error
