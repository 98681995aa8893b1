"""The book: entries sum to zero or don't exist; payments go through their states and no others."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain import ledger
from cardserver.domain.errors import AmountInvalid, IllegalTransition, RuleViolation
from cardserver.domain.ledger import Entry, EntryKind, Line
from cardserver.domain.money import MAX_FEN
from cardserver.domain.sale import SaleAccount, TenderState, check_note, check_tender_step
from cardserver.domain.tariff import Charge, ChargeItem

FEN = st.integers(1, MAX_FEN)
CHARGES = st.lists(
    st.builds(
        Charge,
        item=st.sampled_from(ChargeItem),
        unit_price_fen=st.integers(1, 100_000),
        quantity=st.integers(1, 12),
    ),
    min_size=1,
    max_size=3,
)


@given(fen=FEN, charges=CHARGES)
def test_every_entry_sums_to_zero(fen: int, charges: list[Charge]) -> None:
    entries = [
        ledger.tendered("desk-1", "sale", fen),
        ledger.change_given("desk-1", "sale", fen),
        ledger.earned("sale", charges),
        ledger.owed_back("sale", fen),
        ledger.refunded("desk-1", fen),
        ledger.suspended("sale", fen),
        ledger.note_unknown("kiosk-1", fen),
        ledger.note_found("kiosk-1", fen),
    ]
    assert {entry.kind for entry in entries} == set(EntryKind)
    for entry in entries:
        assert sum(line.amount_fen for line in entry.lines) == 0


@pytest.mark.parametrize("lines", [(), ((1,)), (1, 1), (0, 0), (5, -4)])
def test_an_entry_that_does_not_balance_cannot_be_made(lines: tuple[int, ...]) -> None:
    with pytest.raises(AmountInvalid):
        Entry(
            kind=EntryKind.TENDER,
            lines=tuple(Line(account="x", amount_fen=fen) for fen in lines),
        )


@pytest.mark.parametrize("fen", [0, -1, MAX_FEN + 1])
def test_no_entry_moves_nothing_or_the_impossible(fen: int) -> None:
    with pytest.raises(AmountInvalid):
        ledger.tendered("desk-1", "sale", fen)


LEGAL = {
    (None, TenderState.ACCEPTING),
    (None, TenderState.CREDITED),
    (TenderState.ACCEPTING, TenderState.CREDITED),
    (TenderState.ACCEPTING, TenderState.RETURNED),
    (TenderState.ACCEPTING, TenderState.UNKNOWN),
    (TenderState.UNKNOWN, TenderState.CREDITED),
    (TenderState.UNKNOWN, TenderState.RETURNED),
}


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product([None, *TenderState], TenderState))
)
def test_a_payment_takes_only_steps_of_the_table(
    before: TenderState | None, after: TenderState
) -> None:
    if (before, after) in LEGAL:
        check_tender_step(before, after)
    else:
        with pytest.raises(IllegalTransition):
            check_tender_step(before, after)


@given(fen=FEN)
def test_money_that_may_hold_a_note_above_fifty_needs_the_checker(fen: int) -> None:
    """FEE-03."""
    check_note(fen, checked=True)
    if fen > 50_00:
        with pytest.raises(RuleViolation):
            check_note(fen, checked=False)
    else:
        check_note(fen, checked=False)


@given(due=FEN, credited=st.integers(0, MAX_FEN), data=st.data())
def test_missing_and_change_are_never_both_and_never_negative(
    due: int, credited: int, data: st.DataObject
) -> None:
    """FEE-04."""
    returned = data.draw(st.integers(0, credited))
    account = SaleAccount(
        due_fen=due,
        credited_fen=credited,
        returned_fen=returned,
        held_fen=credited - returned,
    )
    assert account.missing_fen >= 0
    assert account.change_fen >= 0
    assert not (account.missing_fen and account.change_fen)
    assert account.missing_fen - account.change_fen == due - (credited - returned)
