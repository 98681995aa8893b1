"""What a paper says, fixed when its money is settled: who paid, for what, and how."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cardserver.db.books import paid_for
from cardserver.db.mapping import charges_from, period_from
from cardserver.db.payments import kept_of
from cardserver.db.queries import rights_planned, unit_of
from cardserver.db.tables import AgreementRow, HolderRow, OperationRow, SaleRow
from cardserver.db.tables_charges import ChargeRow
from cardserver.db.tenders import tenders_of
from cardserver.domain.card import Right
from cardserver.domain.document import DocumentKind
from cardserver.domain.sale import BY_ITSELF, TenderKind, TenderState
from cardserver.domain.tariff import DOCUMENT_OF, ChargeItem
from cardserver.services.turn import Turn
from cardserver.wire_cards import Period
from cardserver.wire_documents import DocumentContent
from cardserver.wire_prices import QuoteLine


def content_of(
    turn: Turn, operation: OperationRow, sale: SaleRow, kind: DocumentKind
) -> DocumentContent:
    """All the paper of one kind says about a paid operation."""
    holder = turn.find(HolderRow, operation.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    rights = rights_planned(turn.session, operation)
    added = period_from(operation.plan["added"])
    agreement = _agreement(turn, rights)
    paid = paid_for(turn.session, sale.id)
    tenders = tenders_of(turn.session, sale.id).values()
    lines = tuple(
        QuoteLine(
            item=charge.item,
            unit_price_fen=charge.unit_price_fen,
            quantity=charge.quantity,
            amount_fen=charge.amount_fen,
        )
        for charge in charges_from(sale.charges)
        if DOCUMENT_OF[charge.item] is kind
    )
    total_fen = sum(line.amount_fen for line in lines)
    return DocumentContent(
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
        card_number=operation.card_number,
        lines=lines,
        total_fen=total_fen,
        received_fen=paid.received_fen,
        change_fen=paid.received_fen + paid.from_credit_fen - paid.kept_fen - sale.due_fen,
        from_credit_fen=paid.from_credit_fen,
        kept_fen=paid.kept_fen,
        payment_fen=None if total_fen == sale.due_fen else sale.due_fen,
        tender_kind=_tender_kind(tenders),
        providers=_providers(turn.session, sale, tenders),
        added=None if added is None else Period.of(added),
        after={right.kind: Period.of(right.period) for right in rights},
        ends_with=operation.plan.get("ends_with"),
        plate=None if agreement is None else agreement.plate,
        space=None if agreement is None else agreement.space,
        operation_kind=operation.kind,
        operation_id=operation.id,
    )


def content_of_charge(turn: Turn, charge: ChargeRow, sale: SaleRow) -> DocumentContent:
    """All the receipt of a charge says that the cashier entered (FEE-36): no card, no rights."""
    holder = turn.find(HolderRow, sale.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    received_fen = paid_for(turn.session, sale.id).received_fen
    tenders = tenders_of(turn.session, sale.id).values()
    line = QuoteLine(
        item=ChargeItem.OTHER,
        label=charge.item,
        unit_price_fen=charge.amount_fen,
        quantity=1,
        amount_fen=charge.amount_fen,
    )
    return DocumentContent(
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
        card_number=0,
        lines=(line,),
        total_fen=sale.due_fen,
        received_fen=received_fen,
        change_fen=received_fen - sale.due_fen,
        tender_kind=_tender_kind(tenders),
        providers=_providers(turn.session, sale, tenders),
        after={},
        sale_id=sale.id,
    )


def _agreement(turn: Turn, rights: Sequence[Right]) -> AgreementRow | None:
    for right in rights:
        if right.agreement_id is not None:
            return turn.find(AgreementRow, right.agreement_id, "agreement")
    return None


def _providers(session: Session, sale: SaleRow, tenders: Collection[Any]) -> tuple[str, ...]:
    """Who paid by QR, where anything was."""
    if all(each.kind is not TenderKind.QR for each in tenders):
        return ()
    return tuple(dict.fromkeys(row.provider for row in kept_of(session, sale.id)))


def _tender_kind(tenders: Collection[Any]) -> TenderKind:
    """How it was paid: as the first cash that counted was, or without any by QR, or by credit."""
    kinds = [each.kind for each in tenders if each.state is TenderState.CREDITED]
    if kinds and set(kinds) <= {TenderKind.CREDIT}:
        return TenderKind.CREDIT
    return next((kind for kind in kinds if kind not in BY_ITSELF), TenderKind.QR)
