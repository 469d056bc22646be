"""The generator: what Bacula reads of the generated text is what was asked for, whatever the host has."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bamsd.bacula import config_files, dir_config, resources, sd_config
from bamsd.bacula.models import Tls, as_name, check_name
from bamsd.bacula.sd_config import Wanted
from bamsd.errors import AlreadyExists, BamsError, InvalidArgument
from tests.fakes import bacula_text
from tests.unit.bacula.hosts import PASSWORDS, SHAPES, assert_is_asked, library, repository, wanted


def read_back(text: str, folder: Path) -> dict[str, list[dict[str, object]]]:
    path = folder / "x.conf"
    path.write_text(text, encoding="utf-8")
    found: dict[str, list[dict[str, object]]] = {}
    for kind, row in bacula_text.read(str(path)):
        found.setdefault(kind, []).append(row)
    return found


@settings(deadline=None, max_examples=200)
@given(asked=wanted)
def test_bacula_reads_what_was_asked_for(tmp_path_factory: pytest.TempPathFactory, asked: Wanted) -> None:
    if not asked.libraries and not asked.repositories:
        with pytest.raises(InvalidArgument, match="nothing to configure"):
            sd_config.resources(asked, PASSWORDS)
        return
    try:
        found = sd_config.resources(asked, PASSWORDS)
    except AlreadyExists:
        assume(False)
    assert resources.written(sd_config.text(found)) == tuple((each.kind, each.name) for each in found)
    rows = read_back(sd_config.text(found), tmp_path_factory.mktemp("conf"))
    assert_is_asked(asked, rows)
    other = read_back(
        dir_config.text(dir_config.resources(asked, dir_config.Reach("h", 9103, PASSWORDS.director))),
        tmp_path_factory.mktemp("dir"),
    )
    media = {row["MediaType"] for row in rows["Device"]}
    assert {row["MediaType"] for kind in ("Storage", "Autochanger") for row in other.get(kind, [])} == media


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shapes_of_hosts(shape: str, tmp_path: Path) -> None:
    asked = SHAPES[shape]
    path = tmp_path / "sd.conf"
    path.write_text(sd_config.text(sd_config.resources(asked, PASSWORDS)))
    script = "import sys; from tests.fakes.bacula_text import bsdjson; bsdjson(sys.argv[1:])"
    argv = [sys.executable, "-c", script, "-c", str(path)]
    config = resources.parse(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    counts = {"4 drives": (4, 1), "2 libraries": (3, 2), "disk only": (2, 0), "virtual": (3, 1)}[shape]
    assert (len(config.of("Device")), len(config.of("Autochanger"))) == counts
    if shape == "virtual":
        [changer] = config.of("Autochanger")
        assert (changer["ChangerDevice"], changer["ChangerCommand"]) == ("/dev/null", "")


def test_a_name_that_people_use_is_not_taken() -> None:
    base = resources.SdConfig({"Device": ({"Name": "files-1"},)})
    with pytest.raises(AlreadyExists, match=r"files-1 is in bacula-sd\.conf already"):
        sd_config.resources(Wanted(repositories=(repository("files"),), base=base), PASSWORDS)
    clash = Wanted(libraries=(library("a b", 1), library("a-b", 1)))
    with pytest.raises(AlreadyExists):
        sd_config.resources(clash, PASSWORDS)


@given(st.text())
def test_any_serial_number_becomes_a_name(text: str) -> None:
    assert check_name(as_name(text), "device") == as_name(text)


# What str.isprintable() accepts.
printable = st.characters(exclude_categories=("C", "Z"), include_characters=" ")


@given(st.text(printable, min_size=1))
def test_a_name_that_was_written_is_read_again(name: str) -> None:
    text = resources.resource("Device", Name=name, Media_Type=name).text
    assert resources.written(text) == (("Device", name),)


@given(st.text(), st.text())
def test_a_value_cannot_leave_its_line(key: str, value: str) -> None:
    try:
        text = resources.resource("Device", Name=value).text
    except InvalidArgument:
        assert not value.isprintable()
        return
    assert text.count("\n") == 3
    assert re.fullmatch(r'Device \{\n  Name = ("(?:[^"\\]|\\.)*"|[A-Za-z0-9/][A-Za-z0-9_.:/-]*)\n\}\n', text)


@pytest.mark.parametrize("name", ["0", "2026", "1.2", "10.0.0.1", "1-2"])
def test_a_name_that_bacula_would_take_for_a_number_is_quoted(name: str) -> None:
    """ "expected a name, got T_NUMBER": Bacula 15.0.3 on ``Name = 0``."""
    assert resources.resource("Device", Name=name, Drive_Index=7).text == (
        f'Device {{\n  Name = "{name}"\n  Drive Index = 7\n}}\n'
    )


SECRET_LINES = [
    "Password = geheim9",
    'Password="geheim9"',
    'PASS WORD = "a\\"geheim9"',
    "# Password = geheim9",
    "pass_word\t=\tgeheim9; Name = x",
    'Director { Name = a; Password = "x geheim9 } y" }',
    'Secret Key = "geheim9"',
]


@pytest.mark.parametrize("line", SECRET_LINES)
def test_passwords_are_blanked_however_they_are_written(line: str) -> None:
    found = resources.redacted(f"Name = a\n{line}\nName = b\n")
    assert "geheim9" not in found
    assert found.startswith("Name = a\n")
    assert found.endswith("Name = b\n")


def test_a_string_that_is_not_closed_is_blanked_to_its_end() -> None:
    assert resources.redacted('Password = "geheim9\nName = b\n') == 'Password = "***"'


@given(st.text(alphabet="ab@ /\n\r#\u00e9\udcff"))
def test_what_people_wrote_stays_byte_for_byte(text: str) -> None:
    own = Path("/etc/bacula/bams.d/storage-daemon.conf")
    with_line = config_files.with_include(text, own)
    assert config_files.with_include(with_line, own) == with_line
    assert with_line.startswith(text)
    rest = config_files.without_include(with_line, own)
    assert rest in (text, text + "\n")


def test_bsdjson_of_15_is_read() -> None:
    rows = [{"Director": {"Name": "d", "Password": "p"}}, {"Device": {"Name": "x", "DriveIndex": 1}}]
    config = resources.parse(json.dumps(rows))
    assert config.names("Device") == {"x"}
    assert config.secrets == ("p",)
    assert "'p'" not in repr(config)
    for broken in ("", "[1]", '{"a": 1}', '[{"Device": 3}]', "[" * 100_000):
        with pytest.raises(BamsError) as caught:
            resources.parse(broken)
        assert caught.value.message.startswith("bsdjson printed no list")


def of_people(**tls: object) -> resources.SdConfig:
    return resources.SdConfig({"Director": ({"Name": "their-dir", "Password": "x", **tls},)})


def monitor(base: resources.SdConfig, folder: Path) -> dict[str, object]:
    asked = Wanted(libraries=(library("LIB", 1),), base=base)
    rows = read_back(sd_config.text(sd_config.resources(asked, PASSWORDS)), folder)
    return next(row for row in rows["Director"] if row["Name"] == sd_config.MONITOR)


def test_the_monitor_speaks_tls_as_the_director_of_people_does(tmp_path: Path) -> None:
    theirs = of_people(TlsRequire=True, TlsCertificate="/etc/b/sd.pem", TlsKey="/etc/b/sd.key", TlsVerifyPeer=True)
    ours = monitor(theirs, tmp_path)
    assert resources.tls_of(ours) == Tls("/etc/b/sd.pem", "/etc/b/sd.key", is_required=True, verifies_peer=False)


@pytest.mark.parametrize("tls", [{}, {"TlsRequire": True}, {"TlsCertificate": "/etc/b/sd.pem"}])
def test_without_certificates_the_monitor_asks_for_none(tmp_path: Path, tls: dict[str, object]) -> None:
    """A password as the key needs Python 3.13, and the monitor may only look; so it is not demanded of itself."""
    assert resources.tls_of(monitor(of_people(**tls), tmp_path)) == Tls()


@pytest.mark.parametrize(("folder", "size"), [("spool", 0), ("", 1 << 30)])
def test_spooling_that_makes_no_sense_is_refused(folder: str, size: int) -> None:
    asked = Wanted(libraries=(library("LIB", 1),), spool_directory=folder, spool_bytes=size)
    with pytest.raises(InvalidArgument, match="pool"):
        sd_config.resources(asked, PASSWORDS)
