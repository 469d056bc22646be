"""What the kernel counts, in the form that Documentation/block/stat.rst and scsi/st.rst give it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bamsd.overview.counters import Traffic, block_traffic, filling, parse_block_stat, tape_traffic
from bamsd.system.block import Roots

LINE = "   19311     4890  1482938     9236    30441    23371  2203904  415 0 179 518 0 0 0 0 1 1\n"


def test_the_line_of_a_block_device() -> None:
    assert parse_block_stat(LINE) == Traffic(1482938 * 512, 2203904 * 512)


def test_a_line_of_an_old_kernel_has_fewer_fields() -> None:
    assert parse_block_stat("1 2 3 4 5 6 7 8 9 10 11") == Traffic(3 * 512, 7 * 512)


@given(st.text(max_size=200))
def test_any_text_is_a_line_or_none(text: str) -> None:
    found = parse_block_stat(text)
    assert found is None or (found.read_bytes >= 0 and found.written_bytes >= 0)


def test_a_device_is_found_through_its_link(tmp_path: Path) -> None:
    roots = Roots(tmp_path / "proc", tmp_path / "sys", tmp_path / "dev")
    home = roots.sysfs / "class" / "block" / "dm-3"
    home.mkdir(parents=True)
    (home / "dev").write_text("254:3\n")
    (home / "stat").write_text(LINE)
    (roots.dev / "vg0").mkdir(parents=True)
    (roots.dev / "dm-3").touch()
    (roots.dev / "vg0" / "weekly").symlink_to("../dm-3")
    assert block_traffic(str(roots.dev / "vg0" / "weekly"), roots) == Traffic(1482938 * 512, 2203904 * 512)
    assert block_traffic(str(roots.dev / "vg0" / "gone"), roots) is None
    (home / "stat").unlink()
    assert block_traffic(str(roots.dev / "vg0" / "weekly"), roots) is None


def test_a_tape_drive_counts_bytes(tmp_path: Path) -> None:
    stats = tmp_path / "class" / "scsi_tape" / "st0" / "stats"
    stats.mkdir(parents=True)
    (stats / "read_byte_cnt").write_text("10240\n")
    assert tape_traffic("st0", tmp_path) is None
    (stats / "write_byte_cnt").write_text("204800\n")
    assert tape_traffic("st0", tmp_path) == Traffic(10240, 204800)
    (stats / "write_byte_cnt").write_text("many\n")
    assert tape_traffic("st0", tmp_path) is None


def test_a_file_system_tells_how_full_it_is(tmp_path: Path) -> None:
    found = filling(str(tmp_path))
    assert found is not None
    assert found.size_bytes == found.used_bytes + found.free_bytes > 0
    assert filling(str(tmp_path / "nothing")) is None
