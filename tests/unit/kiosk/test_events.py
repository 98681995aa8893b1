"""The bell: a page misses nothing, whenever it was drawn and whichever run it saw."""

import threading
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from kiosk.station.events import Bell, read_seen, seen_text, stream

AT_ONCE = 0.0
PATIENT = 5.0


def heard(bell: Bell, seen: dict[str, int], count: int) -> list[str]:
    """The first pieces of a page's stream after its greeting."""
    greeting, *rest = islice(stream(bell, seen, alive_every_s=AT_ONCE), count + 1)
    assert greeting == "retry: 500\n\n"
    return rest


def test_a_ring_between_drawing_and_listening_is_heard() -> None:
    bell = Bell()
    seen = bell.counts()
    bell.ring("reader")
    assert heard(bell, seen, 1) == ["data: reader\n\n"]


def test_only_topics_that_changed_are_told() -> None:
    bell = Bell()
    bell.ring("reader")
    bell.ring("work")
    seen = bell.counts()
    bell.ring("work")
    assert heard(bell, seen, 1) == ["data: work\n\n"]


def test_a_page_that_hears_nothing_still_hears_that_the_station_lives() -> None:
    bell = Bell()
    assert heard(bell, bell.counts(), 2) == [": alive\n\n", ": alive\n\n"]


def test_a_page_that_has_gone_is_told_nothing_more() -> None:
    bell = Bell()
    bell.ring("reader")
    last_look = iter([False, True])
    told = stream(bell, {}, gone=lambda: next(last_look))
    assert list(told) == ["retry: 500\n\n", "data: reader\n\n"]


def test_a_page_older_than_the_station_fetches_everything_it_shows_anew() -> None:
    """It saw topics that this run has not rung yet, or rung less often."""
    fresh = Bell()
    fresh.ring("reader")
    told = heard(fresh, {"reader": 7, "work": 12}, 2)
    assert told == ["data: reader\n\n", "data: work\n\n"]
    assert heard(fresh, fresh.counts(), 1) == [": alive\n\n"]


def test_waiting_ends_with_the_ring_and_not_with_the_time() -> None:
    bell = Bell()
    seen = bell.counts()
    ringer = threading.Timer(0.01, bell.ring, ["work"])
    ringer.start()
    assert bell.wait(seen, PATIENT) == {"work": 1}
    ringer.join()


def test_many_pages_hear_one_ring() -> None:
    bell = Bell()
    told: list[dict[str, int]] = []
    pages = [threading.Thread(target=lambda: told.append(bell.wait({}, PATIENT))) for _ in range(8)]
    for page in pages:
        page.start()
    bell.ring("lanes")
    for page in pages:
        page.join()
    assert told == [{"lanes": 1}] * 8


@given(
    st.dictionaries(st.sampled_from(["reader", "work", "screen", "lanes"]), st.integers(0, 9**9))
)
def test_what_a_page_has_seen_survives_its_address(counts: dict[str, int]) -> None:
    assert read_seen(seen_text(counts)) == counts


@given(st.text())
def test_any_address_is_read_and_no_more_than_topics_and_counts_come_of_it(text: str) -> None:
    for topic, count in read_seen(text).items():
        assert topic.isidentifier()
        assert count >= 0


def test_nothing_of_an_address_can_break_out_of_its_line_in_the_stream() -> None:
    assert read_seen("work\nevent: evil.3-work\r.2-a b.1-work.1e5-work.-1-.5-work.") == {}


def test_a_count_of_many_digits_costs_nothing() -> None:
    assert read_seen("work." + "9" * 100_000)["work"] < 10**18
