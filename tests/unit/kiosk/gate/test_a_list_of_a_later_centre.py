"""A gate whose program is older than its centre's: it goes on being told who was blocked.

A field of the list that it does not know is passed over; only what the signed list says has to be
understood keeps a gate with the list it has, and that is an alarm (GATE-07a).
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cardserver.domain.admission import Reason
from cardserver.services import snapshots
from cardserver.wire_gatesync import EventsTaken, PassagesView
from kiosk.gate.feed import ListBeyondUs
from kiosk.gate.housekeeping import Housekeeping
from kiosk.gate.shared import Shared
from tests.databases.frontdesk import GATE
from tests.scenario.ground import Ground
from tests.unit.kiosk.gate.conftest import Gate
from tests.unit.kiosk.gate.test_uplink import at_door, issued

Change = Callable[[dict[str, Any]], None]


def later_centre(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    """From now on the centre's list says more; it is signed as it goes out."""
    text_of = snapshots.snapshot_text

    def more(*arguments: Any, **options: Any) -> tuple[int, str]:
        version, text = text_of(*arguments, **options)
        told = json.loads(text)
        change(told)
        return version, json.dumps(told)

    monkeypatch.setattr(snapshots, "snapshot_text", more)


def block(ground: Ground, number: int) -> None:
    ground.desk.block(number, "lost")


def with_more(told: dict[str, Any]) -> None:
    told["weather"] = {"rain": True}
    for card in told["cards"]:
        card["colour"] = "blue"
    if told.get("rules"):
        told["rules"]["season"] = "winter"


def test_gate_07a_fields_that_a_gate_does_not_know_keep_no_list_from_it(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_centre(monkeypatch, with_more)
    card = issued(gate.ground)
    gate.uplink.round()
    assert at_door(gate, card).reason is Reason.GRANTED
    block(gate.ground, gate.ground.card(card).number)
    gate.uplink.round()
    assert at_door(gate, card).reason is Reason.BLOCKED
    gate.lose_the_server()
    gate.restart()
    assert at_door(gate, card).reason is Reason.BLOCKED, "the list on its disk is as good"
    assert not gate.uplink.program_too_old


def test_a_list_that_has_to_be_understood_is_not_taken_and_the_lanes_go_on(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    block(gate.ground, gate.ground.card(card).number)
    known = gate.uplink.snapshot().version
    with monkeypatch.context() as later:
        later_centre(later, lambda told: told.update(needs=["card.moon"]))
        with pytest.raises(ListBeyondUs, match=r"card\.moon"):
            gate.uplink.round()
        assert (gate.uplink.snapshot().version, gate.uplink.program_too_old) == (known, True)
        assert at_door(gate, card).reason is Reason.GRANTED, "as the last list says"
        gate.restart()
        assert gate.uplink.snapshot().version == known
    issued(gate.ground, uid=bytes.fromhex("04A1B2C3D4E5F7"))
    gate.uplink.round()
    assert not gate.uplink.program_too_old
    assert at_door(gate, card).reason is Reason.BLOCKED


def test_a_program_that_is_too_old_is_an_alarm_until_it_is_not(gate: Gate) -> None:
    shared = Shared.of(gate.journal, bell=gate.bell, clock=gate.clock, ticks=gate.ticks)
    house = Housekeeping(shared, gate.uplink)
    gate.uplink.round()
    gate.uplink.feed.list_beyond_us = True
    house.look()
    assert shared.recorder.troubles.stands("program-too-old")
    gate.uplink.feed.list_beyond_us = False
    house.look()
    assert not shared.recorder.troubles.stands("program-too-old")


def test_a_list_says_no_more_than_it_has_to_say(gate: Gate) -> None:
    """Of what an estate does not use, a gate of an earlier program hears nothing."""
    _, text = snapshots.snapshot_text(gate.ground.estate, GATE, None)
    assert not {"slips", "needs", "rules", "restored"} & json.loads(text).keys()


def test_answers_about_lines_may_say_more_than_a_gate_knows() -> None:
    journal = "00000000-0000-4000-8000-000000000000"
    taken = {"journal": journal, "sequence": 7, "taken": 7, "repeated": 0, "colour": "blue"}
    assert EventsTaken.model_validate_json(json.dumps(taken)).sequence == 7
    passed = {"lines": [], "known": {journal: 7}, "more": False, "colour": "blue"}
    assert PassagesView.model_validate_json(json.dumps(passed)).known == {journal: 7}
