"""Cards that are not what they should be: each has its answer at desk, kiosk and gate.

Nothing is ever written on a card that is not ours, and no barrier opens for it.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cardserver.domain.admission import Problem
from cardserver.domain.rights import RightKind
from drivers.api.cards import Card, KeyRole, KeySet, StepState
from kiosk.gate.reading import read_presented
from simulators.cards.api import VirtualCard
from simulators.cards.classic import VirtualClassic
from simulators.cards.desfire import VirtualDesfire
from simulators.reader import VirtualReader
from simulators.teller import Teller
from tests.databases.stores import fluent_engine
from tests.scenario.ground import Ground, load, medium_of, settled_in, template
from tests.scenario.hands import (
    DOOR,
    PARKING,
    card_of,
    issue,
    keys_of,
    memory_of,
    papers,
    ready_to_issue,
    says,
    sealed_size,
    settle_paper,
    tamper,
    trial,
    with_parking,
    write,
)

FAMILIES = ("classic-1k", "desfire-ev2")
family = pytest.mark.parametrize("kind", FAMILIES)


class Notes:
    """A keying journal in memory."""

    def __init__(self) -> None:
        self._steps: dict[str, StepState] = {}

    def state(self, step: str) -> StepState | None:
        return self._steps.get(step)

    def record(self, step: str, state: StepState) -> None:
        self._steps[step] = state


def of_another_estate(card: VirtualCard) -> None:
    """Key the card as another estate with this very system would, and give it a door."""
    sizes = {role: 6 if "classic" in role else 16 for role in KeyRole}
    theirs = KeySet(1, {role: os.urandom(size) for role, size in sizes.items()})

    def act(on_reader: Card) -> None:
        on_reader.personalise(theirs, Notes())
        on_reader.write_slot(DOOR, os.urandom(sealed_size(card)), theirs)

    tamper(card, act)


@family
def test_a_card_of_another_estate_is_left_as_it_is_and_the_money_waits_for_another(
    day: Teller, kind: str
) -> None:
    day.blank("stranger", kind)
    of_another_estate(card_of(day, "stranger"))
    before = memory_of(day, "stranger")
    day.gate_knows()
    assert day.tap("stranger", "door")["reason"] == "foreign"
    assert not day.site.boards["door"].openings
    day.lay("stranger", "desk")
    assert says(day, "/desk/", "desk.reader.unlisted")
    ready_to_issue(day)
    seen = write(day)
    assert (seen["phase"], seen["problem"]) == ("card", "card-foreign")
    assert says(day, "/desk/", "problem.card-foreign")
    assert memory_of(day, "stranger") == before
    assert trial(day) == (0, 2000, 0, 0)
    day.lift("desk")
    day.blank("blank", kind)
    day.lay("blank", "desk")
    day.write()
    day.lift("desk")
    assert trial(day) == (2000, 0, 0, 0)
    assert len(papers(day)) == 1


@family
def test_a_stranger_at_the_kiosk_is_told_where_to_go(day: Teller, kind: str) -> None:
    day.blank("stranger", kind)
    of_another_estate(card_of(day, "stranger"))
    before = memory_of(day, "stranger")
    day.lay("stranger", "kiosk")
    day.until("the kiosk is sorry", lambda: day.state("kiosk")["screen"] == "sorry")
    assert says(day, "/kiosk/", "sorry.card-unknown")
    assert "0755-8000 1234" in day.page("/kiosk/")
    assert memory_of(day, "stranger") == before
    day.lift("kiosk")


def forged(day: Teller, card: VirtualCard) -> bytes:
    """The card's own record, ten years longer, under the seal of the shorter one."""
    number = day.site.office.card(uid=card.uid)
    assert number is not None
    vault, medium = day.site.estate.vault, medium_of(card)
    data = slot_of(day, card, DOOR)
    record = vault.open_record(data, card.uid, medium)
    longer = replace(record.period, after_last=record.period.after_last + timedelta(days=3650))
    sealed = vault.seal_record(replace(record, period=longer), card.uid, medium)
    return sealed[:20] + data[20:]


def slot_of(day: Teller, card: VirtualCard, slot: int) -> bytes:
    found: list[bytes] = []
    tamper(card, lambda on_reader: found.append(on_reader.read_slot(slot, keys_of(day, card))))
    return found[0]


@family
def test_a_forged_record_opens_nothing_and_is_not_written_over(day: Teller, kind: str) -> None:
    with_parking(day, "owner", kind)
    card = card_of(day, "owner")
    data = forged(day, card)
    tamper(card, lambda on_reader: on_reader.write_slot(DOOR, data, keys_of(day, card)))
    day.gate_knows()
    assert day.tap("owner", "door")["reason"] == "forged"
    assert day.tap("owner", "carpark")["granted"], "the other right is as good as before"
    before = memory_of(day, "owner")
    refused_top_up(day, "owner")
    assert memory_of(day, "owner") == before


def refused_top_up(day: Teller, name: str) -> None:
    """The desk does not write on a card that carries something else than the books say."""
    day.lay(name, "desk")
    day.open_business(day.site.people.owner, "top-up", card_number=day.card(name).number, months=1)
    day.post("/desk/agree")
    day.post("/desk/money", received="300", checked="yes")
    seen = write(day)
    assert (seen["phase"], seen["problem"]) == ("card", "card-differs")
    assert says(day, "/desk/", "problem.card-differs")
    day.post("/desk/act/cancel")
    assert day.business() == {}
    day.lift("desk")
    assert trial(day)[1:] == (0, 0, 0)


@family
def test_a_record_copied_from_another_card_is_not_believed(day: Teller, kind: str) -> None:
    with_parking(day, "owner", kind)
    issue(day, "second", kind)
    source, target = card_of(day, "owner"), card_of(day, "second")
    for slot in (DOOR, PARKING):
        data = slot_of(day, source, slot)
        tamper(
            target,
            lambda on_reader, slot=slot, data=data: on_reader.write_slot(  # type: ignore[misc]
                slot, data, keys_of(day, target)
            ),
        )
    day.gate_knows()
    for lane in ("door", "carpark"):
        assert day.tap("second", lane)["reason"] == "forged"
        assert day.tap("owner", lane)["granted"], "the card it was copied from is none the worse"


# --- one bit --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    engine = fluent_engine("sqlite://")
    load(engine, template().store)
    yield settled_in(engine)
    engine.dispose()


def check_every_bit(ground: Ground, card: VirtualCard, cells: Any, bits: range) -> set[Problem]:
    """Flip each bit of the card's memory cells alone and hold the card to the door."""
    cards = ground.gate.snapshot(None).to_domain().cards
    reader, door = VirtualReader(), RightKind.DOOR
    reader.insert(card)
    assert read_presented(reader, door, ground.gate_keys, cards).record is not None
    seen = set()
    for bit in bits:
        place, mask = divmod(bit, 8)
        cells(place, 1 << mask)
        presented = read_presented(reader, door, ground.gate_keys, cards)
        cells(place, 1 << mask)
        assert presented.record is None, bit
        assert presented.problem is not None, bit
        seen.add(presented.problem)
    return seen


def test_no_single_bit_of_a_classic_record_can_be_flipped_unnoticed(ground: Ground) -> None:
    card = VirtualClassic(bytes.fromhex("0FA1B2C3"), "1k")
    ground.do(ground.issue_request(ground.people.owner), card)
    index, body = 4, 5 if card.chip.blocks[5] != bytes(16) else 6

    def flip(place: int, mask: int) -> None:
        block = index if place < 16 else body
        changed = bytearray(card.chip.blocks[block])
        changed[place % 16] ^= mask
        card.chip.blocks[block] = bytes(changed)

    assert check_every_bit(ground, card, flip, range(16 * 8)) == {Problem.TORN}
    assert check_every_bit(ground, card, flip, range(16 * 8, 32 * 8)) == {Problem.FORGED}


def test_no_single_bit_of_a_desfire_record_can_be_flipped_unnoticed(ground: Ground) -> None:
    card = VirtualDesfire(bytes.fromhex("04A1B2C3D4E5F6"), "ev2")
    ground.do(ground.issue_request(ground.people.owner), card)
    file: Any = next(iter(card.picc.applications.values())).files[0]

    def flip(place: int, mask: int) -> None:
        changed = bytearray(file.data)
        changed[place] ^= mask
        file.data = bytes(changed)

    assert check_every_bit(ground, card, flip, range(84 * 8)) == {Problem.FORGED}


# --- no room, other kinds -------------------------------------------------------------------------


def test_a_desfire_without_room_is_left_as_it_is_and_the_next_blank_costs_nothing(
    day: Teller,
) -> None:
    day.blank("full", "desfire-ev1")
    card = card_of(day, "full")
    memory = card.dump()
    card.load(memory | {"lost": 7936 - 600})
    before = card.dump()
    day.lay("full", "desk")
    ready_to_issue(day)
    seen = write(day)
    assert (seen["phase"], seen["problem"]) == ("card", "card-full")
    assert says(day, "/desk/", "problem.card-full")
    assert card.dump() == before
    assert trial(day) == (0, 2000, 0, 0)
    day.lift("desk")
    day.blank("blank", "desfire-ev1")
    day.lay("blank", "desk")
    assert write(day)["phase"] == "paper"
    settle_paper(day)
    day.lift("desk")
    assert trial(day) == (2000, 0, 0, 0)
    assert len(papers(day)) == 1


OTHERS = {
    "bank-card": "bank card",
    "ultralight": "MIFARE Ultralight",
    "ntag213": "NTAG213",
    "iso-14443-4": "ISO 14443-4",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_card_of_another_kind_is_named_and_left_untouched_everywhere(
    day: Teller, kind: str
) -> None:
    day.blank("other", kind)
    before = memory_of(day, "other")
    day.gate_knows()
    assert day.tap("other", "door")["reason"] == "unsupported"
    day.lay("other", "desk")
    reader = day.state("desk")["reader"]
    assert OTHERS[kind].lower() in reader["card"].lower()
    assert reader["problem"] == "card-unsupported"
    assert says(day, "/desk/", "problem.card-unsupported")
    ready_to_issue(day)
    seen = write(day)
    assert (seen["phase"], seen["problem"]) == ("card", "card-unsupported")
    day.lift("desk")
    day.lay("other", "kiosk")
    day.until("the kiosk is sorry", lambda: day.state("kiosk")["screen"] == "sorry")
    assert says(day, "/kiosk/", "sorry.card-unsupported")
    day.lift("kiosk")
    assert memory_of(day, "other") == before
    assert getattr(card_of(day, "other"), "writes_attempted", 0) == 0
    assert trial(day) == (0, 2000, 0, 0)
