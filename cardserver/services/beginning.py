"""Opening an operation: everything is checked and committed before the first byte is written.

From here on the plan stands in the database with old and new bytes, so that whatever happens to
the card, the station or the server, a later read-back can say what was done.
"""

from cardserver.db.books import sale_account, sale_moved, sale_state
from cardserver.db.mapping import card_of, changes_json, period_json, rights_json
from cardserver.db.queries import (
    latest_on_chip,
    open_on_card,
    open_on_chip,
    operation_begun,
    rights_of,
)
from cardserver.db.tables import CardRow, HolderRow, OperationEventRow, OperationRow, SaleRow
from cardserver.domain.card import Card, check_blank, check_secure_channel
from cardserver.domain.denial import BEING_REPLACED
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ids import CardNumber
from cardserver.domain.operation import Keying, OperationKind, OperationState, SlotChange
from cardserver.domain.plan import ENDS, Plan, resealed
from cardserver.domain.rights import SLOT_OF, CardStatus, Slot
from cardserver.domain.sale import SaleState
from cardserver.services.errors import Conflict
from cardserver.services.keying import ON_BLANK, KeyPlan, begin_journal, key_plan
from cardserver.services.planning import Draft, check_draft_verified, draft
from cardserver.services.proving import use_application
from cardserver.services.registeracts import enter_blocked
from cardserver.services.replay import repeated
from cardserver.services.selling import check_may_use, request_of
from cardserver.services.tickets import ticket
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_operations import BeginRequest, Ticket
from cardserver.wire_requests import ExtendRequest, IssueRequest, ReplaceRequest

CARD_NUMBERS = "card-number"


def begin(estate: Estate, caller: Caller, request: BeginRequest) -> Ticket:
    """Open an operation on the card that lies on the reader.

    Raises:
        RuleViolation: a business rule forbids it (``format-first``, ``not-paid``, …).
        Conflict: ``card-busy`` when somebody works on the card, ``card-differs`` when it carries
            other bytes than the server believes, ``other-card``, ``sale-differs``,
            ``sale-closed``, ``operation-ended``.
        NotFound, NotPermitted, ClockSetBack, VaultError.
    """
    caller.check_may_operate(request.request.kind)
    with writing(estate, caller) as turn:
        if repeated(turn, request.operation_id, "begin", request):
            row = turn.find(OperationRow, request.operation_id, "operation")
            if row.state is not OperationState.OPEN:
                raise Conflict("operation-ended", f"the operation is {row.state}")
            return ticket(turn, row)
        turn.check_clock()
        return _open(turn, request)


def _open(turn: Turn, request: BeginRequest) -> Ticket:
    _check_free(open_on_chip(turn.session, request.uid))
    made = draft(turn, request.request)
    if made.card is not None:
        _check_free(open_on_card(turn.session, made.card.number))
    check_draft_verified(turn, made)
    _check_chip(turn, request, made)
    _check_paid(turn, request, made.plan)
    keys = key_plan(turn, request.request.kind, request.uid, made.card)
    plan = made.plan
    if made.card is not None and keys.keying is Keying.PERSONALISE and not _on_blank(request):
        plan = resealed(plan, made.card)
    row = _write(turn, request, made, plan, keys)
    operation_begun(turn.session, row.uid)
    sale_moved(turn.session, row.sale_id)
    at_once = request.keys_at_once and keys.keying is Keying.PERSONALISE and _on_blank(request)
    keying = begin_journal(turn, row.id, keys, at_once=at_once)
    asked = request.request
    if isinstance(asked, IssueRequest | ExtendRequest) or (
        isinstance(asked, ReplaceRequest) and asked.full_period
    ):
        use_application(turn, row.id, asked.verification_id)
    _record(turn, row, made.card)
    return ticket(turn, row, keying)


def _on_blank(request: BeginRequest) -> bool:
    return request.request.kind in ON_BLANK


def _check_free(other: OperationRow | None) -> None:
    """One open operation a card: the second clerk is told who was first."""
    if other is not None:
        who = other.operator or other.station
        raise Conflict("card-busy", f"{who} at {other.station} is working on this card")


def _check_chip(turn: Turn, request: BeginRequest, made: Draft) -> None:
    """Is it the right chip, and does it carry what the server believes?"""
    latest = _latest(turn, request.uid, made.card)
    check_secure_channel(None if latest is None else latest.secure_channel, request.secure_channel)
    if _on_blank(request):
        check_blank(latest)
    elif made.card is None or (made.card.uid, made.card.medium) != (request.uid, request.medium):
        raise Conflict("other-card", "another card lies on the reader")
    if request.request.kind is OperationKind.FORMAT:
        return  # whatever is on it is going to be erased
    believed = {} if made.card is None or _on_blank(request) else _believed(turn, made.card)
    if any(request.found_slots.get(slot, b"") != believed.get(slot, b"") for slot in Slot):
        raise Conflict("card-differs", "the card carries other bytes than it should")


def _latest(turn: Turn, uid: bytes, asked_about: Card | None) -> Card | None:
    """The last card made of a chip: mostly the very one that is asked about."""
    row = latest_on_chip(turn.session, uid)
    if row is None:
        return None
    if asked_about is not None and asked_about.number == row.number:
        return asked_about
    holder = turn.find(HolderRow, row.holder_id, "holder")
    return card_of(row, holder, rights_of(turn.session, row.number))


def _believed(turn: Turn, card: Card) -> dict[int, bytes]:
    return {SLOT_OF[row.kind]: row.sealed for row in rights_of(turn.session, card.number)}


def _check_paid(turn: Turn, request: BeginRequest, plan: Plan) -> None:
    """Money first (IC-09a, PARK-12a): the sale of this very request, paid in full."""
    if request.sale_id is None:
        if plan.total_fen:
            raise RuleViolation("not-paid", rule="IC-09a")
        return
    sale = turn.find(SaleRow, request.sale_id, "sale")
    check_may_use(turn.caller, sale)
    if sale_state(turn.session, sale.id) is not SaleState.OPEN:
        raise Conflict("sale-closed")
    if request_of(turn, sale) != request.request:
        raise Conflict("sale-differs", "the sale is for something else")
    if sale_account(turn.session, sale).missing_fen:
        raise RuleViolation("not-paid", rule="IC-09a")


def _write(
    turn: Turn, request: BeginRequest, made: Draft, plan: Plan, keys: KeyPlan
) -> OperationRow:
    if made.card is None or _on_blank(request):
        number = CardNumber(turn.count(CARD_NUMBERS))
    else:
        number = made.card.number
    recorded = None if made.card is None or _on_blank(request) else made.card.secure_channel
    return turn.insert(
        OperationRow,
        id=request.operation_id,
        kind=request.request.kind,
        state=OperationState.OPEN,
        uid=request.uid,
        medium=request.medium,
        card_kind=request.card_kind,
        card_number=number,
        subject_number=None if made.card is None else made.card.number,
        holder_id=made.holder.holder_id,
        sale_id=request.sale_id,
        request=request.request.model_dump(mode="json"),
        plan={
            "rights": rights_json(plan.after),
            "added": period_json(plan.added),
            "ends_with": next((note for note in plan.notes if note in ENDS), None),
        },
        changes=changes_json(
            _changes(turn, request, made, plan=plan, key_version=keys.version, number=number)
        ),
        keying=keys.keying,
        key_version=keys.version,
        previous_key_version=keys.previous,
        secure_channel=recorded or request.secure_channel,
        authorised_by=made.carried_by,
        **turn.made(),
    )


def _changes(
    turn: Turn,
    request: BeginRequest,
    made: Draft,
    *,
    plan: Plan,
    key_version: int,
    number: CardNumber,
) -> tuple[SlotChange, ...]:
    """Absolute bytes before and after, for every slot that changes."""
    after: dict[int, bytes] = {}
    for right in plan.after:
        unchanged = made.card is not None and made.card.rights.get(right.kind) == right
        if unchanged and not _on_blank(request):
            continue
        record = right.record(
            number=number, holder_class=made.holder.holder_class, key_version=key_version
        )
        after[SLOT_OF[right.kind]] = turn.estate.vault.seal_record(
            record, request.uid, request.medium
        )
    if request.request.kind is OperationKind.FORMAT:
        after = dict.fromkeys(Slot, b"")
    return tuple(
        SlotChange(slot=slot, old=request.found_slots.get(slot) or b"", new=new)
        for slot, new in sorted(after.items())
    )


def _record(turn: Turn, row: OperationRow, card: Card | None) -> None:
    opened = {"operation_id": row.id, "event": "opened", "reason": "", "evidence": None}
    turn.write(OperationEventRow, {**opened, **turn.made()})
    turn.note("begin", f"card {row.card_number}", f"{row.kind} {row.id}")
    if card is None:
        return
    subject = turn.find(CardRow, card.number, "card")
    if row.kind is OperationKind.REPLACE and subject.status is CardStatus.LIVE:
        # Blocked first: from now on no gate takes the old card, whatever becomes of the new one.
        subject.status, subject.status_reason = CardStatus.BLOCKED, BEING_REPLACED
        turn.note("block", f"card {subject.number}", BEING_REPLACED)
        enter_blocked(turn, subject, BEING_REPLACED)
    turn.changed(subject)
