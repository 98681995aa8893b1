"""The money of a sale as it stands, and who may touch it."""

from cardserver.db.books import sale_account, sale_standing
from cardserver.db.tables import SaleRow
from cardserver.db.tenders import tenders_of
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.services.crediting import may_keep_rest
from cardserver.services.turn import Turn
from cardserver.wire_sales import SaleView


def find_sale(turn: Turn, sale_id: str) -> SaleRow:
    """A sale the caller may touch. Raises NotFound, NotPermitted."""
    row = turn.find(SaleRow, sale_id, "sale")
    turn.caller.check_owns(row.station)
    return row


def open_tenders(turn: Turn, row: SaleRow) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes on their way, and codes whose provider has not said how they ended."""
    last = tenders_of(turn.session, row.id).values()
    going = {TenderState.ACCEPTING, TenderState.UNKNOWN}
    codes = (each for each in last if each.kind is TenderKind.QR and each.state in going)
    notes = (
        each
        for each in last
        if each.kind is not TenderKind.QR and each.state is TenderState.ACCEPTING
    )
    return tuple(each.tender_id for each in notes), tuple(each.tender_id for each in codes)


def sale_view(turn: Turn, row: SaleRow) -> SaleView:
    """The money of a sale as it stands in this transaction."""
    account = sale_account(turn.session, row)
    state, operation_id = sale_standing(turn.session, row.id)
    notes, codes = open_tenders(turn, row)
    paying = state in {SaleState.OPEN, SaleState.IN_USE}
    return SaleView(
        sale_id=row.id,
        state=state,
        due_fen=account.due_fen,
        credited_fen=account.credited_fen,
        returned_fen=account.returned_fen,
        missing_fen=account.missing_fen if paying else 0,
        change_fen=account.change_fen,
        refundable_fen=account.payable_fen,
        open_tenders=notes,
        open_codes=codes,
        refunding_fen=account.refunding_fen,
        from_credit_fen=account.from_credit_fen,
        keeps_fen=account.keeps_fen + account.kept_fen,
        may_keep_rest=paying and may_keep_rest(turn, row),
        operation_id=operation_id,
    )
