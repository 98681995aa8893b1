"""Opening an operation: everything is checked and committed before the first byte is written.

From here on the plan stands in the database with old and new bytes, so that whatever happens to
the card, the station or the server, a later read-back can say what was done.
"""

from cardserver.db.books import operation_of_sale, sale_account, sale_state
from cardserver.db.mapping import (
    card_of,
    changes_json,
    charges_json,
    period_json,
    rights_json,
)
from cardserver.db.queries import (
    keying_steps,
    last_on_chip,
    latest_on_chip,
    open_on_card,
    open_on_chip,
    rights_of,
)
from cardserver.db.tables import (
    CardRow,
    HolderRow,
    KeyingStepRow,
    OperationEventRow,
    OperationRow,
    SaleRow,
)
from cardserver.domain.card import Card, check_blank, check_secure_channel
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ids import CardNumber
from cardserver.domain.operation import Keying, OperationKind, OperationState, SlotChange
from cardserver.domain.plan import Plan, resealed
from cardserver.domain.rights import SLOT_OF, CardStatus
from cardserver.domain.sale import SaleState
from cardserver.services.errors import Conflict
from cardserver.services.planning import Draft, check_draft_verified, draft
from cardserver.services.replay import repeated
from cardserver.services.tickets import ticket
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire import BeginRequest, Ticket

_ON_BLANK = frozenset({OperationKind.ISSUE, OperationKind.REPLACE})
CARD_NUMBERS = "card-number"


def begin(estate: Estate, caller: Caller, request: BeginRequest) -> Ticket:
    """Open an operation on the card that lies on the reader.

    Raises:
        RuleViolation: a business rule forbids it (``format-first``, ``not-paid``, …).
        Conflict: ``card-busy`` when somebody works on the card, ``card-differs`` when it carries
            other bytes than the server believes, ``sale-differs``, ``operation-ended``.
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
        return ticket(turn, _open(turn, request))


def _open(turn: Turn, request: BeginRequest) -> OperationRow:
    made = draft(turn, request.request)
    _check_free(turn, request.uid, made.card)
    check_draft_verified(turn, made)
    _check_card(turn, request, made)
    charges = _check_paid(turn, request, made.plan)
    planned = _keyed(turn, request, made)
    number = made.card.number if made.card and request.request.kind not in _ON_BLANK else None
    if number is None:
        number = CardNumber(turn.count(CARD_NUMBERS))
    changes = _changes(turn, request, made, planned, number)
    row = turn.add(
        OperationRow(
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
                "rights": rights_json(planned.plan.after),
                "added": period_json(made.plan.added),
                "charges": charges,
            },
            changes=changes_json(changes),
            keying=planned.keying,
            key_version=planned.version,
            previous_key_version=planned.previous,
            secure_channel=_channel(request, made.card),
            **turn.made(),
        )
    )
    _inherit_keying(turn, row, planned.inherits)
    _record_opening(turn, row, made)
    return row
