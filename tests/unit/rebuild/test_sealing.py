"""A sealed export opens with its passphrase alone, and whatever was changed in it is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd.errors import BamsError, InvalidArgument, NotSupported
from bamsd.rebuild.sealing import USUAL, Cost, seal, unseal

PASSPHRASE, CHEAP = "correct horse battery", Cost(log_n=4)
TEXT = b'{"secret": "First-Secret.1"}' * 20
SEALED = seal(TEXT, PASSPHRASE, CHEAP)


@given(st.binary(max_size=5000), st.text(min_size=12, max_size=40))
@settings(max_examples=50, deadline=None)
def test_it_opens_with_its_passphrase(text: bytes, passphrase: str) -> None:
    assert unseal(seal(text, passphrase, CHEAP), passphrase, "x") == text


def test_nothing_of_it_can_be_read() -> None:
    assert SEALED.startswith(b"BAMS export 1\n")
    assert b"secret" not in SEALED
    assert PASSPHRASE.encode() not in SEALED
    assert seal(TEXT, PASSPHRASE, CHEAP) != SEALED


def test_the_usual_cost_is_felt_and_bearable() -> None:
    assert USUAL.is_bearable
    assert 128 * USUAL.r * 2**USUAL.log_n == 64 << 20
    assert unseal(seal(TEXT, PASSPHRASE), PASSPHRASE, "x") == TEXT


@pytest.mark.parametrize("passphrase", ["", "correct horse batterY", PASSPHRASE + " "])
def test_another_passphrase_does_not_open_it(passphrase: str) -> None:
    with pytest.raises(InvalidArgument, match="bams-x cannot be opened: the passphrase is another one"):
        unseal(SEALED, passphrase, "bams-x")


@given(st.integers(0, len(SEALED) - 1), st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_flipped_bit_is_refused(at: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[at] ^= 1 << bit
    with pytest.raises(BamsError):
        unseal(bytes(changed), PASSPHRASE, "x")


@pytest.mark.parametrize("size", range(len(SEALED)))
def test_a_cut_off_end_is_refused(size: int) -> None:
    with pytest.raises(InvalidArgument):
        unseal(SEALED[:size], PASSPHRASE, "x")


@given(st.binary(max_size=200))
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidArgument):
        unseal(content, PASSPHRASE, "x")
    with pytest.raises(BamsError):
        unseal(b"BAMS export 1\n" + content, PASSPHRASE, "x")


def test_a_newer_format_is_refused_by_name() -> None:
    with pytest.raises(NotSupported, match=r"bams-x has format 2 of exports, and this bamsd knows formats up to 1"):
        unseal(SEALED.replace(b"export 1", b"export 2", 1), PASSPHRASE, "bams-x")


@pytest.mark.parametrize("cost", [Cost(30, 8, 1), Cost(4, 255, 1), Cost(4, 8, 200), Cost(0, 8, 1), Cost(4, 1, 1)])
def test_a_header_cannot_ask_for_endless_work(cost: Cost) -> None:
    start = len(b"BAMS export 1\n")
    header = bytes([cost.log_n, cost.r, cost.p])
    with pytest.raises(InvalidArgument, match="damaged"):
        unseal(SEALED[:start] + header + SEALED[start + 3 :], PASSPHRASE, "x")
