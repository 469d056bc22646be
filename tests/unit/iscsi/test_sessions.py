"""Since when a session is seen, and its rates."""

from bamsd.iscsi.models import Session
from bamsd.iscsi.sessions import Sessions


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        return self.now


def session(read: int | None = 0, id: str = "1") -> Session:
    return Session("t", "host", id, read_bytes=read, written_bytes=None)


def test_rates_are_bytes_a_second_between_two_looks() -> None:
    clock = Clock()
    book = Sessions(clock)
    [first] = book.keep([session(100)])
    assert (first.since_us, first.read_rate) == (1_000_000, None)
    clock.now += 2_000_000
    [second] = book.keep([session(4100)])
    assert (second.since_us, second.read_rate, second.write_rate) == (1_000_000, 2000.0, None)
    clock.now += 100_000
    [third] = book.keep([session(9100)])
    assert third.read_rate == 2000.0, "a tenth of a second makes no rate"
    clock.now += 900_000
    [fourth] = book.keep([session(9100)])
    assert fourth.read_rate == 5000.0, "measured from the second look"


def test_a_counter_that_starts_anew_is_no_negative_rate() -> None:
    clock = Clock()
    book = Sessions(clock)
    book.keep([session(5000)])
    clock.now += 1_000_000
    [seen] = book.keep([session(10)])
    assert seen.read_rate == 0.0


def test_a_session_that_came_back_is_another_one() -> None:
    clock = Clock()
    book = Sessions(clock)
    book.keep([session()])
    clock.now += 1_000_000
    [seen] = book.keep([session(id="2")])
    assert seen.since_us == 2_000_000
    assert book.keep([]) == ()
