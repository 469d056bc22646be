"""Records of hostile entries: one line, bounded, and read back as they were written."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.core.audit_record import Head, NotARecord, read, seal
from tests.unit.core.audit_log import ENTRY

texts = st.text(max_size=200) | st.text(alphabet='\n\r\0\x1b\u2028\u2029\x85"\\{}', max_size=50)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts | st.integers(), inner, max_size=5),
    max_leaves=20,
)


@given(texts, texts, texts, st.dictionaries(texts, anything, max_size=5))
def test_whatever_is_in_it_a_record_is_one_line(person: str, text: str, error: str, arguments: dict[str, Any]) -> None:
    entry = replace(ENTRY, person=person, description=text, object=text, error=error, arguments=arguments)
    line, record = seal(entry, Head(4, "a" * 64), 5)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert read(line) == record
    assert (record["seq"], record["prev"], record["time_us"]) == (5, "a" * 64, 5)


def test_half_a_surrogate_pair_and_odd_values_are_written_all_the_same() -> None:
    odd: dict[Any, Any] = {"a": "x\ud800y", "b": float("nan"), "c": 10**400, "d": {1}, "e": object, 5: b"\xff"}
    record = read(seal(replace(ENTRY, arguments=odd), Head(), 1)[0])
    assert record["arguments"]["a"] == "x?y"
    assert record["arguments"]["b"] == "nan"
    assert record["arguments"]["c"].startswith("0x")
    assert (record["arguments"]["d"], record["arguments"]["5"]) == ([1], "ff")


def test_endless_values_are_bounded() -> None:
    deep: dict[str, Any] = {}
    deep["self"] = deep
    line, _ = seal(replace(ENTRY, arguments=deep, description="d" * 10**6, person="\U0001f600" * 10**5), Head(), 1)
    assert len(line) < 100_000
    line, record = seal(replace(ENTRY, arguments={str(number): "x" * 1000 for number in range(1000)}), Head(), 1)
    assert len(line) < 2000
    assert record["arguments"]["omitted"].endswith(" bytes")
    assert read(line) == record


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b'"seq"\n',
        b"{}\n",
        b'{"seq":true}\n',
        b"1" * 5000 + b"\n",
        b"[" * 100000 + b"\n",
    ],
)
def test_what_is_no_record_is_said(line: bytes) -> None:
    with pytest.raises(NotARecord):
        read(line)


def test_a_record_with_parts_of_the_wrong_type_is_refused() -> None:
    record = json.loads(seal(ENTRY, Head(), 1)[0])
    for name, value in (("prev", 5), ("hash", 5), ("hash", None), ("seq", "1"), ("seq", 1.0)):
        line = json.dumps(record | {name: value}, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        with pytest.raises(NotARecord):
            read(line)
