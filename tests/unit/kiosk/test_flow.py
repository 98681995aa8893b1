"""The kiosk's table of screens: whole, without dead ends, and as the documents draw it."""

from pathlib import Path

import pytest

from kiosk.selfservice.flow import MONEY_MAY_MOVE, TABLE, Event, Screen, drawing, next_screen

DOCUMENT = Path(__file__).parents[3] / "docs" / "kiosk.md"


def reached_from(screen: Screen) -> set[Screen]:
    found, waiting = {screen}, [screen]
    while waiting:
        here = waiting.pop()
        after = {to for (before, _), to in TABLE.items() if before is here} - found
        found |= after
        waiting += after
    return found


def test_the_documents_show_the_table_as_it_is() -> None:
    assert f"```mermaid\n{drawing()}\n```" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("screen", Screen)
def test_every_screen_is_reached_and_leads_back_to_the_invitation(screen: Screen) -> None:
    assert screen in reached_from(Screen.CLOSED)
    assert Screen.ATTRACT in reached_from(screen)


@pytest.mark.parametrize("event", Event)
def test_every_event_means_something_somewhere(event: Event) -> None:
    assert any(each is event for _, each in TABLE)


@pytest.mark.parametrize("screen", sorted(MONEY_MAY_MOVE))
def test_no_card_lifted_ends_a_visit_while_money_may_move(screen: Screen) -> None:
    assert next_screen(screen, Event.CARD_LIFTED) is screen


def test_a_card_is_written_only_after_it_was_paid_for() -> None:
    into = {(before, event) for (before, event), after in TABLE.items() if after is Screen.WRITING}
    assert into == {
        (Screen.PAY, Event.PAID),
        (Screen.SCAN, Event.PAID),
        (Screen.READING, Event.CARD_UNFINISHED),
        (Screen.LAY_BACK, Event.CARD_LAID),
    }
