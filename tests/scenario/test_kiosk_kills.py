"""The kiosk's process is killed at every step of a top-up, and in between.

What must be true then stands in `tests.scenario.killing_kiosk` for banknotes, and in
`tests.scenario.killing_by_phone` for codes. As a rule a sample of steps; all
with YIKA_KILL_ALL=1, and any number of random ones with ``make kill``.
"""

import os
import random
from pathlib import Path

import pytest

from simulators.cards.api import CardDump
from tests.scenario.killed_kiosk import Way
from tests.scenario.killing_by_phone import PLANS, PhonePlace
from tests.scenario.killing_kiosk import Place, card_with_parking, count_steps, left_behind, prove

pytestmark = pytest.mark.together("kills")

ALL = os.environ.get("YIKA_KILL_ALL") == "1"
SAMPLE = 8


@pytest.fixture(scope="module")
def before() -> tuple[bytes, CardDump]:
    return card_with_parking()


def test_a_kiosk_killed_anywhere_loses_no_note_and_invents_none(
    before: tuple[bytes, CardDump], tmp_path: Path
) -> None:
    count = count_steps(before, tmp_path / "whole")
    steps = range(count) if ALL else random.Random(count).sample(range(count), SAMPLE)
    for last in steps:
        left = Place(tmp_path / str(last), *before).run(last)
        with left_behind(left, f"killed at step {last}"):
            prove(left)


def test_a_kiosk_killed_at_any_moment_loses_no_note_and_invents_none(
    before: tuple[bytes, CardDump], tmp_path: Path
) -> None:
    for moment in (0.35, 0.6):
        left = Place(tmp_path / str(moment), *before).run(10_000, killed_after_s=moment)
        with left_behind(left, f"killed after {moment} s"):
            prove(left)


OTHER_WAYS = (
    (Way(protocol="id003"), 22),
    (Way(keeps=True), 27),
    (Way(server_lives=True), 13),
    (Way(protocol="id003", keeps=True, server_lives=True), 18),
)
"""Another acceptor; a card that has a credit and keeps the rest of a note; a server that lives."""


def test_a_kiosk_killed_on_other_ways_to_pay_loses_no_note_and_invents_none(
    before: tuple[bytes, CardDump], tmp_path: Path
) -> None:
    credited = card_with_parking(credit=True)
    for way, step in OTHER_WAYS:
        place = Place(tmp_path / str(step), *(credited if way.keeps else before), way)
        with left_behind(place.run(step), f"killed at step {step} of {way}") as left:
            assert left.killed
            prove(left)


def test_a_kiosk_killed_while_a_code_is_paid_loses_no_fen_and_invents_none(
    before: tuple[bytes, CardDump], tmp_path: Path
) -> None:
    for plan, step, hasty in ((PLANS[0], 17, False), (PLANS[3], 22, True), (PLANS[4], 30, False)):
        where = tmp_path / str(step)
        left = PhonePlace(where, *before, plan=plan, hasty=hasty).run(step)
        with left_behind(left, f"killed at step {step} of {plan}"):
            assert left.killed
            prove(left)
