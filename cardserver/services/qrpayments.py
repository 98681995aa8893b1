"""Payments by QR as stations see them: ask for a code, look at it, end it; and notices.

No provider is spoken with here: what is wanted is written down, and `cardserver.services.settler`
does it at once, and goes on with it after a power cut.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast, get_args

from cardserver.db.books import sale_account, sale_state
from cardserver.db.payments import has, known_notice, living_of, payment_by_number
from cardserver.db.tables import SaleRow
from cardserver.db.tables_payments import QrEventRow, QrPaymentRow
from cardserver.db.tenders import tenders_of
from cardserver.domain.errors import RuleViolation
from cardserver.domain.qrpayment import CODE_LIFE, QrState, QrWord, order_number
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.station import StationKind
from cardserver.payments.api import NoticeRefused, PaymentProvider
from cardserver.services.askingpayments import learn
from cardserver.services.drawer import check_may_take_money
from cardserver.services.errors import Conflict
from cardserver.services.providermoney import announce, close_soon
from cardserver.services.replay import repeated
from cardserver.services.saleviews import sale_view
from cardserver.services.selling import check_may_use
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_payments import Provider, QrAct, QrMeans, QrRequest, QrView

PROVIDERS: Final[tuple[Provider, ...]] = get_args(Provider)
NOTICES: Final = Caller(station="provider", kind=StationKind.OFFICE)


def means(estate: Estate, caller: Caller) -> QrMeans:
    """By which providers a code can be had."""
    del caller  # any station that sells may know
    known = [name for name in PROVIDERS if name in estate.providers]
    away = estate.errands.silent()
    return QrMeans(
        ready=tuple(name for name in known if name not in away),
        away=tuple(name for name in known if name in away),
    )


def ask_code(estate: Estate, caller: Caller, sale_id: str, request: QrRequest) -> QrView:
    """A code for what is missing, one at a time and while no banknote is on its way.

    The payment is on disk when this returns; its code follows, see `payment`.
    Raises Conflict ``sale-closed``, ``tender-open``, ``code-open``; RuleViolation
    ``nothing-missing``, ``provider-unknown``; ClockSetBack, NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        sale = turn.find(SaleRow, sale_id, "sale")
        check_may_use(caller, sale)
        if not repeated(turn, request.payment_id, "ask-code", request, about=sale_id):
            _ask(turn, sale, request)
        return _view(turn, turn.find(QrPaymentRow, request.payment_id, "payment"))


def _ask(turn: Turn, sale: SaleRow, request: QrRequest) -> None:
    turn.check_clock()
    check_may_take_money(turn)
    if request.provider not in turn.estate.providers:
        raise RuleViolation("provider-unknown", rule="FEE-04")
    if sale_state(turn.session, sale.id) is not SaleState.OPEN:
        raise Conflict("sale-closed")
    _check_nothing_moves(turn, sale)
    missing = sale_account(turn.session, sale).missing_fen
    if not missing:
        raise RuleViolation("nothing-missing", rule="FEE-04")
    row = turn.add(
        QrPaymentRow(
            tender_id=request.payment_id,
            sale_id=sale.id,
            provider=request.provider,
            number=order_number(request.payment_id),
            amount_fen=missing,
            expires=turn.now + CODE_LIFE,
            state=QrState.ASKED,
            code="",
            provider_number="",
            paid_at=None,
            paid_fen=0,
            **turn.made(),
        )
    )
    announce(turn, row)


def _check_nothing_moves(turn: Turn, sale: SaleRow) -> None:
    for last in tenders_of(turn.session, sale.id).values():
        if last.state is TenderState.ACCEPTING and last.kind is not TenderKind.QR:
            raise Conflict("tender-open", "a note is still on its way")
    # One that is being ended may still be paid: that money would go back, so that it hinders none.
    if any(row.state is not QrState.CLOSING for row in living_of(turn.session, sale.id)):
        raise Conflict("code-open", "another code of this sale can still be paid")


def payment(estate: Estate, caller: Caller, payment_id: str) -> QrView:
    """How a payment stands. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        return _view(turn, _mine(turn, payment_id))


def close(estate: Estate, caller: Caller, payment_id: str, request: QrAct) -> QrView:
    """No further wish to pay by this code. If it was paid meanwhile, that counts."""
    with writing(estate, caller) as turn:
        row = _mine(turn, payment_id)
        if not repeated(turn, request.act_id, "close-code", request, about=payment_id):
            close_soon(turn, row)
            turn.session.flush()
        return _view(turn, row)


def check(estate: Estate, caller: Caller, payment_id: str) -> QrView:
    """The payer says that it is paid: the provider is asked at once."""
    with reading(estate, caller) as turn:
        row = _mine(turn, payment_id)
        estate.errands.hurry(row.tender_id)
        return _view(turn, row)


def _mine(turn: Turn, payment_id: str) -> QrPaymentRow:
    """A payment follows its sale, as a top-up follows its card."""
    row = turn.find(QrPaymentRow, payment_id, "payment")
    check_may_use(turn.caller, turn.find(SaleRow, row.sale_id, "sale"))
    return row


def _view(turn: Turn, row: QrPaymentRow) -> QrView:
    sale = turn.find(SaleRow, row.sale_id, "sale")
    left = row.expires - turn.now
    return QrView(
        payment_id=row.tender_id,
        provider=cast("Provider", row.provider),
        number=row.number,
        amount_fen=row.amount_fen,
        state=row.state,
        code=row.code if row.state is QrState.WAITING else "",
        expires=row.expires,
        seconds_left=max(0, left // timedelta(seconds=1)),
        refused=row.state is QrState.CLOSED and has(turn.session, row.tender_id, QrWord.REFUSED),
        unpaid=row.state is QrState.CLOSING and has(turn.session, row.tender_id, QrWord.UNPAID),
        sale=sale_view(turn, sale),
    )


# --- notices -------------------------------------------------------------------------------------


def take_notice(
    estate: Estate, provider: PaymentProvider, headers: Mapping[str, str], body: bytes
) -> None:
    """A provider says by itself what became of an order; a repetition changes nothing.

    Raises NoticeRefused for what is not believed; a genuine one that is too old is refused as
    well, and the provider is asked about its order.
    """
    try:
        notice = provider.read_notice(headers, body, estate.clock())
    except NoticeRefused as refused:
        if refused.number:
            _ask_about(estate, provider, refused.number)
        raise
    with writing(estate, NOTICES) as turn:
        row = payment_by_number(turn.session, provider.name, notice.payment.number)
        if row is None:
            turn.note("qr-notice-unknown", provider.name, notice.payment.number)
        elif _is_new(turn, row, f"{provider.name} {notice.notice_id}"):
            learn(turn, row, notice.payment)


def _is_new(turn: Turn, row: QrPaymentRow, notice: str) -> bool:
    if known_notice(turn.session, notice[:128]):
        return False
    line = {"tender_id": row.tender_id, "word": QrWord.NOTICE, "detail": ""}
    turn.write(QrEventRow, {**line, "notice": notice[:128], **turn.made()})
    return True


def _ask_about(estate: Estate, provider: PaymentProvider, number: str) -> None:
    with reading(estate, NOTICES) as turn:
        row = payment_by_number(turn.session, provider.name, number)
        if row is not None:
            estate.errands.hurry(row.tender_id)
