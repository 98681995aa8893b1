"""What is shown of agreements and spaces. Reads only, inside the caller's transaction."""

from typing import Final

from sqlalchemy import select

from cardserver.db.households import copies_of, last_filings
from cardserver.db.queries import unit_of
from cardserver.db.spaces import begins_on, carrying, file_of, history
from cardserver.db.tables import AgreementRow, HolderRow
from cardserver.db.tables_parking import AgreementEventRow, RefundRequestRow, SpaceFileRow
from cardserver.domain.holder import mask_plate
from cardserver.domain.parking import SpaceKind, agreement_type
from cardserver.domain.validity import ValidityPeriod
from cardserver.domain.verification import Paper
from cardserver.services.pricing import shown_fee
from cardserver.services.turn import Turn
from cardserver.wire_cards import Period
from cardserver.wire_parking import (
    AgreementEventView,
    AgreementFile,
    AgreementLine,
    FiledCopy,
    FileRecord,
)

PARKING_COPIES: Final = frozenset({Paper.ID_CARD, Paper.VEHICLE_LICENCE})
"""PARK-02: of these two a copy is kept; the driving licence is only looked at."""


def agreement_line(turn: Turn, row: AgreementRow, *, full: bool = False) -> AgreementLine:
    """An agreement in a list, with the card that carries its right; plate masked unless `full`."""
    holder = turn.find(HolderRow, row.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    found = carrying(turn.session, row.id)
    kind = row.space_kind
    return AgreementLine(
        agreement_id=row.id,
        number=row.number,
        type=agreement_type(SpaceKind(kind)) if kind in set(SpaceKind) else None,
        holder_id=row.holder_id,
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
        plate=row.plate if full else mask_plate(row.plate),
        space=row.space,
        begins=begins_on(turn.session, row.id),
        ends=row.ends,
        stated_fee_fen=row.monthly_fee_fen,
        fee_fen=shown_fee(turn, row),
        bank_collected=row.bank_collected,
        card_number=None if found is None else found[0].number,
        paid_until=None
        if found is None
        else ValidityPeriod(first=found[1].first, after_last=found[1].after_last).last,
    )


def agreement_file(turn: Turn, row: AgreementRow) -> AgreementFile:
    """An agreement, its history, and its part of the space's file (PARK-08a)."""
    return AgreementFile(
        agreement=agreement_line(turn, row, full=True),
        space_kind=row.space_kind,
        history=tuple(_event_view(each) for each in history(turn.session, row.id)),
        records=tuple(_record_view(each) for each in file_of(turn.session, [row.id])),
        copies=_copies(turn, row),
        refunds_asked=_refunds(turn, row),
    )


def _event_view(row: AgreementEventRow) -> AgreementEventView:
    return AgreementEventView.model_validate(
        {
            **row.terms,
            "at": row.at,
            "operator": row.operator,
            "event": row.event,
            "reason": row.reason,
        }
    )


def _record_view(row: SpaceFileRow) -> FileRecord:
    return FileRecord(
        at=row.at,
        operator=row.operator,
        station=row.station,
        event=row.event,
        card_number=row.card_number,
        paid=Period(first=row.first, last=row.last),
        amount_fen=row.amount_fen,
    )


def _copies(turn: Turn, row: AgreementRow) -> tuple[FiledCopy, ...]:
    """The two copies that parking keeps of the person who signed (PARK-02)."""
    kept = [each for each in copies_of(turn.session, row.holder_id) if each.paper in PARKING_COPIES]
    filings = last_filings(turn.session, [each.id for each in kept])
    return tuple(
        FiledCopy(
            copy_id=each.id,
            paper=each.paper,
            folder=filings[each.id].folder if each.id in filings else "",
        )
        for each in kept
    )


def _refunds(turn: Turn, row: AgreementRow) -> tuple[str, ...]:
    statement = select(RefundRequestRow.reason).where(RefundRequestRow.agreement_id == row.id)
    return tuple(turn.session.scalars(statement.order_by(RefundRequestRow.at)))
