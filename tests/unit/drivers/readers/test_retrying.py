"""How soon a lost line is tried again: quickly at first, never rarely enough to be called dead."""

from itertools import pairwise

from drivers.readers.retrying import LONGEST_S, QUICK_FOR_S, Pause


def tries(until_s: float, step_s: float = 0.1) -> list[float]:
    now = 0.0

    def ticks() -> float:
        return now

    pause, found = Pause(ticks), []
    while now <= until_s:
        if pause.due():
            found.append(now)
        now += step_s
    return found


def test_the_first_ten_seconds_are_quick() -> None:
    early = [at for at in tries(60.0) if at < QUICK_FOR_S]
    assert len(early) >= 15
    assert max(b - a for a, b in pairwise(early)) < 1.0


def test_later_tries_are_rarer_and_the_pause_is_bounded() -> None:
    found = tries(600.0)
    gaps = [b - a for a, b in pairwise(found)]
    assert gaps[-1] > gaps[0]
    assert max(gaps) <= LONGEST_S + 0.2
    assert len(found) < 80


def test_success_makes_the_next_trouble_quick_again() -> None:
    now = 0.0
    pause = Pause(lambda: now)
    while now < 100.0:
        pause.due()
        now += 0.5
    while not pause.due():
        now += 0.5
    assert not pause.due()
    pause.went_well()
    assert pause.due()
    now += 0.6
    assert pause.due()
