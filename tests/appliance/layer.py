"""The project layer: what the Debian packages hold and the appliance's own files, as a small disk for the guest.

The disk holds layer.tar, the list of its files, its key, and apply.sh, which the base image runs before systemd starts.
"""

import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.appliance import accounts, hostpackages, paths
from tests.appliance.steps import run_logged

APPLY = paths.HERE / "guest_files" / "apply.sh"
STATIC_FILES = paths.HERE / "guest_files" / "layer"
LIBRARY_SCRIPT = paths.HERE / "tape_library.py"
ENABLED = (
    "bams-appliance-accounts.service",
    "bams-appliance-bytecode.service",
    "bams-appliance-tapes.service",
)
POOL_UNITS = {
    "multi-user.target": ("zfs.target",),
    "zfs.target": ("zfs-import.target", "zfs-volumes.target"),
    "zfs-import.target": ("zfs-import-cache.service",),
}
"""What Debian's package enables, so that zpools are imported after a reset; the base image has it switched off."""
UNITS = "/usr/lib/systemd/system"
"""Where packages put their units."""
DISK_SIZE = "64M"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or symbolic link of the layer; `name` is relative to /."""

    name: str
    mode: int
    content: bytes
    link: str | None = None
    mtime: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """A finished layer. `folder` holds layer.tar, files, layer (the key) and apply; `disk` is the same as an image."""

    key: str
    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.img"


def packages() -> list[Path]:
    """Build the Debian packages that the guest (Debian 13) installs."""
    folder = paths.BUILD / "debs"
    run_logged([str(paths.CHECKOUT / "debian/build.sh"), str(folder), "all"], "packages")
    return built()


def built() -> list[Path]:
    return sorted((paths.BUILD / "debs").glob("*.deb"))


def stage(debs: list[Path]) -> Path:
    """Unpack the packages into build/appliance/stage. What they do when they are installed: test_packages.py."""
    shutil.rmtree(paths.STAGE, ignore_errors=True)
    for package in debs:
        run_logged(["dpkg-deb", "--extract", str(package), str(paths.STAGE)], "stage")
    return paths.STAGE


def build(staged: Path | None) -> Layer:
    """The layer for what is staged; without it, of a machine that BAMS is not installed on.

    Same content, same key, and then nothing is made again.
    """
    project = [*from_folder(staged), wanted("multi-user.target", "bamsd.service", UNITS)] if staged else []
    entries = sorted([*project, *from_folder(STATIC_FILES), *generated()], key=lambda entry: entry.name)
    key = key_of(entries)
    layer = Layer(key, paths.BUILD / "layers" / key)
    if not layer.disk.exists():
        shutil.rmtree(layer.folder, ignore_errors=True)
        paths.made(layer.folder)
        write_tar(entries, layer.folder / "layer.tar")
        (layer.folder / "files").write_text("".join(f"{entry.name}\n" for entry in entries))
        (layer.folder / "layer").write_text(f"{key}\n")
        shutil.copyfile(APPLY, layer.folder / "apply")
        write_disk(layer)
    forget_others(layer)
    return layer


def from_folder(folder: Path) -> Iterator[Entry]:
    for path in folder.rglob("*"):
        if "__pycache__" in path.parts:
            continue
        name = str(path.relative_to(folder))
        info = path.lstat()
        if path.is_symlink():
            yield Entry(name, 0o777, b"", link=str(path.readlink()))
        elif path.is_file():
            # Checkouts differ in umask; an installed file is readable by all.
            yield Entry(name, 0o755 if info.st_mode & 0o111 else 0o644, path.read_bytes(), mtime=int(info.st_mtime))


def generated() -> Iterator[Entry]:
    """Files with content of this checkout: keys, passwords, and which units start at boot."""
    public = accounts.ssh_key().with_suffix(".pub").read_bytes()
    yield Entry("root/.ssh/authorized_keys", 0o600, public)
    yield Entry("etc/bams-appliance/accounts", 0o600, accounts.chpasswd_lines().encode())
    yield Entry("usr/lib/bams-appliance/tape_library.py", 0o755, LIBRARY_SCRIPT.read_bytes())
    for unit in ENABLED:
        yield wanted("multi-user.target", unit, "/etc/systemd/system")
    for target, units in POOL_UNITS.items():
        for unit in units:
            yield wanted(target, unit, UNITS)


def wanted(target: str, unit: str, folder: str) -> Entry:
    """The link that makes a target start a unit."""
    return Entry(f"etc/systemd/system/{target}.wants/{unit}", 0o777, b"", link=f"{folder}/{unit}")


def key_of(entries: list[Entry]) -> str:
    digest = hashlib.sha256(APPLY.read_bytes())
    for entry in entries:
        digest.update(f"{entry.name} {entry.mode:o} {entry.link} {len(entry.content)}\n".encode())
        digest.update(entry.content)
    return digest.hexdigest()[:16]


def write_tar(entries: list[Entry], file: Path) -> None:
    """Everything belongs to root in the guest, whoever builds it."""
    with tarfile.open(file, "w") as tar:
        for folder in folders_of(entries):
            item = tarfile.TarInfo(folder)
            item.type, item.mode = tarfile.DIRTYPE, 0o700 if folder.endswith(".ssh") else 0o755
            tar.addfile(item)
        for entry in entries:
            item = tarfile.TarInfo(entry.name)
            item.mode, item.mtime, item.size = entry.mode, entry.mtime, len(entry.content)
            if entry.link is not None:
                item.type, item.linkname = tarfile.SYMTYPE, entry.link
            tar.addfile(item, io.BytesIO(entry.content))
    file.chmod(0o600)  # it holds the passwords


def folders_of(entries: list[Entry]) -> list[str]:
    names = {str(parent) for entry in entries for parent in Path(entry.name).parents}
    return sorted(names - {"."})


def write_disk(layer: Layer) -> None:
    unfinished = layer.disk.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    mke2fs = hostpackages.find("mke2fs") or "mke2fs"
    run_logged([mke2fs, "-q", "-t", "ext4", "-d", str(layer.folder), str(unfinished), DISK_SIZE], "layer")
    unfinished.chmod(0o600)
    unfinished.rename(layer.disk)


def forget_others(layer: Layer, keep: int = 4) -> None:
    """Keep the newest few: another machine of this checkout may still boot from one of them."""
    layer.disk.touch()
    disks = sorted(layer.disk.parent.glob("*.img"), key=lambda path: path.stat().st_mtime, reverse=True)
    for disk in disks[keep:]:
        shutil.rmtree(disk.with_suffix(""), ignore_errors=True)
        disk.unlink()
