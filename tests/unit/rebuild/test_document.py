"""What is inside an export."""

import json

import pytest

from bamsd.errors import InvalidArgument, NotSupported
from bamsd.rebuild import document
from bamsd.rebuild.document import Document

WRITTEN = Document("0.1.0", "backup1", 17, {"config": "log_level: info\n", "bacula": {"main": "\udce9"}})


def test_it_is_read_as_it_was_written() -> None:
    assert document.read(document.write(WRITTEN), "x") == WRITTEN


def test_it_does_not_show_its_parts() -> None:
    assert "log_level" not in repr(WRITTEN)


def test_a_newer_format_names_the_version_that_wrote_it() -> None:
    text = json.dumps({"format": 2, "version": "9.9", "unknown": 1}).encode()
    with pytest.raises(NotSupported, match=r"bams-x was written by bamsd 9\.9 in format 2"):
        document.read(text, "bams-x")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"format": "x"}', b'{"format": 1, "version": "1"}', b"\xff"])
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidArgument):
        document.read(text, "x")
