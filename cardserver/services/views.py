"""What is shown of holders, cards and operations. Reads only, inside the caller's transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from cardserver.db.queries import (
    agreements_by_id,
    agreements_of_all,
    cards_of_all,
    open_on_chip,
    open_on_chips,
    rights_of,
    rights_of_all,
    unit_of,
    units_of_all,
)
from cardserver.db.tables import (
    AgreementRow,
    CardRow,
    HolderRow,
    OperationRow,
    RightRow,
    UnitRow,
)
from cardserver.domain.holder import mask_name, mask_phone, mask_plate, mask_tail
from cardserver.domain.rights import MAX_ZONE
from cardserver.domain.station import StationKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.denials import blocked_views
from cardserver.services.pricing import shown_fee
from cardserver.services.turn import Turn
from cardserver.wire_cards import AgreementView, BlockedView, CardView, HolderView, RightView
from cardserver.wire_operations import OperationView

R = TypeVar("R")


def holder_view(turn: Turn, row: HolderRow) -> HolderView:
    """A holder with cards and agreements; phone and ID number masked (IC-23b)."""
    return holder_views(turn, [row])[0]


def holder_views(turn: Turn, rows: Sequence[HolderRow]) -> tuple[HolderView, ...]:
    """Holders with cards and agreements, in as many statements for twenty as for one."""
    around = _Around.of(turn, rows)
    return tuple(_holder_view(turn, row, around) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What stands around some holders in the store, by whom or what it belongs to."""

    units: Mapping[int, UnitRow]
    cards: Mapping[int, Sequence[CardRow]]
    rights: Mapping[int, Sequence[RightRow]]
    open_on: Mapping[bytes, OperationRow]
    blocked: Mapping[int, BlockedView]
    agreements: Mapping[int, Sequence[AgreementRow]]
    parked_under: Sequence[AgreementRow]  # held here, so that the session need not ask again

    @classmethod
    def of(cls, turn: Turn, rows: Sequence[HolderRow]) -> "_Around":
        session, ids = turn.session, [row.id for row in rows]
        cards = cards_of_all(session, ids)
        rights = rights_of_all(session, [card.number for card in cards])
        named = {right.agreement_id for right in rights} - {None}
        return cls(
            units=units_of_all(session, rows),
            cards=_grouped(cards, lambda card: card.holder_id),
            rights=_grouped(rights, lambda right: right.card_number),
            open_on={
                operation.uid: operation
                for operation in open_on_chips(session, [card.uid for card in cards])
            },
            blocked=blocked_views(turn, cards),
            agreements=_grouped(agreements_of_all(session, ids), lambda each: each.holder_id),
            parked_under=agreements_by_id(session, named),
        )


def _grouped(rows: Iterable[R], owner: Callable[[R], int]) -> Mapping[int, Sequence[R]]:
    groups: dict[int, list[R]] = {}
    for row in rows:
        groups.setdefault(owner(row), []).append(row)
    return groups


def _holder_view(turn: Turn, row: HolderRow, around: _Around) -> HolderView:
    unit = None if row.unit_id is None else around.units.get(row.unit_id)
    return HolderView(
        holder_id=row.id,
        name=row.name,
        holder_class=row.holder_class,
        unit="" if unit is None else unit.label,
        phone=mask_phone(row.phone),
        id_number=mask_tail(row.id_number),
        lease_end=row.lease_end,
        ends=row.ends,
        cards=tuple(
            _card_view(
                turn,
                card,
                row,
                unit,
                rights=around.rights.get(card.number, ()),
                operation=around.open_on.get(card.uid),
                blocked=around.blocked.get(card.number),
            )
            for card in around.cards.get(row.id, ())
        ),
        agreements=tuple(agreement_view(turn, a) for a in around.agreements.get(row.id, ())),
    )


def agreement_view(turn: Turn, row: AgreementRow) -> AgreementView:
    """An agreement at today's price, its plate masked."""
    return AgreementView(
        agreement_id=row.id,
        number=row.number,
        plate=mask_plate(row.plate),
        space=row.space,
        space_kind=row.space_kind,
        monthly_fee_fen=shown_fee(turn, row),
        ends=row.ends,
        bank_collected=row.bank_collected,
    )


def card_view(turn: Turn, row: CardRow) -> CardView:
    """A card with its settled rights; the name is masked everywhere but at the desk."""
    session = turn.session
    holder = turn.find(HolderRow, row.holder_id, "holder")
    return _card_view(
        turn,
        row,
        holder,
        unit_of(session, holder),
        rights=rights_of(session, row.number),
        operation=open_on_chip(session, row.uid),
        blocked=blocked_views(turn, (row,)).get(row.number),
    )


def _card_view(
    turn: Turn,
    row: CardRow,
    holder: HolderRow,
    unit: UnitRow | None,
    *,
    rights: Sequence[RightRow],
    operation: OperationRow | None,
    blocked: BlockedView | None,
) -> CardView:
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
        blocked=blocked,
    )


def shown_name(turn: Turn, holder: HolderRow) -> str:
    """The holder's name as this caller may see it (IC-23b)."""
    full = turn.caller.kind in {StationKind.DESK, StationKind.OFFICE}
    return holder.name if full else mask_name(holder.name)


def _parking(turn: Turn, rights: Sequence[RightRow]) -> AgreementView | None:
    for right in rights:
        if right.agreement_id is not None:
            return agreement_view(turn, turn.find(AgreementRow, right.agreement_id, "agreement"))
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
