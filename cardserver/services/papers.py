"""What comes after a paper was issued: voided, found again, put in the box, still owed.

A paper is never altered: a wrong one is void, keeps its number and all its copies, and another
paper with another number stands for the same money (FEE-23). Only where the card was proved blank
again in the same visit does the money go back (FEE-38b).
"""

from sqlalchemy import Select, select

from cardserver.db.mapping import charges_from
from cardserver.db.paperbooks import (
    HANDED_OVER,
    PRINTED_UNHANDED,
    UNINVOICED,
    UNPRINTED,
    first_waiting,
    in_the_box,
    unnumbered,
)
from cardserver.db.tables import CardRow, DocumentRow, OperationRow, SaleRow
from cardserver.db.tables_charges import ChargeRow
from cardserver.db.tables_papers import (
    BoxEmptyingRow,
    BoxPaperRow,
    DocumentVoidRow,
    InvoiceHandingRow,
    UnnumberedPaperRow,
)
from cardserver.domain import ledger
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind, OperationState
from cardserver.domain.permits import Action
from cardserver.domain.receiptbook import VoidOutcome
from cardserver.domain.rights import CardStatus
from cardserver.domain.tariff import DOCUMENT_OF
from cardserver.services.accounts import book
from cardserver.services.documentcontents import content_of, content_of_charge
from cardserver.services.documents import check_valid, find_document
from cardserver.services.documentviews import view_of
from cardserver.services.errors import Conflict
from cardserver.services.numbering import number_for
from cardserver.services.owing import issue
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_documents import DocumentContent, DocumentView
from cardserver.wire_papers import (
    EmptyBoxRequest,
    OwedPapers,
    OwedTotals,
    PaperList,
    UnnumberedPaper,
    VoidPaperRequest,
    VoidView,
)

_FOUND_AT_ONCE = 50


# --- void ----------------------------------------------------------------------------------------


def void_paper(
    estate: Estate, caller: Caller, document_id: int, request: VoidPaperRequest
) -> VoidView:
    """Void a paper with all its copies; wrong paper, right money: a new one takes its place.

    After the customer's copy left the desk it needs to be back, or one of the heads (FEE-23a).
    The replacement is made anew from the settled operation, in the name that is on file now.

    Raises:
        Conflict: ``paper-void``, ``invoices-given`` where the slip was exchanged already.
        RuleViolation: ``no-receipt-book`` for the replacement; ``issue-not-undone`` where the
            money is to go back and no formatted card proves it.
        NotPermitted: ``void-given-paper``.
    """
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        if not repeated(turn, request.void_id, "void-paper", request, about=document_id):
            turn.check_clock()
            _void(turn, row, request)
        return _void_view(turn, row)


def _void(turn: Turn, row: DocumentRow, request: VoidPaperRequest) -> None:
    check_valid(turn.session, row)
    exchanged = select(InvoiceHandingRow.id).where(InvoiceHandingRow.document_id == row.id)
    if turn.session.scalar(exchanged) is not None:
        raise Conflict("invoices-given", "the slip was exchanged for invoices", rule="FEE-23")
    authorised_by = _authorised(turn, row, request)
    operation = None
    if row.operation_id is not None:
        operation = turn.find(OperationRow, row.operation_id, "operation")
    sale = turn.find(SaleRow, row.sale_id if operation is None else operation.sale_id, "sale")
    replacement = None
    if request.outcome is VoidOutcome.CANCELLED_ISSUE:
        _give_back(turn, row, operation, sale, request)
    else:
        replacement = _replacement(turn, row, operation, sale)
    turn.add(
        DocumentVoidRow(
            document_id=row.id,
            outcome=request.outcome,
            reason=request.reason,
            copies="all" if request.all_copies else "without-customer-copy",
            authorised_by=authorised_by,
            replaced_by=None if replacement is None else replacement.id,
            **turn.made(),
        )
    )
    turn.note("void-paper", f"{row.kind} {row.number}", f"{request.outcome} {request.reason}")


def _authorised(turn: Turn, row: DocumentRow, request: VoidPaperRequest) -> str:
    if request.all_copies:
        return turn.caller.authorised_by(Action.VOID_PAPER)
    if view_of(turn.session, row).handed != HANDED_OVER:
        raise RuleViolation("copies-missing", rule="FEE-23")
    return turn.caller.authorised_by(Action.VOID_GIVEN_PAPER)


def _replacement(
    turn: Turn, row: DocumentRow, operation: OperationRow | None, sale: SaleRow
) -> DocumentRow:
    number = number_for(turn, row.kind)
    if number is None:
        raise RuleViolation("no-receipt-book", rule="FEE-21")
    if operation is None:
        content = content_of_charge(turn, turn.find(ChargeRow, sale.id, "charge"), sale)
    else:
        content = content_of(turn, operation, sale, row.kind)
    before = DocumentContent.model_validate(row.content)
    # The money is what it was when it was settled; only what was written wrong may differ.
    kept = content.model_copy(
        update={
            "received_fen": before.received_fen,
            "change_fen": before.change_fen,
            "from_credit_fen": before.from_credit_fen,
            "kept_fen": before.kept_fen,
        }
    )
    return issue(
        turn,
        kind=row.kind,
        number=number,
        operation_id=row.operation_id,
        sale_id=row.sale_id,
        content=kept,
    ).row


def _give_back(
    turn: Turn,
    row: DocumentRow,
    operation: OperationRow | None,
    sale: SaleRow,
    request: VoidPaperRequest,
) -> None:
    """Cancelled in the same visit, the money is owed back.

    The card was read back blank, or the cashier takes a charge of her own back (FEE-36).
    """
    same_visit = row.local_date == turn.today and request.all_copies
    if not same_visit or not (operation is None or _undone(turn, operation)):
        raise RuleViolation("issue-not-undone", rule="FEE-38b")
    if operation is None:
        turn.caller.authorised_by(Action.FREE_AMOUNT)
    charges = [each for each in charges_from(sale.charges) if DOCUMENT_OF[each.item] is row.kind]
    book(turn, sale.id, ledger.unearned(charges))


def _undone(turn: Turn, operation: OperationRow) -> bool:
    """True when the card this operation made was settled as formatted since (IC-18)."""
    if operation.kind is not OperationKind.ISSUE:
        return False
    card = turn.find(CardRow, operation.card_number, "card")
    formatted = select(OperationRow.id).where(
        OperationRow.card_number == operation.card_number,
        OperationRow.kind == OperationKind.FORMAT,
        OperationRow.state == OperationState.SETTLED,
    )
    return card.status is CardStatus.RETURNED and turn.session.scalar(formatted) is not None


def _void_view(turn: Turn, row: DocumentRow) -> VoidView:
    void = turn.session.get_one(DocumentVoidRow, row.id)
    replacement = None
    if void.replaced_by is not None:
        replacement = view_of(turn.session, turn.find(DocumentRow, void.replaced_by, "document"))
    cancelled = void.outcome is VoidOutcome.CANCELLED_ISSUE
    view = view_of(turn.session, row)
    return VoidView(
        document=view,
        replacement=replacement,
        refund_fen=view.content.total_fen if cancelled else 0,
    )


# --- what is owed, and what can be found ---------------------------------------------------------


def papers_owed(
    turn: Turn,
    *,
    station: str | None = None,
    operator: str | None = None,
    limit: int | None = None,
) -> OwedPapers:
    """Payments without a paper, papers without hand-over, and invoices owed (FEE-32, PARK-07).

    A shift doesn't end while any but the invoices exist; those are gone through every day. With a
    `limit` the oldest of each list, and how many there are.
    """

    def listed(waiting: Select[int]) -> tuple[tuple[DocumentView, ...], int]:
        rows, total = first_waiting(
            turn.session, waiting, station=station, operator=operator, limit=limit
        )
        return tuple(view_of(turn.session, row) for row in rows), total

    printing, handing, invoices = map(listed, (UNPRINTED, PRINTED_UNHANDED, UNINVOICED))
    nameless = unnumbered(turn.session, station=station, operator=operator)
    return OwedPapers(
        not_printed=printing[0],
        not_handed=handing[0],
        unnumbered=tuple(map(unnumbered_view, nameless)),
        invoices=invoices[0],
        totals=OwedTotals(not_printed=printing[1], not_handed=handing[1], invoices=invoices[1]),
    )


def owed(
    estate: Estate,
    caller: Caller,
    *,
    station: str | None = None,
    operator: str | None = None,
    limit: int | None = None,
) -> OwedPapers:
    """What `papers_owed` finds, for a page."""
    with reading(estate, caller) as turn:
        return papers_owed(turn, station=station, operator=operator, limit=limit)


def unnumbered_view(row: UnnumberedPaperRow) -> UnnumberedPaper:
    """A paper owed without number."""
    return UnnumberedPaper(
        unnumbered_id=row.id,
        kind=row.kind,
        station=row.station,
        operator=row.operator,
        at=row.at,
        content=DocumentContent.model_validate(row.content),
    )


def find_papers(
    estate: Estate, caller: Caller, *, number: int | None = None, card_number: int | None = None
) -> PaperList:
    """Papers of a number, of a card, or the latest ones; void ones too, latest first."""
    statement = select(DocumentRow)
    if number is not None:
        statement = statement.where(DocumentRow.number == number)
    if card_number is not None:
        operations = select(OperationRow.id).where(OperationRow.card_number == card_number)
        statement = statement.where(DocumentRow.operation_id.in_(operations))
    with reading(estate, caller) as turn:
        rows = turn.session.scalars(statement.order_by(DocumentRow.id.desc()).limit(_FOUND_AT_ONCE))
        return PaperList(documents=tuple(view_of(turn.session, row) for row in rows))


# --- the collection box --------------------------------------------------------------------------


def box(estate: Estate, caller: Caller) -> PaperList:
    """Papers that lie in the box now, by number (FEE-05)."""
    with reading(estate, caller) as turn:
        return _box(turn)


def _box(turn: Turn) -> PaperList:
    rows = in_the_box(turn.session)
    return PaperList(documents=tuple(view_of(turn.session, row) for row in rows))


def empty_box(estate: Estate, caller: Caller, request: EmptyBoxRequest) -> PaperList:
    """The box is emptied against its list (FEE-05); what was not found stays on the list.

    Raises RuleViolation ``box-differs`` where a paper of the list was not found and no note says
    why; Conflict ``not-in-the-box`` for one that is not on the list.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.emptying_id, "empty-box", request):
            _empty(turn, request)
        return _box(turn)


def _empty(turn: Turn, request: EmptyBoxRequest) -> None:
    listed = {row.id: row for row in in_the_box(turn.session)}
    if not set(request.found) <= set(listed):
        raise Conflict("not-in-the-box", "a paper is not on the list of the box", rule="FEE-05")
    if not listed:
        raise RuleViolation("box-empty", rule="FEE-05")
    missing = set(listed) - set(request.found)
    if missing and not request.note:
        raise RuleViolation("box-differs", rule="FEE-05")
    emptying = turn.add(BoxEmptyingRow(note=request.note or "", **turn.made()))
    turn.session.add_all(
        BoxPaperRow(document_id=document_id, emptying_id=emptying.id)
        for document_id in sorted(set(request.found))
    )
    numbers = " ".join(str(listed[each].number) for each in sorted(set(request.found)))
    turn.note("empty-box", f"{len(listed) - len(missing)} of {len(listed)}", numbers)
