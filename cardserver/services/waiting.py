"""Money that waits for somebody: paid and not written, owed back, change, a note on its way."""

from cardserver.db.books import sales_with_money
from cardserver.db.credits import credit_of
from cardserver.db.spaces import is_collected, line_of
from cardserver.db.tables import HolderRow, SaleRow
from cardserver.domain.operation import OperationKind
from cardserver.domain.sale import CHARGE, SaleState
from cardserver.services.saleviews import sale_view
from cardserver.services.selling import request_of
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.services.views import shown_name
from cardserver.wire_sales import SaleView, WaitingSale, WaitingSales


def waiting_sales(
    estate: Estate, caller: Caller, *, card_number: int | None, station: str | None
) -> WaitingSales:
    """Sales with money that wait, of one card, one station or all; oldest first.

    A kiosk sees its own and, of the card it asks about, top-ups from anywhere: they follow the
    card. Raises NotPermitted.
    """
    if not caller.owns_all and card_number is None:
        station = caller.station if station is None else station
        caller.check_owns(station)
    with reading(estate, caller) as turn:
        return waiting_in(turn, card_number=card_number, station=station)


def waiting_in(
    turn: Turn, *, card_number: int | None = None, station: str | None = None
) -> WaitingSales:
    """The same in a transaction that is open, for who may ask."""
    rows = [row for row in _of_card(turn, card_number, station) if _of_a_card(row)]
    views = [(row, sale_view(turn, row)) for row in rows if _may_see(turn.caller, row)]
    return WaitingSales(
        sales=tuple(_waiting(turn, row, view) for row, view in views if _waits(view)),
        credit_fen=0 if card_number is None else max(0, credit_of(turn.session, card_number)),
    )


def _of_card(turn: Turn, card_number: int | None, station: str | None) -> list[SaleRow]:
    """Also what was paid for the cards that this one replaced."""
    if card_number is None:
        return list(sales_with_money(turn.session, station=station))
    return [
        row
        for number in reversed(line_of(turn.session, card_number))
        for row in sales_with_money(turn.session, card_number=number, station=station)
    ]


def _of_a_card(row: SaleRow) -> bool:
    """False for a charge without a card: it has a list of its own (FEE-36)."""
    return bool(row.request["kind"] != CHARGE)


def _may_see(caller: Caller, row: SaleRow) -> bool:
    own = caller.owns_all or row.station == caller.station
    return own or row.request["kind"] == OperationKind.TOP_UP


def _waits(view: SaleView) -> bool:
    """False for a sale in use, unless a note is on its way: its operation waits, not its money."""
    return view.state is not SaleState.IN_USE or bool(view.refundable_fen or view.open_tenders)


def _waiting(turn: Turn, row: SaleRow, view: SaleView) -> WaitingSale:
    holder = turn.find(HolderRow, row.holder_id, "holder")
    return WaitingSale(
        sale=view,
        request=request_of(turn, row),
        card_number=row.card_number,
        holder_id=row.holder_id,
        holder_name=shown_name(turn, holder),
        station=row.station,
        opened_at=row.at,
        collected=is_collected(turn.session, row.id),
    )
