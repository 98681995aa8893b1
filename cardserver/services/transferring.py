"""A unit changes hands: the former household's rights end, the new one starts afresh (IC-22)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from cardserver.db.households import agreements_of_unit, door_and_parking, live_cards_of, members_of
from cardserver.db.tables import CardRow, HolderRow, UnitRow
from cardserver.db.tables_people import FileChangeRow, TransferRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.people import (
    Change,
    Details,
    FileAct,
    is_current,
    plain_id_number,
    plain_phone,
    readable,
)
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.errors import Conflict
from cardserver.services.people import end_on_file, put_on_file
from cardserver.services.personviews import person_view, person_views, unit_views
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.views import agreement_view
from cardserver.wire_units import EndingCard, Leaving, Transferred, TransferRequest

_LEAVING = frozenset({HolderClass.OWNER, HolderClass.FAMILY})
"""A lease outlives a sale: tenants stay, and are shown as staying."""


def leaving(estate: Estate, caller: Caller, unit_id: int) -> Leaving:
    """What would end: all door cards and parking rights of the present household (IC-22a)."""
    with reading(estate, caller) as turn:
        unit = turn.find(UnitRow, unit_id, "unit")
        members = _current(turn, unit_id)
        going = [row for row in members if row.holder_class in _LEAVING]
        staying = [row for row in members if row.holder_class not in _LEAVING]
        agreements = agreements_of_unit(turn.session, [row.id for row in going])
        return Leaving(
            unit=unit_views(turn, [unit])[0],
            household=person_views(turn, going),
            cards=_ending_cards(turn, going),
            agreements=tuple(
                agreement_view(turn, row) for row in agreements if row.ends >= turn.today
            ),
            staying=person_views(turn, staying),
        )


def transfer(estate: Estate, caller: Caller, unit_id: int, request: TransferRequest) -> Transferred:
    """End the household that was listed and put the new owner on file, all or nothing.

    Raises Conflict ``changed-meanwhile`` when the household or its cards are no longer those that
    were listed, RuleViolation, NotFound.
    """
    with writing(estate, caller) as turn:
        unit = turn.find(UnitRow, unit_id, "unit")
        if not repeated(turn, request.transfer_id, "transfer", request, about=unit_id):
            _carry_out(turn, unit, request)
        return _outcome(turn, request.transfer_id)


def _carry_out(turn: Turn, unit: UnitRow, request: TransferRequest) -> None:
    ends = request.rights_end or request.transferred_on
    if request.transferred_on > turn.today:
        raise RuleViolation("transfer-ahead", rule="IC-22")
    if ends < request.transferred_on:
        raise RuleViolation("ends-before-transfer", rule="IC-22a")
    going = [row for row in _current(turn, unit.id) if row.holder_class in _LEAVING]
    cards = live_cards_of(turn.session, [row.id for row in going])
    same_people = {row.id for row in going} == set(request.household)
    if not same_people or {card.number for card in cards} != set(request.cards):
        raise Conflict("changed-meanwhile", "the household is no longer the one that was listed")
    for row in going:
        last_day = ends if row.ends is None else min(row.ends, ends)
        end_on_file(turn, row, last_day, "", request.transfer_id)
    for agreement in agreements_of_unit(turn.session, [row.id for row in going]):
        agreement.ends = min(agreement.ends, ends)
    _start_afresh(turn, unit, request, cards, ends)


def _start_afresh(
    turn: Turn,
    unit: UnitRow,
    request: TransferRequest,
    cards: Sequence[CardRow],
    ends: date,
) -> None:
    owner = put_on_file(
        turn,
        Details(
            name=readable(request.name),
            holder_class=HolderClass.OWNER,
            unit_id=unit.id,
            phone=plain_phone(request.phone or ""),
            id_number=plain_id_number(request.id_number or ""),
            company=request.company,
        ),
        request.transfer_id,
    )
    turn.add(
        TransferRow(
            id=request.transfer_id,
            unit_id=unit.id,
            new_owner_id=owner.id,
            transferred_on=request.transferred_on,
            rights_end=ends,
            cards=[[card.number, card.holder_id] for card in cards],
            **turn.made(),
        )
    )
    found = (
        Change(field="transferred_on", old="", new=request.transferred_on.isoformat()),
        Change(field="ends", old="", new=ends.isoformat()),
    )
    turn.session.add(
        FileChangeRow(
            holder_id=None,
            unit_id=unit.id,
            act=FileAct.TRANSFERRED,
            changes=[asdict(each) for each in found],
            reason=request.name,
            request_id=request.transfer_id,
            **turn.made(),
        )
    )
    unit.version += 1
    turn.note("transfer", f"unit {unit.id}", f"rights end {ends}")
    turn.session.flush()


def _outcome(turn: Turn, transfer_id: str) -> Transferred:
    row = turn.find(TransferRow, transfer_id, "transfer")
    owner = turn.find(HolderRow, row.new_owner_id, "holder")
    numbers = [number for number, _ in row.cards]
    blocked = [
        number
        for number in numbers
        if turn.find(CardRow, number, "card").status is CardStatus.BLOCKED
    ]
    ended = [
        member.id
        for member in members_of(turn.session, row.unit_id)
        if member.holder_class in _LEAVING and member.ends is not None and member.id != owner.id
    ]
    return Transferred(
        new_owner=person_view(turn, owner),
        rights_end=row.rights_end,
        ended=tuple(ended),
        blocked=tuple(blocked),
    )


def _current(turn: Turn, unit_id: int) -> list[HolderRow]:
    members = members_of(turn.session, unit_id)
    return [row for row in members if is_current(row.ends, turn.today)]


def _ending_cards(turn: Turn, people: Sequence[HolderRow]) -> tuple[EndingCard, ...]:
    names = {row.id: row.name for row in people}
    cards = live_cards_of(turn.session, list(names))
    until: dict[tuple[int, RightKind], date] = {}
    for number, kind, after_last in door_and_parking(turn.session, [c.number for c in cards]):
        period = ValidityPeriod(first=date.min, after_last=after_last)
        until[number, kind] = period.last
    return tuple(
        EndingCard(
            number=card.number,
            holder_id=card.holder_id,
            holder_name=names[card.holder_id],
            door_until=until.get((card.number, RightKind.DOOR)),
            parking_until=until.get((card.number, RightKind.PARKING)),
        )
        for card in cards
    )
