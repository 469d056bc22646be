"""What the base image of the appliance is made of. Its key is a hash over this file and all files it names."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITE = "trixie"
ARCHITECTURE = "amd64"
COMPONENTS = "main,contrib"
DISK_SIZE = "12G"  # sparse: the file takes what is in it
EARLY_FILES = HERE / "guest_files" / "base"
FINISH = HERE / "guest_files" / "finish-base.sh"
# ZFS is built in a root of its own, so that no compiler comes into the image.
ZFS_BUILD_PACKAGES = ("gcc", "make", "dkms", "kmod", "xz-utils", "zstd")


@dataclass(frozen=True, slots=True)
class Recipe:
    with_zfs: bool

    def packages(self) -> list[str]:
        names = read_list(HERE / "packages.txt")
        return names + read_list(HERE / "packages-zfs.txt") if self.with_zfs else names

    def key(self) -> str:
        """16 hex digits that change with anything that ends up in the image."""
        digest = hashlib.sha256(b"zfs" if self.with_zfs else b"plain")
        for path in [Path(__file__), FINISH, *sorted(EARLY_FILES.rglob("*"))]:
            if path.is_file():
                digest.update(f"{path.relative_to(HERE)} {path.stat().st_mode & 0o111:o}\n".encode())
                digest.update(path.read_bytes())
        digest.update("\n".join(self.packages()).encode())
        return digest.hexdigest()[:16]

    def mmdebstrap(self, root: Path, source: str, apt_options: Path) -> list[str]:
        """argv that makes the root file system `root`; `source` is a sources.list line."""
        return [
            "mmdebstrap",
            "--variant=apt",
            f"--architectures={ARCHITECTURE}",
            f"--components={COMPONENTS}",
            f"--aptopt={apt_options}",
            "--dpkgopt=force-unsafe-io",
            f"--include={','.join(self.packages())}",
            # dpkg reads its path excludes and the kernel its initramfs settings while the packages are unpacked.
            f'--essential-hook=cp -r --preserve=mode,links "{EARLY_FILES}/." "$1/"',
            f'--customize-hook=cp "{FINISH}" "$1/finish" && chroot "$1" sh /finish && rm "$1/finish"',
            SUITE,
            str(root),
            source,
        ]


def zfs_mmdebstrap(root: Path, source: str, apt_options: Path, kernel: str, zfs_version: str) -> list[str]:
    """argv that makes a root in which the ZFS module for `kernel` is built."""
    module = f"zfs/{zfs_version.split('-')[0]}"
    is_built = f'chroot "$1" dkms status {module} -k {kernel} | grep -q installed'
    build = f'{is_built} || chroot "$1" dkms install {module} -k {kernel}'
    return [
        "mmdebstrap",
        "--variant=apt",
        f"--architectures={ARCHITECTURE}",
        f"--components={COMPONENTS}",
        f"--aptopt={apt_options}",
        "--dpkgopt=force-unsafe-io",
        f"--include={','.join((*ZFS_BUILD_PACKAGES, f'linux-headers-{kernel}'))}",
        # Installed after the headers: its install step then builds for the one kernel there is.
        f'--customize-hook=chroot "$1" apt-get install --yes --no-install-recommends zfs-dkms={zfs_version}',
        f"--customize-hook={build}",
        SUITE,
        str(root),
        source,
    ]


def read_list(path: Path) -> list[str]:
    """Names in a file, one a line; comments and empty lines left out."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]
