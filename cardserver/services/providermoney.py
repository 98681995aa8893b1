"""What the word of a payment provider does to a sale and to the ledger.

Every function is a step of the caller's transaction. There is one writer at a time, so that a
notice and an answer that arrive together meet here one after the other, and the second one finds
what the first one did.
"""

from datetime import datetime
from typing import Final
from uuid import uuid4

from cardserver.db.books import (
    sale_account,
    sale_state,
)
from cardserver.db.payments import has, kept_of, living_of
from cardserver.db.tables import SaleRow
from cardserver.db.tables_payments import QrEventRow, QrPaymentRow, QrRefundRow
from cardserver.db.tenders import notes_on_their_way, tender_history
from cardserver.domain import ledger
from cardserver.domain.qrpayment import (
    LIVING,
    QrState,
    QrWord,
    RefundStep,
    refund_number,
)
from cardserver.domain.sale import SaleState, TenderKind, TenderState, check_tender_step
from cardserver.services.accounts import book, write_step
from cardserver.services.turn import Turn

NOBODY_WAITS: Final = "not-wanted-any-more"


def tell(turn: Turn, row: QrPaymentRow, word: QrWord, detail: str = "") -> None:
    """One line in the payment's journal."""
    line = {"tender_id": row.tender_id, "word": word, "detail": detail[:400], "notice": None}
    turn.write(QrEventRow, {**line, **turn.made()})


def announce(turn: Turn, row: QrPaymentRow) -> None:
    """The payment exists from now on; no provider has heard of it yet."""
    _step(turn, row, TenderState.ACCEPTING)
    tell(turn, row, QrWord.ASKED)
    _hurry(turn, row.tender_id)


def _hurry(turn: Turn, tender_id: str) -> None:
    turn.afterwards(lambda: turn.estate.errands.hurry(tender_id))


def paid(turn: Turn, row: QrPaymentRow, fen: int, number: str, at: datetime | None) -> None:
    """The provider says that it took `fen` for us, early or late, the first time or again.

    Wanted money counts for its sale. What comes when the sale has ended or is paid otherwise goes
    back through the provider; another amount than was ordered is for a person (待核对).
    """
    if row.state in {QrState.PAID, QrState.ODD}:
        return
    row.paid_fen, row.provider_number, row.paid_at = fen, number[:64], at or turn.now
    if fen != row.amount_fen:
        _odd(turn, row, fen)
        return
    row.state = QrState.PAID
    tell(turn, row, QrWord.PAID, f"{fen} {number}".strip())
    _credit(turn, row)


def _credit(turn: Turn, row: QrPaymentRow) -> None:
    sale = turn.find(SaleRow, row.sale_id, "sale")
    wanted = _is_wanted(turn, sale, row.amount_fen)
    before = _step(turn, row, TenderState.CREDITED)
    if before is TenderState.UNKNOWN:
        book(turn, sale.id, ledger.note_found(row.provider, row.amount_fen))
    book(turn, sale.id, ledger.provider_paid(row.provider, sale.id, row.amount_fen))
    if not wanted:
        send_back(turn, row, NOBODY_WAITS)


def _is_wanted(turn: Turn, sale: SaleRow, fen: int) -> bool:
    """False for a sale that ended, or to which nobody owes so much any more."""
    if sale_state(turn.session, sale.id) is not SaleState.OPEN:
        return False
    # A note on its way can't be called back; a payment by phone can.
    on_its_way = notes_on_their_way(turn.session, sale.id)
    return sale_account(turn.session, sale).missing_fen - on_its_way >= fen


def _odd(turn: Turn, row: QrPaymentRow, fen: int) -> None:
    """The order came to nothing; the money that came instead stands in suspense."""
    _return(turn, row)
    row.state = QrState.ODD
    tell(turn, row, QrWord.ODD, f"{fen} instead of {row.amount_fen} {row.provider_number}")
    told = {"tender_id": str(uuid4()), "kind": TenderKind.QR, "value_fen": fen, "checked": True}
    line = {"sale_id": row.sale_id, "state": TenderState.CREDITED, **told}
    write_step(turn, line)
    book(turn, row.sale_id, ledger.provider_paid(row.provider, row.sale_id, fen))
    book(turn, row.sale_id, ledger.sent_back(row.provider, row.sale_id, fen))
    book(turn, row.sale_id, ledger.set_aside(row.provider, fen))
    turn.note("qr-odd", row.sale_id, f"{row.provider} {row.number} {fen} of {row.amount_fen}")


def closed(turn: Turn, row: QrPaymentRow, word: QrWord, detail: str = "") -> None:
    """It can never be paid, or was given back before we counted it."""
    if row.state not in LIVING:
        return
    _return(turn, row)
    row.state = QrState.CLOSED
    tell(turn, row, word, detail)


def _return(turn: Turn, row: QrPaymentRow) -> None:
    history = tender_history(turn.session, row.tender_id)
    if history[-1].state is TenderState.RETURNED:
        return
    if _step(turn, row, TenderState.RETURNED) is TenderState.UNKNOWN:
        book(turn, row.sale_id, ledger.note_found(row.provider, row.amount_fen))


def close_soon(turn: Turn, row: QrPaymentRow) -> None:
    """End it; whether somebody was faster, the provider will say."""
    if row.state is QrState.ASKED:
        closed(turn, row, QrWord.CLOSED, "never sent")
    elif row.state in {QrState.SENT, QrState.WAITING}:
        row.state = QrState.CLOSING
        tell(turn, row, QrWord.CLOSING)
        _hurry(turn, row.tender_id)


def unpaid(turn: Turn, row: QrPaymentRow) -> None:
    """The provider heard that it shall end, and nobody had paid: other ways of paying are open.

    Alipay can end no code that was never scanned; only its own time does. What is paid until then
    comes too late and goes back.
    """
    if not has(turn.session, row.tender_id, QrWord.UNPAID):
        tell(turn, row, QrWord.UNPAID)


def in_doubt(turn: Turn, row: QrPaymentRow) -> None:
    """Nothing can be learnt for too long: a person sees it from now on (待核对)."""
    history = tender_history(turn.session, row.tender_id)
    if history[-1].state is TenderState.ACCEPTING:
        _step(turn, row, TenderState.UNKNOWN)
        book(turn, row.sale_id, ledger.note_unknown(row.provider, row.amount_fen))
        tell(turn, row, QrWord.UNKNOWN)


def decided(turn: Turn, row: QrPaymentRow, state: TenderState) -> None:
    """A person found out what became of it, from the provider's bill."""
    tell(turn, row, QrWord.DECIDED, f"{state} by {turn.caller.operator}")
    if state is TenderState.CREDITED:
        row.state, row.paid_fen, row.paid_at = QrState.PAID, row.amount_fen, turn.now
        _credit(turn, row)
    else:
        _return(turn, row)
        row.state = QrState.CLOSED


# --- the way back --------------------------------------------------------------------------------


def send_back(turn: Turn, row: QrPaymentRow, reason: str) -> None:
    """Give a payment back through its provider, all of it: decided here, done and told later."""
    book(turn, row.sale_id, ledger.sent_back(row.provider, row.sale_id, row.amount_fen))
    _ask_refund(turn, row, reason)


def _ask_refund(turn: Turn, row: QrPaymentRow, reason: str) -> None:
    turn.add(
        QrRefundRow(
            tender_id=row.tender_id,
            sale_id=row.sale_id,
            number=refund_number(row.tender_id),
            amount_fen=row.amount_fen,
            reason=reason[:60],
            state=RefundStep.ASKED,
            refused=0,
            done_at=None,
            **turn.made(),
        )
    )
    tell(turn, row, QrWord.REFUND_ASKED, reason)
    turn.note("qr-refund", row.sale_id, f"{row.provider} {row.number} {row.amount_fen} {reason}")
    turn.afterwards(turn.estate.errands.wake)


def give_back(turn: Turn, sale: SaleRow, reason: str) -> int:
    """A sale comes to nothing: what was paid by QR goes back the way it came. How much that is.

    Codes that are still open are ended; what is paid with one all the same goes back as well.
    """
    for row in living_of(turn.session, sale.id):
        close_soon(turn, row)
    payments = kept_of(turn.session, sale.id)
    for row in payments:
        send_back(turn, row, reason)
    return sum(row.amount_fen for row in payments)


def give_back_from_suspense(turn: Turn, sale: SaleRow, fen: int, reason: str) -> int:
    """The same for a sale in suspense, at most `fen`; its refunds that came to nothing stay."""
    given = 0
    for row in kept_of(turn.session, sale.id):
        if given + row.amount_fen <= fen:
            book(turn, sale.id, ledger.suspense_sent_back(row.provider, row.amount_fen))
            _ask_refund(turn, row, reason)
            given += row.amount_fen
    return given


def refund_done(turn: Turn, refund: QrRefundRow, row: QrPaymentRow, number: str) -> None:
    """The provider says that the money is back with its payer."""
    if refund.state in {RefundStep.DONE, RefundStep.FAILED}:
        return
    refund.state, refund.done_at = RefundStep.DONE, turn.now
    book(turn, row.sale_id, ledger.provider_refunded(row.provider, refund.amount_fen))
    tell(turn, row, QrWord.REFUND_DONE, number)


def refund_failed(turn: Turn, refund: QrRefundRow, row: QrPaymentRow, why: str) -> None:
    """It can not go back that way: from now on a person decides (待核对)."""
    if refund.state in {RefundStep.DONE, RefundStep.FAILED}:
        return
    refund.state = RefundStep.FAILED
    book(turn, row.sale_id, ledger.set_aside(row.provider, refund.amount_fen))
    tell(turn, row, QrWord.REFUND_FAILED, why)
    turn.note("qr-refund-failed", row.sale_id, f"{row.provider} {row.number} {why}")


def _step(turn: Turn, row: QrPaymentRow, state: TenderState) -> TenderState | None:
    """Write the payment's next state; the one before it. Raises IllegalTransition."""
    history = tender_history(turn.session, row.tender_id)
    before: TenderState | None = history[-1].state if history else None
    check_tender_step(before, state, TenderKind.QR)
    told = {"tender_id": row.tender_id, "kind": TenderKind.QR, "value_fen": row.amount_fen}
    line = {"sale_id": row.sale_id, "state": state, "checked": True, **told}
    write_step(turn, line)
    turn.note("tender", row.sale_id, f"qr {row.provider} {row.amount_fen} {state}")
    return before
