"""The manual pages and the schema are current, and no reader of manuals complains."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "man").iterdir())


@pytest.mark.parametrize("script", ["generate_man.py", "generate_schema.py"])
def test_what_is_generated_is_current(script: str) -> None:
    argv = [sys.executable, str(ROOT / "docs" / script), "--check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_page_is_found(tmp_path: Path) -> None:
    for folder in ("bamsd", "dbus", "docs", "polkit"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    page = tmp_path / "docs" / "man" / "bamsd.8"
    page.write_text(page.read_text("utf-8").replace("daemon", "demon"), encoding="utf-8")
    argv = [sys.executable, str(tmp_path / "docs" / "generate_man.py"), "--check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "bamsd.8 is old" in done.stderr
    example = tmp_path / "docs" / "examples" / "config.yaml"
    example.write_text(example.read_text("utf-8").replace("log_level:", "#log_level:"), encoding="utf-8")
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert "log_level is not in" in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize(
    "argv", [("groff", "-man", "-ww", "-z", "-Tutf8"), ("mandoc", "-Tlint", "-Wwarning")], ids=["groff", "mandoc"]
)
def test_readers_of_manuals_have_no_complaint(page: Path, argv: tuple[str, ...]) -> None:
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed")
    done = subprocess.run([*argv, str(page)], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
