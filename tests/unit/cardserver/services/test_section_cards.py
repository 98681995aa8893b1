"""A section's card goes from hand to hand inside its section, by its head's word."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cardserver.domain.application import CardForm
from cardserver.services import blocking, sectioncards, verifying
from cardserver.services.errors import NotPermitted
from cardserver.wire_approvals import HandOnRequest
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_requests import IssueRequest
from cardserver.wire_verifications import VerificationRequest
from tests.databases import paperwork
from tests.databases.frontdesk import DESK, PAPERS, FrontDesk, blank, new_id, refused
from tests.databases.paperwork import SECTION
from tests.databases.stores import sqlite_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A rule of the business, not of the store: one kind of store is enough."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


def issued(desk: FrontDesk, form: CardForm) -> CardView:
    application = paperwork.apply_for(desk.estate, desk.staff, form=form)
    paperwork.approve(desk.estate, application)
    request = VerificationRequest.model_validate(
        {
            "verification_id": new_id(),
            "holder_id": desk.staff,
            "method": "application",
            "papers_seen": PAPERS,
            "application_id": application,
        }
    )
    verified = verifying.verify(desk.estate, DESK, request).verification_id
    return desk.do(IssueRequest(holder_id=desk.staff, verification_id=verified), blank()).card


def handing(to: str = "孙丽") -> HandOnRequest:
    return HandOnRequest(handing_id=new_id(), given_to=to, remark="早班")


def test_each_hand_over_inside_the_section_is_its_heads_record_ic_15a(desk: FrontDesk) -> None:
    card = issued(desk, CardForm.SECTION)
    with pytest.raises(NotPermitted):
        sectioncards.hand_on(desk.estate, replace(DESK, leave=None), card.number, handing())
    first = handing()
    for _ in range(2):
        sectioncards.hand_on(desk.estate, SECTION, card.number, first)
    desk.clock.forward(hours=8)
    found = sectioncards.hand_on(desk.estate, SECTION, card.number, handing("赵强"))
    assert found.section
    assert [(each.given_to, each.given_by) for each in found.handings] == [
        ("赵强", SECTION.operator),
        ("孙丽", SECTION.operator),
    ]


def test_a_personal_card_is_not_handed_on_ic_15a(desk: FrontDesk) -> None:
    card = issued(desk, CardForm.PERSONAL)
    with refused("no-section-card", "IC-15a"):
        sectioncards.hand_on(desk.estate, SECTION, card.number, handing())
    assert sectioncards.section_card(desk.estate, DESK, card.number).section is None


def test_a_blocked_card_goes_into_no_other_hands_ic_15a(desk: FrontDesk) -> None:
    card = issued(desk, CardForm.SECTION)
    order = BlockRequest(request_id=new_id(), reason="遗失")
    blocking.block(desk.estate, DESK, card.number, order)
    with refused("card-not-live", "IC-15a"):
        sectioncards.hand_on(desk.estate, SECTION, card.number, handing())
