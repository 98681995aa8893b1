"""Slips go out signed, in the transaction of their money, and never for want of a signature."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cardserver.domain.document import DocumentKind
from cardserver.domain.receiptbook import VoidOutcome
from cardserver.domain.slipcode import SlipFacts, Verdict, judge
from cardserver.services import papers, slips
from cardserver.vault import Vault, demo_vault
from cardserver.vault_file import demo_store
from cardserver.vault_store import TokenFault
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import VoidPaperRequest
from cardserver.wire_requests import TopUpRequest
from tests.databases.frontdesk import DESK, FrontDesk, PlainCard, blank, new_id
from tests.databases.stores import sqlite_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Rules of a paper's content: one kind of store is enough."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def card() -> PlainCard:
    return blank()


@pytest.fixture
def slip(desk: FrontDesk, card: PlainCard) -> DocumentView:
    """One month at 300 yuan, paid at the desk."""
    view = desk.issue(desk.owner, card)
    [found] = desk.do(desk.parking_request(view), card).documents
    assert found.kind is DocumentKind.TOP_UP_SLIP
    return found


def judged(desk: FrontDesk, paper: DocumentView) -> tuple[Verdict, SlipFacts | None]:
    told = slips.slip_keys(desk.estate, DESK)
    keys = {each.version: each.public_key for each in told.keys}
    return judge(paper.content.slip_code, desk.estate.vault.estate_id, keys)


def test_a_slips_code_is_genuine_and_says_what_the_slip_says_park_07a(
    desk: FrontDesk, slip: DocumentView
) -> None:
    verdict, facts = judged(desk, slip)
    assert verdict is Verdict.GENUINE
    assert facts is not None
    period = slip.content.added
    assert period is not None
    assert (facts.number, facts.card_number, facts.amount_fen) == (
        slip.number,
        slip.content.card_number,
        300_00,
    )
    assert (facts.first, facts.last) == (period.first, period.last)


def test_slips_of_before_and_after_the_keys_are_rolled_are_both_genuine_park_07a(
    desk: FrontDesk, slip: DocumentView, card: PlainCard
) -> None:
    desk.estate = replace(desk.estate, vault=demo_vault(2))
    request = TopUpRequest(card_number=slip.content.card_number, months=1)
    [later] = desk.do(request, card).documents
    assert " 1 " in slip.content.slip_code
    assert " 2 " in later.content.slip_code
    assert {judged(desk, each)[0] for each in (slip, later)} == {Verdict.GENUINE}


def test_a_new_slip_in_place_of_a_void_one_has_a_code_of_its_own_fee_23(
    desk: FrontDesk, slip: DocumentView
) -> None:
    request = VoidPaperRequest(
        void_id=new_id(), reason="写错", all_copies=True, outcome=VoidOutcome.WRONG_PAPER
    )
    replacement = papers.void_paper(desk.estate, DESK, slip.document_id, request).replacement
    assert replacement is not None
    verdict, facts = judged(desk, replacement)
    assert verdict is Verdict.GENUINE
    assert facts is not None
    assert facts.number == replacement.number != slip.number


class SilentVault(Vault):
    """Its token answers everything but a request to sign a slip."""

    def sign(self, message: bytes, version: int) -> bytes:
        if message.startswith(b"yika-slip"):
            raise TokenFault("the token was pulled out")
        return super().sign(message, version)


def test_money_is_settled_and_its_slip_goes_out_when_nothing_can_be_signed(
    desk: FrontDesk, card: PlainCard
) -> None:
    desk.estate = replace(desk.estate, vault=SilentVault(demo_store()))
    view = desk.issue(desk.owner, card)
    [slip] = desk.do(desk.parking_request(view), card).documents
    assert slip.content.slip_code == ""
    assert slip.content.total_fen == 300_00
