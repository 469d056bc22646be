"""LIO's configfs in memory, as Linux 6.12 behaves: tests/recordings/lio/trial.txt has what it took and refused.

Every touch is logged in ``touched``; one of them can be made to fail, or to end the process. Sessions log in and out as
real ones do: by ACL and CHAP, and the kernel ends them when it does.
"""

import errno
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bamsd.iscsi.objects import Link, MakeFolder, Op, RemoveFolder, Unlink, Write
from tests.fakes.lio_folders import FOLDERS


class Died(BaseException):
    """The process ended here."""


@dataclass(slots=True)
class _Device:
    path: str = ""
    size: int = 0
    buffered: bool = False


class LioKernel:
    """A ``Tree``. ``backing`` are the block devices and files of the host with their sizes."""

    def __init__(self, backing: dict[str, int]) -> None:
        self.backing = backing
        self.touched: list[Op] = []
        self.fail_at: tuple[int, int] | None = None
        """The how manieth touch from now fails, from 1, and with which errno; 0 ends the process."""
        self.unmaps = True
        self.resizes = True
        self.alias = "client"
        """What the initiators call themselves: any text."""
        self._texts: dict[str, str] = {}
        self._entries: dict[str, dict[str, None]] = {"": {}}
        self._links: dict[str, str] = {}
        self._made: set[str] = set()
        self._devices: dict[str, _Device] = {}
        self._sessions: dict[tuple[str, str], int] = {}
        self._dead: set[str] = set()
        self._last = 0
        self._put("core/alua/lu_gps/default_lu_gp/lu_gp_id", "0\n")
        self._put("version", "Target Engine Core ConfigFS Infrastructure v5.0\n")

    # What the tree shows

    def read(self, path: str) -> str:
        home, _, name = path.rpartition("/")
        if name == "control" and home in self._devices:
            raise _error(errno.EACCES)
        if path not in self._texts:
            raise _error(errno.EISDIR if path in self._entries else errno.ENOENT)
        if home in self._devices and name == "info":
            return self._device_info(home)
        if "/acls/" in path and name == "info":
            return self._acl_info(home)
        if name.endswith("_octs"):
            return "4096\n" if self._session_of(home) else ""
        if name == "write_protect" and (home in self._dead or not self._links_in(home)):
            return ""
        return self._texts[path]

    def list(self, path: str) -> Sequence[str]:
        if path not in self._entries:
            raise _error(errno.ENOTDIR if path in self._texts else errno.ENOENT)
        return list(self._entries[path])

    def is_folder(self, path: str) -> bool:
        return path in self._entries

    def link(self, path: str) -> str:
        if path not in self._links:
            raise _error(errno.EINVAL if path in self._texts or path in self._entries else errno.ENOENT)
        return "../" * (path.count("/") + 1) + f"target/{self._links[path]}"

    # What changes it

    def write(self, path: str, text: str) -> None:
        self._touch(Write(path, text))
        home, _, name = path.rpartition("/")
        if name == "control" and home in self._devices:
            self._control(home, text)
            return
        if path not in self._texts:
            raise _error(errno.ENOENT)
        if not text:
            raise _error(errno.EFAULT)
        rule = self._rules().get(name)
        if rule is not None:
            rule(path, home, text.strip())
        else:
            self._texts[path] = f"{text}\n"

    def make_folder(self, path: str) -> None:
        self._touch(MakeFolder(path))
        parent = path.rpartition("/")[0]
        if parent not in self._entries:
            raise _error(errno.ENOENT)
        if path in self._entries:
            raise _error(errno.EEXIST)
        found = next(((texts, folders) for what, texts, folders in FOLDERS if re.fullmatch(what, path)), None)
        if found is None:
            raise _error(errno.EINVAL)
        if parent.endswith("/np"):
            self._check_portal(parent, path.rpartition("/")[2])
        self._folder(path)
        self._made.add(path)
        for name, text in found[0].items():
            self._put(f"{path}/{name}", text)
        for name in found[1]:
            self._folder(f"{path}/{name}")
        if re.fullmatch(r"core/[^/]+/[^/]+", path):
            self._devices[path] = _Device()
        if "/acls/" in path and f"{path}/cmdsn_depth" in self._texts:
            depth = self._texts[f"{path.split('/acls/')[0]}/attrib/default_cmdsn_depth"]
            self._texts[f"{path}/cmdsn_depth"] = depth

    def remove_folder(self, path: str) -> None:
        self._touch(RemoveFolder(path))
        if path not in self._entries:
            raise _error(errno.ENOENT)
        if path not in self._made:
            raise _error(errno.EPERM)
        inside = f"{path}/"
        if any(name.startswith(inside) for name in (*self._made, *self._links)):
            raise _error(errno.ENOTEMPTY)
        if path in self._links.values():
            raise _error(errno.EBUSY)
        if "/acls/" in path:
            self._drop(path)
        for name in [name for name in self._texts if name.startswith(inside)]:
            del self._texts[name]
        for name in [name for name in self._entries if name.startswith(inside)]:
            del self._entries[name]
        del self._entries[path]
        self._forget(path)
        self._made.discard(path)
        self._devices.pop(path, None)

    def make_link(self, path: str, to: str) -> None:
        self._touch(Link(path, to))
        home = path.rpartition("/")[0]
        if home not in self._entries or to not in self._entries:
            raise _error(errno.ENOENT)
        if self._links_in(home):
            raise _error(errno.EEXIST)
        if "/acls/" in home:
            if to.split("/lun/")[0] != home.split("/acls/")[0] or not self._links_in(to):
                raise _error(errno.EINVAL)
            self._texts[f"{home}/write_protect"] = "0\n"
            self._dead.discard(home)
        elif to not in self._devices or self._texts[f"{to}/enable"] != "1\n":
            raise _error(errno.ENODEV)
        self._links[path] = to
        self._entries[home][path.rpartition("/")[2]] = None

    def unlink(self, path: str) -> None:
        self._touch(Unlink(path))
        if path not in self._links:
            raise _error(errno.ENOENT)
        del self._links[path]
        self._forget(path)
        home = path.rpartition("/")[0]
        self._dead.update(link.rpartition("/")[0] for link, to in self._links.items() if to == home)

    # Initiators

    def log_in(self, iqn: str, initiator: str, user: str = "", secret: str = "") -> bool:
        """Whether the initiator got in: as the ACL and its CHAP pair allow."""
        group = f"iscsi/{iqn}/tpgt_1"
        home = f"{group}/acls/{initiator}"
        if self._texts.get(f"{group}/enable") != "1\n" or home not in self._entries or not self._entries[f"{group}/np"]:
            return False
        if self._texts[f"{group}/attrib/authentication"] == "1\n":
            known = tuple(self._texts[f"{home}/auth/{name}"].removesuffix("\n") for name in ("userid", "password"))
            if known != (user, secret) or not all(known) or any(text.startswith("NULL") for text in known):
                return False
        self._last += 1
        self._sessions[(iqn, initiator)] = self._last
        return True

    def log_out(self, iqn: str, initiator: str) -> None:
        self._sessions.pop((iqn, initiator), None)

    def is_logged_in(self, iqn: str, initiator: str) -> bool:
        return (iqn, initiator) in self._sessions

    # Inside

    def _touch(self, op: Op) -> None:
        if self.fail_at is not None:
            left, number = self.fail_at
            self.fail_at = (left - 1, number) if left > 1 else None
            if left == 1:
                raise _error(number) if number else Died
        self.touched.append(op)

    def _rules(self) -> dict[str, Callable[[str, str, str], None]]:
        return {
            "enable": self._enable,
            "rtpi": self._rtpi,
            "authentication": self._authentication,
            "default_cmdsn_depth": self._depth,
            "cmdsn_depth": self._depth,
            "vpd_unit_serial": self._serial,
            "vendor_id": self._inquiry,
            "product_id": self._inquiry,
            "emulate_tpu": self._emulate_tpu,
            "userid": self._chap,
            "password": self._chap,
            "userid_mutual": self._chap,
            "password_mutual": self._chap,
        }

    def _enable(self, path: str, home: str, text: str) -> None:
        if home in self._devices:
            self._enable_device(path, home, text)
            return
        if text == "1" and self._texts[f"{home}/rtpi"] != "0x0\n":
            for other, value in self._texts.items():
                same = other.endswith("/rtpi") and value == self._texts[f"{home}/rtpi"]
                if same and other != f"{home}/rtpi" and self._texts[f"{other.removesuffix('rtpi')}enable"] == "1\n":
                    raise _error(errno.EINVAL)
        self._texts[path] = f"{text}\n"
        if text == "0":
            self._drop(home)

    def _enable_device(self, path: str, home: str, text: str) -> None:
        device = self._devices[home]
        if text != "1" or not device.path:
            raise _error(errno.EINVAL)
        if self._texts[path] == "1\n":
            raise _error(errno.EEXIST)
        if home.startswith("core/iblock"):
            if device.path not in self.backing:
                raise _error(errno.ENOENT)
            users = [name for name, other in self._devices.items() if other.path == device.path and name != home]
            if any(self._texts[f"{name}/enable"] == "1\n" and "iblock" in name for name in users):
                raise _error(errno.EBUSY)
        elif not device.size:
            raise _error(errno.EINVAL)
        self._texts[path] = "1\n"
        if self.unmaps:
            self._texts[f"{home}/attrib/max_unmap_block_desc_count"] = "1\n"

    def _rtpi(self, path: str, home: str, text: str) -> None:
        if self._texts[f"{home}/enable"] == "1\n" or not 0 < int(text) <= 0xFFFF:
            raise _error(errno.EINVAL)
        self._texts[path] = f"{int(text):#x}\n"

    def _authentication(self, path: str, home: str, text: str) -> None:
        self._texts[path] = f"{text}\n"
        if home.endswith("tpgt_1/attrib"):
            method = "CHAP\n" if text == "1" else "CHAP,None\n"
            self._texts[f"{home.removesuffix('attrib')}param/AuthMethod"] = method

    def _depth(self, path: str, home: str, text: str) -> None:
        if not text.isdecimal() or not 1 <= int(text) <= 512:
            raise _error(errno.EINVAL)
        if self._texts[path] != f"{text}\n" and "/acls/" in path:
            self._drop(home)
        self._texts[path] = f"{text}\n"

    def _serial(self, path: str, home: str, text: str) -> None:
        self._refuse_exported(home)
        self._texts[path] = f"T10 VPD Unit Serial Number: {text}\n"

    def _inquiry(self, path: str, home: str, text: str) -> None:
        self._refuse_exported(home)
        self._texts[path] = f"{text}\n"

    def _refuse_exported(self, home: str) -> None:
        if home.removesuffix("/wwn") in self._links.values():
            raise _error(errno.EINVAL)

    def _emulate_tpu(self, path: str, home: str, text: str) -> None:
        if text == "1" and self._texts[f"{home}/max_unmap_block_desc_count"] == "0\n":
            raise _error(errno.ENOSYS)
        self._texts[path] = f"{text}\n"

    def _chap(self, path: str, home: str, text: str) -> None:
        self._texts[path] = f"{text}\n"

    def _control(self, home: str, text: str) -> None:
        device = self._devices[home]
        for part in text.split(","):
            name, _, value = part.partition("=")
            match name:
                case "udev_path" | "fd_dev_name":
                    device.path = value
                case "fd_dev_size":
                    device.size = int(value) if self.resizes else device.size
                case "fd_buffered_io":
                    device.buffered = value == "1"
                case _:
                    raise _error(errno.EINVAL)

    def _check_portal(self, folder: str, name: str) -> None:
        """An address that stands for all excludes each other one on its port."""
        address, _, port = name.rpartition(":")
        for other in self._entries[folder]:
            there, _, same = other.rpartition(":")
            if port == same and ({address, there} & {"0.0.0.0", "[::0]", "[::]"}):
                raise _error(errno.EINVAL)

    def _device_info(self, home: str) -> str:
        device = self._devices[home]
        if home.startswith("core/iblock"):
            return f"Status: DEACTIVATED\n        iBlock device: dm-1  UDEV PATH: {device.path}  readonly: 0\n"
        mode = "Buffered-WCE" if device.buffered else "O_DSYNC"
        return f"Status: DEACTIVATED\n        File: {device.path}  Size: {device.size}  Mode: {mode} Async: 0\n"

    def _acl_info(self, home: str) -> str:
        number = self._session_of(home)
        initiator = home.rpartition("/")[2]
        if not number:
            return f"No active iSCSI Session for Initiator Endpoint: {initiator}\n"
        return (
            f"InitiatorName: {initiator}\nInitiatorAlias: {self.alias}\n"
            f"LIO Session ID: {number}   ISID: 0x00 02 3d 00 00 03"
            "  TSIH: 2  SessionType: Normal\nSession State: TARG_SESS_STATE_LOGGED_IN\n"
            "CID: 0  Connection State: TARG_CONN_STATE_LOGGED_IN\n   Address 127.0.0.1 TCP  StatSN: 0x0c03c734\n"
        )

    def _session_of(self, path: str) -> int:
        parts = path.split("/")
        return self._sessions.get((parts[1], parts[4]), 0)

    def _drop(self, home: str) -> None:
        """End the sessions of a target or of one ACL."""
        parts = home.split("/")
        for iqn, initiator in list(self._sessions):
            if iqn == parts[1] and (len(parts) < 5 or (len(parts) == 5 and initiator == parts[4])):
                del self._sessions[(iqn, initiator)]

    def _links_in(self, home: str) -> tuple[str, ...]:
        return tuple(name for name in self._entries[home] if f"{home}/{name}" in self._links)

    def _folder(self, path: str) -> None:
        if path and path not in self._entries:
            parent, _, name = path.rpartition("/")
            self._folder(parent)
            self._entries[path] = {}
            self._entries[parent][name] = None

    def _put(self, path: str, text: str) -> None:
        parent, _, name = path.rpartition("/")
        self._folder(parent)
        self._entries[parent][name] = None
        self._texts[path] = text

    def _forget(self, path: str) -> None:
        parent, _, name = path.rpartition("/")
        self._entries.get(parent, {}).pop(name, None)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
