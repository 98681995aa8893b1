"""What is shown of holders, cards and operations. Reads only, inside the caller's transaction."""

from collections.abc import Sequence
from typing import Literal

from cardserver.db.mapping import holder_of
from cardserver.db.queries import agreements_of, cards_of, open_on_chip, rights_of, unit_of
from cardserver.db.tables import (
    AgreementRow,
    CardRow,
    HolderRow,
    OperationRow,
    RightRow,
)
from cardserver.domain.holder import mask_name, mask_phone, mask_plate, mask_tail
from cardserver.domain.rights import MAX_ZONE
from cardserver.domain.station import StationKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.turn import Turn
from cardserver.wire import AgreementView, CardView, HolderView, OperationView, RightView


def holder_view(turn: Turn, row: HolderRow) -> HolderView:
    """A holder with cards and agreements; phone and ID number masked (IC-23b)."""
    holder = holder_of(row, unit_of(turn.session, row))
    return HolderView(
        holder_id=row.id,
        name=row.name,
        holder_class=row.holder_class,
        unit=holder.unit,
        phone=mask_phone(row.phone),
        id_number=mask_tail(row.id_number),
        lease_end=row.lease_end,
        ends=row.ends,
        cards=tuple(card_view(turn, card) for card in cards_of(turn.session, row.id)),
        agreements=tuple(agreement_view(a) for a in agreements_of(turn.session, row.id)),
    )


def agreement_view(row: AgreementRow) -> AgreementView:
    """An agreement with its plate masked."""
    return AgreementView(
        agreement_id=row.id,
        number=row.number,
        plate=mask_plate(row.plate),
        space=row.space,
        space_kind=row.space_kind,
        monthly_fee_fen=row.monthly_fee_fen,
        ends=row.ends,
        bank_collected=row.bank_collected,
    )


def card_view(turn: Turn, row: CardRow) -> CardView:
    """A card with its settled rights; the name is masked everywhere but at the desk."""
    session = turn.session
    holder = turn.find(HolderRow, row.holder_id, "holder")
    unit = unit_of(session, holder)
    rights = rights_of(session, row.number)
    operation = open_on_chip(session, row.uid)
    return CardView(
        number=row.number,
        uid=row.uid,
        medium=row.medium,
        card_kind=row.card_kind,
        status=row.status,
        status_reason=row.status_reason,
        holder_id=row.holder_id,
        holder_name=shown_name(turn, holder),
        holder_class=holder.holder_class,
        unit="" if unit is None else unit.label,
        rights={right.kind: _right_view(right) for right in rights},
        parking=_parking(turn, rights),
        key_version=row.key_version,
        secure_channel=secure_channel(row.secure_channel),
        issued_at=row.issued_at,
        replaced_by=row.replaced_by,
        open_operation=None if operation is None else operation.id,
    )


def shown_name(turn: Turn, holder: HolderRow) -> str:
    """The holder's name as this caller may see it (IC-23b)."""
    full = turn.caller.kind in {StationKind.DESK, StationKind.OFFICE}
    return holder.name if full else mask_name(holder.name)


def _parking(turn: Turn, rights: Sequence[RightRow]) -> AgreementView | None:
    for right in rights:
        if right.agreement_id is not None:
            return agreement_view(turn.find(AgreementRow, right.agreement_id, "agreement"))
    return None


def _right_view(row: RightRow) -> RightView:
    return RightView(
        first=row.first,
        last=ValidityPeriod(first=row.first, after_last=row.after_last).last,
        zones=zones_of(row.zones),
        sequence=row.sequence,
        anchor=row.anchor,
    )


def zones_of(mask: int) -> tuple[int, ...]:
    """The zones of a 32-bit mask."""
    return tuple(zone for zone in range(MAX_ZONE + 1) if mask >> zone & 1)


def secure_channel(text: str | None) -> Literal["ev1", "ev2"] | None:
    """The stored word as the wire's closed set."""
    if text == "ev1":
        return "ev1"
    if text == "ev2":
        return "ev2"
    return None


def operation_view(row: OperationRow) -> OperationView:
    """An operation without its keys."""
    return OperationView(
        operation_id=row.id,
        kind=row.kind,
        state=row.state,
        card_number=row.card_number,
        uid=row.uid,
        sale_id=row.sale_id,
        station=row.station,
        operator=row.operator,
        opened_at=row.at,
    )
