"""Charges that stand on no list: decided by the cashier, paid like every sale (FEE-36, FEE-18a).

No card is written for them, so that the sale itself is what is settled, and its receipt stands on
the sale.
"""

from typing import Final

from sqlalchemy import bindparam, select

from cardserver.db.books import sale_account, sale_state
from cardserver.db.mapping import charges_json
from cardserver.db.queries import unit_of
from cardserver.db.tables import DocumentRow, HolderRow, SaleRow
from cardserver.db.tables_charges import ChargeRow
from cardserver.db.tables_papers import DocumentVoidRow, NumberedLaterRow, UnnumberedPaperRow
from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action, role_permits
from cardserver.domain.sale import CHARGE, SaleState
from cardserver.domain.tariff import free_charges
from cardserver.services.documentcontents import content_of_charge
from cardserver.services.documentviews import view_of
from cardserver.services.errors import Conflict
from cardserver.services.numbering import check_numbers_left
from cardserver.services.owing import owe
from cardserver.services.replay import repeated
from cardserver.services.saleviews import sale_view
from cardserver.services.selling import close_sale, earn
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.views import shown_name
from cardserver.wire_charges import ChargeList, ChargeView, PutCharge, SettleCharge

_LATEST: Final = 40
_PAPERS: Final = (
    select(DocumentRow)
    .where(
        DocumentRow.sale_id == bindparam("sale"),
        DocumentRow.id.not_in(select(DocumentVoidRow.document_id)),
    )
    .order_by(DocumentRow.id)
)
_UNNUMBERED: Final = select(UnnumberedPaperRow.id).where(
    UnnumberedPaperRow.sale_id == bindparam("sale"),
    UnnumberedPaperRow.id.not_in(select(NumberedLaterRow.unnumbered_id)),
)


def put_charge(estate: Estate, caller: Caller, request: PutCharge) -> ChargeView:
    """Open a sale over what the cashier decided, in the cashier's name and for a stated reason.

    Raises NotPermitted for anybody but the cashier (FEE-36); RuleViolation ``payer-unknown`` for
    nobody on file, whose name the receipt would need (FEE-22), and ``no-receipt-book`` where the
    agent has no receipt left for it (FEE-21); ClockSetBack.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.charge_id, "charge", request):
            turn.check_clock()
            _put(turn, request)
        return _view(turn, turn.find(ChargeRow, request.charge_id, "charge"))


def _put(turn: Turn, request: PutCharge) -> None:
    cashier = turn.caller.authorised_by(Action.FREE_AMOUNT)
    holder = turn.session.get(HolderRow, request.holder_id)
    if holder is None:
        raise RuleViolation("payer-unknown", rule="FEE-22")
    charges = free_charges(request.amount_fen)
    if role_permits(turn.caller.roles, Action.SELL):
        check_numbers_left(turn, charges)
    turn.add(
        SaleRow(
            id=request.charge_id,
            holder_id=holder.id,
            card_number=None,
            request={"kind": CHARGE},
            charges=charges_json(charges),
            due_fen=request.amount_fen,
            **turn.made(),
        )
    )
    turn.add(
        ChargeRow(
            sale_id=request.charge_id,
            item=request.item,
            reason=request.reason,
            amount_fen=request.amount_fen,
            entered_by=cashier,
            **turn.made(),
        )
    )
    told = f"{request.amount_fen} by {cashier}: {request.item}; {request.reason}"
    turn.note("put-charge", request.charge_id, told)


def settle_charge(
    estate: Estate, caller: Caller, charge_id: str, request: SettleCharge
) -> ChargeView:
    """All is paid: the money is the estate's, and a formal receipt is owed for it (FEE-32).

    Raises Conflict ``sale-closed``; RuleViolation ``not-paid``; NotFound; ClockSetBack.
    """
    with writing(estate, caller) as turn:
        row = turn.find(ChargeRow, charge_id, "charge")
        if not repeated(turn, request.settle_id, "settle-charge", request, about=charge_id):
            turn.check_clock()
            _settle(turn, row)
        return _view(turn, row)


def _settle(turn: Turn, row: ChargeRow) -> None:
    sale = turn.find(SaleRow, row.sale_id, "sale")
    if sale_state(turn.session, sale.id) is not SaleState.OPEN:
        raise Conflict("sale-closed")
    if sale_account(turn.session, sale).missing_fen:
        raise RuleViolation("not-paid", rule="FEE-36")
    earn(turn, sale)
    close_sale(turn, sale, SaleState.SETTLED, CHARGE)
    content = content_of_charge(turn, row, sale)
    owe(turn, DocumentKind.FORMAL_RECEIPT, content, sale_id=sale.id)


def charge(estate: Estate, caller: Caller, charge_id: str) -> ChargeView:
    """One charge. Raises NotFound."""
    with reading(estate, caller) as turn:
        return _view(turn, turn.find(ChargeRow, charge_id, "charge"))


def latest(estate: Estate, caller: Caller) -> ChargeList:
    """The latest charges, newest first: the register of what stood on no list (FEE-33)."""
    with reading(estate, caller) as turn:
        statement = select(ChargeRow).order_by(ChargeRow.at.desc(), ChargeRow.sale_id)
        rows = turn.session.scalars(statement.limit(_LATEST))
        return ChargeList(charges=tuple(_view(turn, row) for row in rows.all()))


def _view(turn: Turn, row: ChargeRow) -> ChargeView:
    sale = turn.find(SaleRow, row.sale_id, "sale")
    holder = turn.find(HolderRow, sale.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    papers = turn.session.scalars(_PAPERS, {"sale": sale.id}).all()
    return ChargeView(
        sale=sale_view(turn, sale),
        holder_id=holder.id,
        holder_name=shown_name(turn, holder),
        unit="" if unit is None else unit.label,
        item=row.item,
        reason=row.reason,
        amount_fen=row.amount_fen,
        entered_by=row.entered_by,
        station=row.station,
        operator=row.operator,
        at=row.at,
        documents=tuple(view_of(turn.session, each) for each in papers),
        number_owed=turn.session.scalar(_UNNUMBERED, {"sale": sale.id}) is not None,
    )
