"""The bank's collection lists (PARK-10a): looked at line by line, then confirmed as a whole.

A collected month is paid money that waits for its card: it is booked when the list is confirmed,
gates honour it at once, and it is written when the card next lies on a desk or a kiosk.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from sqlalchemy import select

from cardserver.db.mapping import charges_json, right_of
from cardserver.db.spaces import booked_month, carrying, failed_lines, waiting_lines
from cardserver.db.tables import AgreementRow, CardRow, HolderRow, RightRow, SaleRow
from cardserver.db.tables_parking import BankLineRow, BankListRow
from cardserver.domain import ledger
from cardserver.domain.bankcollection import LineFate, check_month, collected_term
from cardserver.domain.bankfile import bank_rows
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import mask_phone
from cardserver.domain.parking import Gap
from cardserver.domain.permits import Action
from cardserver.domain.tariff import parking_charges
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.accounts import book
from cardserver.services.pricing import shown_fee
from cardserver.services.replay import repeated
from cardserver.services.tablefiles import read_table
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_parking import (
    BankFile,
    BankLine,
    BankLines,
    BankLineView,
    BankListRequest,
    BankListView,
    ReminderList,
    ReminderView,
)
from cardserver.wire_requests import TopUpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A line and what it comes to: whose card gets which days, and how the top-up is asked for."""

    line: BankLine
    fate: LineFate
    agreement: AgreementRow | None = None
    card: CardRow | None = None
    period: ValidityPeriod | None = None
    follows: bool = False


def read_file(file: BankFile) -> BankLines:
    """What a bank's file says, row by row; nothing is kept of it.

    Raises RuleViolation ``bank-columns``, ``list-empty``, ``list-too-long``, and as `read_table`.
    """
    rows = bank_rows(read_table(file.data, file.name))
    return BankLines(
        lines=tuple(
            BankLine(
                agreement_number=row.number,
                amount_fen=row.amount_fen,
                collected=row.collected,
                note=row.note,
                flaw=row.flaw,
            )
            for row in rows
        )
    )


def preview(estate: Estate, caller: Caller, request: BankListRequest) -> BankListView:
    """What each line would do, as of now.

    Raises RuleViolation ``month-unclear``, ``month-to-come``, ``list-empty``.
    """
    with reading(estate, caller) as turn:
        return _view(turn, request.month, _judge(turn, request), confirmed=False)


def confirm(estate: Estate, caller: Caller, request: BankListRequest) -> BankListView:
    """Take a list over, all of it in one commit: money booked, cards extended, failures noted.

    Lines that do nothing are kept as they were read. Raises as `preview`, and NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "bank-list", request):
            caller.authorised_by(Action.EDIT_AGREEMENTS)
            turn.check_clock()
            _take_over(turn, request)
        return _kept_view(turn, request.request_id)


def reminders(estate: Estate, caller: Caller) -> ReminderList:
    """Failed collections not made good: whom to remind, and until when the right is kept."""
    with reading(estate, caller) as turn:
        return ReminderList(reminders=tuple(_reminders(turn)))


# --- what a line comes to ------------------------------------------------------------------------


def _judge(turn: Turn, request: BankListRequest) -> list[Judged]:
    check_month(request.month, turn.today)
    if not request.lines:
        raise RuleViolation("list-empty", rule="PARK-10a")
    seen: Counter[str] = Counter()
    judged = []
    for line in request.lines:
        again = line.collected and seen[line.agreement_number] > 0
        found = _judge_line(turn, line, request.month)
        if again and found.fate is LineFate.EXTENDS:
            found = Judged(line=line, fate=LineFate.REPEATED, agreement=found.agreement)
        seen[line.agreement_number] += found.fate is LineFate.EXTENDS
        judged.append(found)
    return judged


def _judge_line(turn: Turn, line: BankLine, month: str) -> Judged:
    if line.flaw is not None:
        return Judged(line=line, fate=LineFate.UNREADABLE)
    statement = select(AgreementRow).where(AgreementRow.number == line.agreement_number)
    agreement = turn.session.scalars(statement).first()
    if agreement is None:
        return Judged(line=line, fate=LineFate.UNKNOWN)
    if not agreement.bank_collected:
        return Judged(line=line, fate=LineFate.NOT_BANK, agreement=agreement)
    return _judge_card(turn, line, agreement, month)


def _judge_card(turn: Turn, line: BankLine, agreement: AgreementRow, month: str) -> Judged:
    if booked_month(turn.session, agreement.id, month):
        return Judged(line=line, fate=LineFate.REPEATED, agreement=agreement)
    found = carrying(turn.session, agreement.id)
    if found is None:
        return Judged(line=line, fate=LineFate.NO_CARD, agreement=agreement)
    if not line.collected:
        return Judged(line=line, fate=LineFate.REMINDS, agreement=agreement, card=found[0])
    if line.amount_fen != shown_fee(turn, agreement):
        return Judged(line=line, fate=LineFate.OTHER_AMOUNT, agreement=agreement, card=found[0])
    return _extension(turn, line, agreement, *found)


def _extension(
    turn: Turn, line: BankLine, agreement: AgreementRow, card: CardRow, right: RightRow
) -> Judged:
    """A month after the right's end, or after what is collected already and waits for the card."""
    term = right_of(right).term
    follows = True
    for _ in (*waiting_lines(turn.session, agreement.id), line):
        term, follows = collected_term(term, turn.today)
    if term.period.last > agreement.ends:
        return Judged(line=line, fate=LineFate.ENDED, agreement=agreement, card=card)
    return Judged(
        line=line,
        fate=LineFate.EXTENDS,
        agreement=agreement,
        card=card,
        period=term.period,
        follows=follows,
    )


# --- taking over ---------------------------------------------------------------------------------


def _take_over(turn: Turn, request: BankListRequest) -> None:
    judged = _judge(turn, request)
    turn.add(
        BankListRow(
            id=request.request_id, month=request.month, source=request.source, **turn.made()
        )
    )
    for number, each in enumerate(judged, 1):
        sale_id = _book(turn, each) if each.fate is LineFate.EXTENDS else None
        turn.add(_row(request, number, each, sale_id))
        if each.card is not None:
            turn.changed(each.card)  # gates learn of the month, or of the days that are kept
    extended = sum(each.fate is LineFate.EXTENDS for each in judged)
    turn.note("bank-list", request.month, f"{len(judged)} lines, {extended} extended")


def _book(turn: Turn, each: Judged) -> str | None:
    """The month as a paid sale that waits for its card."""
    if each.agreement is None or each.card is None:
        return None
    request = TopUpRequest(
        card_number=each.card.number, months=1, gap=Gap.COLLECTED if each.follows else None
    )
    sale = turn.add(
        SaleRow(
            id=str(uuid4()),
            holder_id=each.card.holder_id,
            card_number=each.card.number,
            request=request.model_dump(mode="json"),
            charges=charges_json(parking_charges(each.line.amount_fen, 1)),
            due_fen=each.line.amount_fen,
            **turn.made(),
        )
    )
    book(turn, sale.id, ledger.collected(sale.id, each.line.amount_fen))
    return sale.id


def _row(request: BankListRequest, number: int, each: Judged, sale_id: str | None) -> BankLineRow:
    agreement, period = each.agreement, each.period
    booked = None
    if sale_id is not None and agreement is not None:
        booked = f"{agreement.id}:{request.month}"
    return BankLineRow(
        list_id=request.request_id,
        line=number,
        agreement_number=each.line.agreement_number,
        amount_fen=each.line.amount_fen,
        collected=each.line.collected,
        note=each.line.note,
        fate=each.fate,
        agreement_id=None if agreement is None else agreement.id,
        card_number=None if each.card is None else each.card.number,
        sale_id=sale_id,
        first=None if period is None else period.first,
        after_last=None if period is None else period.after_last,
        booked=booked,
    )


# --- what is shown -------------------------------------------------------------------------------


def _view(turn: Turn, month: str, judged: Sequence[Judged], *, confirmed: bool) -> BankListView:
    lines = tuple(
        _line_view(
            number,
            each.line,
            each.fate,
            name=_name(turn, each.agreement),
            card_number=None if each.card is None else each.card.number,
            until=None if each.period is None else each.period.last,
        )
        for number, each in enumerate(judged, 1)
    )
    return BankListView(month=month, confirmed=confirmed, lines=lines)


def _kept_view(turn: Turn, list_id: str) -> BankListView:
    kept = turn.find(BankListRow, list_id, "bank-list")
    statement = select(BankLineRow).where(BankLineRow.list_id == list_id)
    rows = turn.session.scalars(statement.order_by(BankLineRow.line))
    return BankListView(
        month=kept.month,
        confirmed=True,
        lines=tuple(
            _line_view(
                row.line,
                BankLine(
                    agreement_number=row.agreement_number,
                    amount_fen=row.amount_fen,
                    collected=row.collected,
                    note=row.note,
                ),
                row.fate,
                name=_name(turn, turn.session.get(AgreementRow, row.agreement_id or 0)),
                card_number=row.card_number,
                until=_until(row),
            )
            for row in rows
        ),
    )


def _until(row: BankLineRow) -> date | None:
    if row.first is None or row.after_last is None:
        return None
    return ValidityPeriod(first=row.first, after_last=row.after_last).last


def _name(turn: Turn, agreement: AgreementRow | None) -> str:
    if agreement is None:
        return ""
    return turn.find(HolderRow, agreement.holder_id, "holder").name


def _line_view(
    number: int,
    line: BankLine,
    fate: LineFate,
    *,
    name: str,
    card_number: int | None,
    until: date | None,
) -> BankLineView:
    return BankLineView(
        line=number,
        agreement_number=line.agreement_number,
        amount_fen=line.amount_fen,
        collected=line.collected,
        note=line.note,
        flaw=line.flaw,
        fate=fate,
        holder_name=name,
        card_number=card_number,
        until=until,
    )


def _reminders(turn: Turn) -> list[ReminderView]:
    found = []
    for each in failed_lines(turn.session):
        agreement = turn.find(AgreementRow, each.line.agreement_id, "agreement")
        holder = turn.find(HolderRow, agreement.holder_id, "holder")
        found.append(
            ReminderView(
                month=each.month,
                agreement_number=agreement.number,
                holder_id=holder.id,
                holder_name=holder.name,
                phone=mask_phone(holder.phone),
                note=each.line.note,
                kept_until=each.month_end,
            )
        )
    return found
