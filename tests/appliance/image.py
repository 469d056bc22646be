"""Builds the base image of the appliance and keeps it in the user's cache.

A finished image is a folder `base-KEY` with root.img (raw ext4), vmlinuz, initrd.img and versions.json.
It is made under another name and renamed at the end, so a folder with that name is always complete.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.appliance import hostpackages, mirror, paths
from tests.appliance.recipe import COMPONENTS, DISK_SIZE, SUITE, Recipe, zfs_mmdebstrap
from tests.appliance.steps import StepFailed, locked, run_logged, say, step

KEPT_IMAGES = 2  # the newest of each kind stay, for instance one with ZFS and one without
LOG = "image"


@dataclass(frozen=True, slots=True)
class BaseImage:
    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "root.img"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd.img"

    @property
    def key(self) -> str:
        return self.folder.name.removeprefix("base-")


def wanted_recipe() -> Recipe:
    return Recipe(with_zfs=os.environ.get("ZFS", "1") != "0")


def ensure() -> BaseImage:
    """The base image for today's recipe, built when the cache has none. Two builds at once wait for each other."""
    recipe = wanted_recipe()
    folder = paths.cache() / f"base-{recipe.key()}"
    with locked("image", "build of the image"):
        if not folder.exists():
            remove_unfinished()
            say(f"No cached image for this recipe yet; building it ({'with' if recipe.with_zfs else 'without'} ZFS).")
            build(recipe, folder)
        os.utime(folder)
        remove_old("base-*", KEPT_IMAGES)
        remove_old("zfs-*", KEPT_IMAGES)
    return BaseImage(folder)


def build(recipe: Recipe, folder: Path) -> None:
    (paths.logs() / f"{LOG}.log").unlink(missing_ok=True)
    with work_folder() as work:
        root = work / "root"
        options = work / "apt-options"
        mirror.write_apt_options(options)
        source = mirror.source_line(SUITE, COMPONENTS)
        with step("root file system from the Debian mirror (some 2 minutes)"):
            run_logged(recipe.mmdebstrap(root, source, options), LOG, root=True, env={"TMPDIR": str(work)})
        versions = read_versions(root)
        if recipe.with_zfs:
            add_zfs(root, versions, ensure_zfs(versions, source, options))
        with step("disk image"):
            finished = work / "image"
            finished.mkdir()
            make_disk(root, finished, versions["kernel"])
            (finished / "versions.json").write_text(json.dumps(versions, indent=1) + "\n")
        finished.rename(folder)


def read_versions(root: Path) -> dict[str, str]:
    """Kernel release and all package versions in the new root, from dpkg's own list."""
    kernels = sorted(path.name.removeprefix("vmlinuz-") for path in (root / "boot").glob("vmlinuz-*"))
    if len(kernels) != 1:
        raise StepFailed(f"the root file system has {len(kernels)} kernels, one was expected: {kernels}")
    versions = {"kernel": kernels[0]}
    name = ""
    for line in (root / "var/lib/dpkg/status").read_text().splitlines():
        field, _, value = line.partition(": ")
        if field == "Package":
            name = value
        elif field == "Version":
            versions[name] = value
    return versions


def ensure_zfs(versions: dict[str, str], source: str, options: Path) -> Path:
    """Folder with the ZFS modules for this kernel; building them is the longest step, so it has a cache of its own."""
    kernel, zfs = versions["kernel"], versions["zfsutils-linux"]
    folder = paths.cache() / f"zfs-{kernel}-{zfs}"
    if folder.exists():
        os.utime(folder)
        return folder
    with step("ZFS kernel module, built once (6 to 15 minutes)"), work_folder() as work:
        root = work / "root"
        run_logged(zfs_mmdebstrap(root, source, options, kernel, zfs), LOG, root=True, env={"TMPDIR": str(work)})
        modules = work / "modules"
        modules.mkdir()
        built = sorted((root / "lib/modules" / kernel / "updates").rglob("*.ko*"))
        if not any(path.name.startswith("zfs.ko") for path in built):
            raise StepFailed("dkms ended well but left no zfs.ko; the log has its output")
        for path in built:
            shutil.copy(path, modules)
        modules.rename(folder)
    return folder


def add_zfs(root: Path, versions: dict[str, str], modules: Path) -> None:
    target = root / "lib/modules" / versions["kernel"] / "updates/dkms"
    run_logged(["mkdir", "-p", str(target)], LOG, root=True)
    run_logged(["cp", *(str(path) for path in sorted(modules.iterdir())), str(target)], LOG, root=True)
    run_logged(["chroot", str(root), "depmod", versions["kernel"]], LOG, root=True)


def make_disk(root: Path, folder: Path, kernel: str) -> None:
    """An ext4 image of `root` by mke2fs -d: no mount and no loop device, which a container would not have."""
    for part in ("vmlinuz", "initrd.img"):
        run_logged(["cp", str(root / "boot" / f"{part}-{kernel}"), str(folder / part)], LOG, root=True)
    disk = folder / "root.img"
    mke2fs = hostpackages.find("mke2fs") or "mke2fs"
    options = ["-q", "-t", "ext4", "-L", "bams-root", "-E", "lazy_itable_init=1"]
    run_logged([mke2fs, *options, "-d", str(root), str(disk), DISK_SIZE], LOG, root=True)
    run_logged(["chown", "-R", f"{os.geteuid()}:{os.getegid()}", str(folder)], LOG, root=True)


@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder beside the finished images, so that the final rename stays in one file system. Gone afterwards."""
    work = Path(tempfile.mkdtemp(prefix="work-", dir=paths.cache()))
    work.chmod(0o755)  # mmdebstrap lets apt fetch as another user
    try:
        yield work
    finally:
        run_logged(["rm", "-rf", "--one-file-system", str(work)], LOG, root=True)


def remove_unfinished() -> None:
    """Drop what a build that was killed left behind; the caller holds the lock, so none is under way."""
    for work in paths.cache().glob("work-*"):
        run_logged(["rm", "-rf", "--one-file-system", str(work)], LOG, root=True)


def remove_old(pattern: str, keep: int) -> None:
    """Drop all but the `keep` most recently used folders; a running machine keeps its open files."""
    folders = sorted(paths.cache().glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[keep:]:
        shutil.rmtree(folder)
