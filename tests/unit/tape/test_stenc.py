from bamsd.tape import stenc
from tests.unit.tape.recordings import recorded


def test_a_drive_that_encrypts() -> None:
    assert stenc.parse_status(recorded("stenc/mhvtl.txt").text) == "on"


def test_a_drive_that_knows_no_encryption() -> None:
    assert stenc.parse_status(recorded("stenc/tgt.txt").text) == "unknown"


def test_hostile_text_is_no_state() -> None:
    assert stenc.parse_status("Drive Encryption: onward\nDrive Encryption:\n") == "unknown"


async def test_a_missing_program_or_a_strange_name_is_unknown() -> None:
    assert await stenc.status("/dev/null/sg0") == "unknown"
    assert await stenc.status("--help") == "unknown"
