"""What `meson install` puts where, in a folder of its own."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import bamsd
from bamsd import config

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = "/usr/lib/python3/dist-packages"


def meson(*argv: str, **environment: str) -> str:
    """meson of the distribution: one from this virtual environment would look for the environment's folders."""
    program = shutil.which("meson")
    assert program, "meson is not installed; tests/setup.sh installs it"
    done = subprocess.run(
        [program, *argv], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def package_files() -> set[str]:
    """What an installed package must hold, apart from the contract."""
    kept = (p for p in (ROOT / "bamsd").rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {str(path.relative_to(ROOT)) for path in kept}


def contract_files() -> set[str]:
    return {path.name for path in (ROOT / "dbus").glob("org.bams.*.xml")}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("build")
    meson("setup", str(build), str(ROOT), f"-Dpython.purelibdir={PACKAGES}")
    return build


@pytest.fixture(scope="module")
def system(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole system install below a DESTDIR."""
    target = tmp_path_factory.mktemp("system")
    meson("install", "-C", str(build), DESTDIR=str(target))
    return target


def test_every_file_of_the_package_is_installed(system: Path) -> None:
    package = system / PACKAGES.lstrip("/")
    assert files(package) == package_files() | {f"bamsd/contract/{name}" for name in contract_files()}


def test_a_wheel_gets_the_package_alone(build: Path, tmp_path: Path) -> None:
    meson("install", "-C", str(build), "--tags=runtime,python-runtime", DESTDIR=str(tmp_path))
    assert files(tmp_path)
    assert all(name.startswith(f"{PACKAGES.lstrip('/')}/bamsd/") for name in files(tmp_path))


def page_files() -> set[str]:
    """The Cockpit page, where it was built; without it, meson installs all else."""
    dist = ROOT / "cockpit-bams" / "dist"
    if not dist.is_dir():
        return set()
    return {f"usr/share/cockpit/bams/{name}" for name in files(dist)} | {
        "usr/share/metainfo/org.bams.cockpit.metainfo.xml"
    }


def test_the_system_files_are_where_the_system_looks(system: Path) -> None:
    others = {name for name in files(system) if not name.startswith(PACKAGES.lstrip("/"))}
    assert others == page_files() | {
        "etc/bams/config.yaml",
        "usr/bin/bamsctl",
        "usr/lib/systemd/system/bams-modules.service",
        "usr/lib/systemd/system/bamsd.service",
        "usr/lib/sysusers.d/bams.conf",
        "usr/lib/tmpfiles.d/bams.conf",
        "usr/lib/udev/rules.d/61-bams-tape.rules",
        "usr/sbin/bamsd",
        *(f"usr/share/dbus-1/interfaces/{name}" for name in contract_files()),
        "usr/share/dbus-1/system-services/org.bams.service",
        "usr/share/dbus-1/system.d/org.bams.conf",
        "usr/share/bash-completion/completions/bamsctl",
        "usr/share/doc/bams/examples/config.yaml",
        "usr/share/doc/bams/schema/bamsctl.json",
        "usr/share/fish/vendor_completions.d/bamsctl.fish",
        "usr/share/man/man1/bamsctl.1",
        "usr/share/man/man5/bams.yaml.5",
        "usr/share/man/man5/org.bams.5",
        "usr/share/man/man8/bamsd.8",
        "usr/share/polkit-1/actions/org.bams.policy",
        "usr/share/polkit-1/rules.d/50-bams.rules",
        "usr/share/zsh/vendor-completions/_bamsctl",
    }


def test_no_placeholder_is_left(system: Path) -> None:
    for name in ("usr/lib/systemd/system/bamsd.service", "usr/sbin/bamsd", "usr/bin/bamsctl"):
        assert re.findall(r"@\w+@", (system / name).read_text()) == []


def test_the_first_configuration_is_private_and_changes_nothing(system: Path) -> None:
    first = system / "etc/bams/config.yaml"
    assert stat.S_IMODE(first.stat().st_mode) == 0o640
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o750
    assert all(line.startswith("#") or not line for line in first.read_text().splitlines())
    assert config.load(first) == config.defaults()


def test_a_configuration_that_exists_is_kept(build: Path, tmp_path: Path) -> None:
    mine = tmp_path / "etc/bams/config.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("log_level: debug\n")
    meson("install", "-C", str(build), DESTDIR=str(tmp_path))
    assert mine.read_text() == "log_level: debug\n"


def test_the_version_is_the_one_of_the_package(build: Path) -> None:
    assert f'"version": "{bamsd.__version__}"' in meson("introspect", "--projectinfo", "--indent", str(build))


def test_the_installed_program_runs_from_any_prefix(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    where = [f"--prefix={prefix}", f"--sysconfdir={tmp_path / 'etc'}", f"-Dstart_python={sys.executable}"]
    meson("setup", str(tmp_path / "build"), str(ROOT), *where)
    meson("install", "-C", str(tmp_path / "build"))
    argv = [str(prefix / "sbin/bamsd"), "--check-config", str(prefix / "share/doc/bams/examples/config.yaml")]
    done = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_start_loads_and_builds_nothing_that_it_does_not_need(build: Path, system: Path, tmp_path: Path) -> None:
    """TLS, GObject and the validators of pydantic are most of what a start costs. An empty configuration needs none."""
    program = tmp_path / "bamsd"
    text = (system / "usr/sbin/bamsd").read_text().replace(PACKAGES, str(ROOT))
    program.write_text(text.replace("sys.exit(main())", "print(*sorted(n for n, m in sys.modules.items() if m))"))
    done = subprocess.run([sys.executable, "-I", str(program)], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "bamsd.daemon" in loaded
    assert loaded & {"ssl", "_ssl", "gi", "pydantic.plugin._loader", "cryptography"} == set()


def test_the_sandbox_of_the_unit_is_tight(system: Path) -> None:
    """systemd's own figure; 10 is no sandbox at all, below 5 is our aim."""
    unit = system / "usr/lib/systemd/system/bamsd.service"
    argv = ["systemd-analyze", "security", "--offline=true", "--threshold=50", "--no-pager", str(unit)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    figure = re.search(r"Overall exposure level for bamsd.service: ([\d.]+)", done.stdout)
    assert figure, done.stdout + done.stderr
    print(f"systemd-analyze security: {figure[1]}")
    assert float(figure[1]) < 5.0
    assert done.returncode == 0


def test_the_command_line_loads_nothing_that_it_does_not_need(system: Path, tmp_path: Path) -> None:
    """It starts at every TAB. The validators, the daemon and its areas would make that three times as long."""
    program = tmp_path / "bamsctl"
    text = (system / "usr/bin/bamsctl").read_text().replace(PACKAGES, str(ROOT))
    program.write_text(text.replace("sys.exit(main())", "print(*sorted(n for n, m in sys.modules.items() if m))"))
    done = subprocess.run([sys.executable, "-I", str(program)], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "bamsd.ctl.parser" in loaded
    assert loaded & {"ssl", "gi", "pydantic", "yaml", "sqlite3", "bamsd.daemon", "bamsd.config", "bamsd.tape"} == set()
