"""Passback, spaces and quotas beside a second, obvious writing of the rules (GATE-02a).

Random passages at three gates of random estates: some are offline and hear of the others late, out
of order and twice. How many: ``YIKA_PASSAGES``, 24,000 here; `make model` asks for a million.
"""

import os
from collections import Counter
from random import Random

import pytest

from cardserver.domain.presence import Presence
from tests.unit.cardserver.gaterules.random_estate import RandomEstate

PASSAGES = int(os.environ.get("YIKA_PASSAGES", "24000"))
IN_ONE_HISTORY = 80
SEED = int(os.environ.get("YIKA_SEED", "20250609"))


def histories() -> range:
    return range(SEED, SEED + PASSAGES // IN_ONE_HISTORY)


def test_gate_02a_random_passages_are_judged_as_the_obvious_gate_judges_them() -> None:
    met: Counter[str] = Counter()
    for seed in histories():
        estate = RandomEstate(Random(seed))
        for step in range(IN_ONE_HISTORY):
            decided, expected = estate.passage()
            assert decided == expected, f"seed {seed}, passage {step}"
            met[decided] += 1
            if estate.chance.random() < 0.05:
                estate.exchange()
        _compare_who_is_inside(estate, seed)
        if seed % 10 == 0:
            _compare_after_all_was_told(estate, seed)
    words = {"granted", "granted-passback", "passback", "passback-timed", "space-taken"}
    assert met.keys() == words | {"area-full"}
    assert min(met.values()) > PASSAGES // 500


def _compare_who_is_inside(estate: RandomEstate, seed: int) -> None:
    for gate in estate.gates:
        for area in estate.rules.areas:
            obvious = {card for card in estate.space if gate.obvious.is_in(card, area)}
            assert gate.presence.inside(area) == len(obvious), f"seed {seed}"
            assert {each.card_number for each in gate.presence.who(area)} == obvious


def _compare_after_all_was_told(estate: RandomEstate, seed: int) -> None:
    """However late it was told: in the end all gates have one picture, and so has a new one."""
    estate.exchange(all_of_it=True)
    first, *others = estate.gates
    lines = list(first.presence.lines())
    estate.chance.shuffle(lines)
    newcomer = Presence(estate.rules)
    for line in lines:
        newcomer.note(line)
    for presence in (newcomer, *(gate.presence for gate in others)):
        same = [sorted(each.who(), key=repr) for each in (presence, first.presence)]
        assert same[0] == same[1], f"seed {seed}"
    _compare_who_is_inside(estate, seed)


def test_the_measure_finds_a_gate_that_hears_nothing() -> None:
    for seed in range(20):
        estate = RandomEstate(Random(seed))
        for gate in estate.gates:
            gate.presence.note = lambda event: None  # type: ignore[method-assign]
        if any(len(set(estate.passage())) > 1 for _ in range(IN_ONE_HISTORY)):
            return
    pytest.fail("nothing came apart")
