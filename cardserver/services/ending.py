"""Ending an operation: settled or voided on evidence, or abandoned with the card on the deny list.

The server judges the evidence by itself; a station's word that "it worked" is worth nothing.
"""

from collections.abc import Sequence

from cardserver.db.books import given_up, in_suspense, sale_moved
from cardserver.db.mapping import changes_from, right_columns
from cardserver.db.queries import (
    end_operation,
    erase_rights,
    keying_steps,
    rights_of,
    rights_planned,
    rights_written,
)
from cardserver.db.spaces import card_replaced, is_collected
from cardserver.db.tables import CardRow, OperationEventRow, OperationRow, RightRow, SaleRow
from cardserver.domain.card import check_secure_channel
from cardserver.domain.operation import (
    OperationEvent,
    OperationKind,
    OperationState,
    SlotChange,
    Verdict,
    advance,
    judge,
)
from cardserver.domain.rights import SLOT_OF, CardStatus
from cardserver.services.documentviews import documents_of
from cardserver.services.errors import Conflict
from cardserver.services.keying import ON_BLANK
from cardserver.services.owing import owe_documents
from cardserver.services.parkingfile import file_parking
from cardserver.services.registeracts import enter_abandoned, enter_settled, enter_voided
from cardserver.services.saleviews import sale_view
from cardserver.services.selling import earn, give_up, suspend
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.services.views import card_view, operation_view
from cardserver.wire_documents import DocumentView
from cardserver.wire_operations import AbandonRequest, Evidence, Settled, Voided, VoidRequest

_SETTLED = "settled"


def settle(estate: Estate, caller: Caller, operation_id: str, evidence: Evidence) -> Settled:
    """End an operation whose card was read back as planned: card, money and paper in one commit.

    Settling twice gives the same answer, and no clock stands in its way: what the card says is
    so whatever the time. Raises Conflict ``other-card``, ``evidence-old``, ``evidence-between``,
    ``card-differs``; IllegalTransition for a voided operation.
    """
    with writing(estate, caller) as turn:
        row = _operation(turn, operation_id)
        _check_evidence(turn, row, evidence, Verdict.NEW)
        if row.state is OperationState.SETTLED:
            documents = documents_of(turn, row)
        else:
            documents = _settle(turn, row, evidence)
        return Settled(
            operation=operation_view(row),
            card=card_view(turn, turn.find(CardRow, row.card_number, "card")),
            documents=documents,
        )


def _settle(turn: Turn, row: OperationRow, evidence: Evidence) -> tuple[DocumentView, ...]:
    """Card, money, papers and register, in this order; the papers that are owed now."""
    documents: tuple[DocumentView, ...] = ()
    _end(turn, row, _SETTLED, evidence=evidence)
    _write_card(turn, row, evidence)
    _write_rights(turn, row)
    if row.sale_id is not None:
        sale = turn.find(SaleRow, row.sale_id, "sale")
        earn(turn, sale)
        documents = owe_documents(turn, row, sale)
    file_parking(turn, row)
    enter_settled(turn, row, [each.number for each in documents])
    return documents


def void(estate: Estate, caller: Caller, operation_id: str, request: VoidRequest) -> Voided:
    """End an operation whose card was read back unchanged; what was paid is owed back.

    Raises Conflict ``other-card``, ``evidence-new``, ``evidence-between``, ``card-differs``,
    ``keying-begun``; IllegalTransition for a settled operation.
    """
    with writing(estate, caller) as turn:
        row = _operation(turn, operation_id)
        _check_evidence(turn, row, request.evidence, Verdict.OLD)
        if row.state is not OperationState.VOIDED:
            if row.kind not in ON_BLANK and keying_steps(turn.session, row.id):
                raise Conflict("keying-begun", "the card's keys are being changed: finish that")
            _end(turn, row, "voided", reason=request.reason, evidence=request.evidence)
            if row.sale_id is not None and not (request.keep_sale or _stays(turn, row)):
                sale = turn.find(SaleRow, row.sale_id, "sale")
                give_up(turn, sale, request.reason)
            enter_voided(turn, row, request.reason, again=request.keep_sale)
            _touch_subject(turn, row)
        return _voided(turn, row)


def abandon(estate: Estate, caller: Caller, operation_id: str, request: AbandonRequest) -> Voided:
    """End an operation without evidence: the card is denied first, the money is 待核对.

    With `keep_sale` the money stays for another blank (IC-09a), where a blank was being made;
    a month that the bank collected stays for the card that replaces this one.
    """
    with writing(estate, caller) as turn:
        row = _operation(turn, operation_id)
        if row.state is not OperationState.VOIDED:
            _end(turn, row, "abandoned", reason=request.reason)
            _deny(turn, row, request.reason)
            keep = request.keep_sale and row.kind in ON_BLANK
            if row.sale_id is not None and not (keep or _stays(turn, row)):
                suspend(turn, turn.find(SaleRow, row.sale_id, "sale"), request.reason)
            enter_abandoned(turn, row, request.reason)
            _touch_subject(turn, row)
        return _voided(turn, row)


def _stays(turn: Turn, row: OperationRow) -> bool:
    """A month that the bank collected waits for its card again; it is not paid out (PARK-12b)."""
    return row.sale_id is not None and is_collected(turn.session, row.sale_id)


def _operation(turn: Turn, operation_id: str) -> OperationRow:
    row = turn.find(OperationRow, operation_id, "operation")
    turn.caller.check_may_operate(row.kind)
    return row


def _check_evidence(turn: Turn, row: OperationRow, evidence: Evidence, needed: Verdict) -> None:
    if evidence.uid != row.uid:
        raise Conflict("other-card", "that was read from another chip")
    changes = changes_from(row.changes)
    verdict = judge(changes, evidence.found)
    if verdict is Verdict.CONFLICT or not _others_untouched(turn, row, evidence, changes):
        raise Conflict("card-differs", "the card carries bytes nobody planned")
    if verdict is not needed:
        raise Conflict(f"evidence-{verdict}", f"the card proves {verdict}, not {needed}")
    check_secure_channel(row.secure_channel, evidence.secure_channel)


def _others_untouched(
    turn: Turn, row: OperationRow, evidence: Evidence, changes: Sequence[SlotChange]
) -> bool:
    """The other right on the same card must not have been harmed (PARK-04a)."""
    if row.state is not OperationState.OPEN or row.kind is OperationKind.FORMAT:
        return True
    planned = {change.slot for change in changes}
    on_card = () if row.kind in ON_BLANK else rights_of(turn.session, row.card_number)
    believed = {int(SLOT_OF[right.kind]): right.sealed for right in on_card}
    return all(
        data == believed.get(slot, b"")
        for slot, data in evidence.found.items()
        if slot not in planned
    )


def _end(
    turn: Turn,
    row: OperationRow,
    word: str,
    *,
    reason: str = "",
    evidence: Evidence | None = None,
) -> None:
    event = OperationEvent.SETTLE if word == _SETTLED else OperationEvent.VOID
    end_operation(turn.session, row, advance(row.state, event))
    sale_moved(turn.session, row.sale_id)
    found = None if evidence is None else evidence.model_dump(mode="json")
    line = {"operation_id": row.id, "event": word, "reason": reason, "evidence": found}
    turn.write(OperationEventRow, {**line, **turn.made()})
    turn.note(word, f"card {row.card_number}", f"{row.kind} {row.id} {reason}".strip())


def _write_card(turn: Turn, row: OperationRow, evidence: Evidence) -> None:
    """The issue list says from now on what the card says."""
    if row.kind in ON_BLANK:
        card = _new_card(turn, row, CardStatus.LIVE, "", evidence.secure_channel)
    else:
        card = turn.find(CardRow, row.card_number, "card")
        channel = evidence.secure_channel or row.secure_channel
        if (card.key_version, card.secure_channel) != (row.key_version, channel):
            card.key_version, card.secure_channel = row.key_version, channel
        turn.changed(card)
    if row.kind is OperationKind.REPLACE:
        _retire(turn, row)
    if row.kind is OperationKind.FORMAT:
        card.status, card.status_reason = CardStatus.RETURNED, "formatted"


def _new_card(
    turn: Turn,
    row: OperationRow,
    status: CardStatus,
    reason: str,
    secure_channel: str | None = None,
) -> CardRow:
    """A card of the blank chip; gates hear of it."""
    bought_on = turn.today
    if row.kind is OperationKind.REPLACE and row.sale_id is None and row.subject_number:
        # A free replacement starts no new month (IC-10a).
        bought_on = turn.find(CardRow, row.subject_number, "card").bought_on
    return turn.insert(
        CardRow,
        number=row.card_number,
        uid=row.uid,
        medium=row.medium,
        card_kind=row.card_kind,
        status=status,
        status_reason=reason,
        holder_id=row.holder_id,
        key_version=row.key_version,
        secure_channel=secure_channel or row.secure_channel,
        issued_at=turn.now,
        bought_on=bought_on,
        version=turn.version,
    )


def _retire(turn: Turn, row: OperationRow) -> None:
    old = turn.find(CardRow, row.subject_number, "card")
    old.status, old.status_reason = CardStatus.REPLACED, f"replaced by {row.card_number}"
    old.replaced_by = row.card_number
    card_replaced(turn.session, row.card_number)
    turn.changed(old)


def _write_rights(turn: Turn, row: OperationRow) -> None:
    sealed = {change.slot: change.new for change in changes_from(row.changes)}
    before = () if row.kind in ON_BLANK else rights_of(turn.session, row.card_number)
    kept = {right.kind: right.sealed for right in before}
    erase_rights(turn.session, before)
    after = [
        turn.insert(
            RightRow,
            **right_columns(
                row.card_number, right, sealed.get(SLOT_OF[right.kind], kept.get(right.kind, b""))
            ),
        )
        for right in rights_planned(turn.session, row)
    ]
    rights_written(turn.session, row.card_number, after)


def _deny(turn: Turn, row: OperationRow, reason: str) -> None:
    """Before the operation ends, no gate takes the card any more."""
    if row.kind in ON_BLANK:
        _new_card(turn, row, CardStatus.SCRAPPED, reason)
    else:
        card = turn.find(CardRow, row.card_number, "card")
        if row.kind is OperationKind.FORMAT:
            card.status = CardStatus.SCRAPPED
        elif card.status is CardStatus.LIVE:
            card.status = CardStatus.BLOCKED
        card.status_reason = reason
        turn.changed(card)


def _touch_subject(turn: Turn, row: OperationRow) -> None:
    if row.subject_number is not None:
        turn.changed(turn.find(CardRow, row.subject_number, "card"))


def _voided(turn: Turn, row: OperationRow) -> Voided:
    card = turn.session.get(CardRow, row.card_number)
    sale = None if row.sale_id is None else turn.find(SaleRow, row.sale_id, "sale")
    return Voided(
        operation=operation_view(row),
        card=None if card is None else card_view(turn, card),
        sale=None if sale is None else sale_view(turn, sale),
        refund_fen=0 if sale is None else given_up(turn.session, sale.id),
        suspended_fen=0 if sale is None else in_suspense(turn.session, sale.id),
    )
