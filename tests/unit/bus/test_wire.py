import pytest
from dbus_next import Message, Variant
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from bamsd.bus import options, wire
from bamsd.bus.export import Options
from bamsd.core.names import escape
from bamsd.errors import InvalidArgument

PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Example(Options):
    slot: int | None = Field(None, ge=1)
    name: str = Field("", max_length=5)


def marshalled(signature: str, values: list[object]) -> bytes:
    message = Message.new_signal("/", "a.b", "C", signature, wire.pack(signature, values))
    message.serial = 1
    return bytes(message._marshall())


@given(st.text())
def test_text_of_any_origin_can_be_sent(value: str) -> None:
    clean = wire.text(value)
    assert "\0" not in clean
    clean.encode("utf-8")
    assert marshalled("s", [value])


def test_surrogates_and_nul_become_replacement_characters() -> None:
    assert wire.text("a\0b\udcffc") == "a\ufffdb?c"


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_a_dictionary_goes_out_and_comes_back(value: dict[str, object]) -> None:
    packed = wire.pack("a{sv}", [value])
    assert marshalled("a{sv}", [value])
    back = wire.unpack(packed[0])
    assert back.keys() == {wire.text(key) for key in value}


def test_a_reading_round_trips() -> None:
    value = {"a": 1, "b": [{"c": True}, {"c": False}], "d": -1, "e": ["x"], "f": wire.ObjectPath("/x")}
    assert wire.unpack(wire.pack("a{sv}", [value])[0]) == value


def test_signatures_follow_the_value() -> None:
    values: tuple[object, ...] = (True, 1, -1, 1.5, "s", wire.ObjectPath("/"), [], ["a"], [{}], {})
    guessed = [wire.guess(v) for v in values]
    assert guessed == ["b", "t", "x", "d", "s", "o", "as", "as", "aa{sv}", "a{sv}"]


def test_deep_nesting_is_refused() -> None:
    value = Variant("s", "x")
    for _ in range(wire.MAX_DEPTH + 2):
        value = Variant("v", value)
    with pytest.raises(InvalidArgument, match="deeper"):
        wire.unpack(value)


@pytest.mark.parametrize(
    ("given_options", "words"),
    [
        ({"slto": 1}, "no option 'slto'.*dry_run, name, slot"),
        ({"slot": "1"}, "'slot' is wrong"),
        ({"slot": True}, "'slot' is wrong"),
        ({"slot": 0}, "'slot' is wrong.*greater than or equal to 1"),
        ({"name": "abcdef"}, "'name' is wrong"),
        ({"dry_run": 1}, "'dry_run' is wrong"),
    ],
)
def test_a_wrong_option_is_named(given_options: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        options.checked(Example, given_options)


def test_good_options_become_the_model() -> None:
    assert options.checked(Example, {"slot": 3, "dry_run": True}) == Example(slot=3, dry_run=True)


@given(st.text(), st.text())
def test_escaped_identities_are_path_elements_and_differ(one: str, other: str) -> None:
    path = escape(one)
    assert path
    assert all(c.isalnum() or c == "_" for c in path)
    assert path.isascii()
    if one.encode("utf-8", "replace") != other.encode("utf-8", "replace"):
        assert path != escape(other)
