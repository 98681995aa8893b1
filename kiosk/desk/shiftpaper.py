"""From what the server says of a shift to its papers. Printed Chinese stays Chinese."""

from typing import Final

from cardserver.domain.shift import HoldKind
from cardserver.domain.verification import Paper
from cardserver.wire_cashmoves import MovementView
from cardserver.wire_shifts import Hold, PaperRange, ShiftReport, ZView
from cardserver.wire_spotchecks import SpotCheckView
from kiosk.station import printed
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.paper import Letterhead
from printer import shift_report
from printer.receipt import Receipt
from printer.shift_report import Account, Closing, Moved, Numbers

_SLIPS: Final = {
    "drop": ("现金上缴单", "出纳"),
    "hand-in": ("交班现金上缴单", "出纳"),
    "loan": ("借支单", "领款人"),
    "counterfeit": ("存疑钞票登记单", "收款责任人"),
    "repayment": ("赔偿收款单", "赔偿人"),
    "credit-back": (f"{printed.CREDIT}退付单", "领款人"),
}
_LETTERS: Final = {
    "drop": "SJ",
    "hand-in": "JB",
    "loan": "JZ",
    "counterfeit": "WX",
    "repayment": "PC",
    "credit-back": "YE",
}


def x_paper(head: Letterhead, report: ShiftReport) -> Receipt:
    """The shift so far."""
    return shift_report.x_report(head.company, _account(report))


def z_paper(head: Letterhead, z: ZView) -> Receipt:
    """The closed shift."""
    report = z.report
    closing = Closing(
        counted_fen=report.counted_fen or 0,
        counts=len(report.counts),
        difference_fen=report.difference_fen,
        comment=report.comment,
        books=report.books or 0,
        seals=report.seals or 0,
        books_on_file=report.books_on_file,
        seals_before=report.seals_before,
        left_open=_left_open(report.left_open),
        closed_by=report.closed_by,
        approved_by=report.approved_by,
        chained=z.hash.hex(),
    )
    return shift_report.z_report(head.company, z.number, _account(report), closing)


def slip(head: Letterhead, movement: MovementView) -> Receipt:
    """One movement, to be signed by both sides."""
    title, person = _SLIPS[movement.kind]
    return shift_report.movement_slip(
        company=head.company,
        title=title,
        number=movement_number(movement),
        at=movement.at.astimezone(ESTATE_ZONE),
        station=movement.station,
        operator=movement.operator,
        amount_fen=movement.amount_fen,
        person_label=person,
        person=movement.person,
        approved_by=movement.approved_by,
        reason=movement.reason,
    )


def movement_number(movement: MovementView) -> str:
    """A movement's number as people see it: ``JZ000003``."""
    return f"{_LETTERS.get(movement.kind, '')}{movement.number:06d}"


def spot_check_paper(head: Letterhead, check: SpotCheckView) -> Receipt:
    """The cashier's check."""
    return shift_report.spot_check(
        company=head.company,
        number=check.number,
        at=check.at.astimezone(ESTATE_ZONE),
        station=check.station,
        operator=check.operator,
        cashier=check.cashier,
        shift=check.shift_number,
        expected_fen=check.expected_fen,
        counted_fen=check.counted_fen,
        comment=check.comment,
        papers=_numbers(check.papers),
        books=[
            (f"{printed.BOOKS[book.kind]} {book.label}", book.used, book.void, book.blank)
            for book in check.books
        ],
    )


def _account(report: ShiftReport) -> Account:
    return Account(
        station=report.station,
        operator=report.operator,
        shift=report.shift_number,
        opened=report.opened_at.astimezone(ESTATE_ZONE),
        until=report.until.astimezone(ESTATE_ZONE),
        float_fen=report.float_fen,
        moved=[
            Moved(
                name=printed.MOVEMENTS.get(each.kind, each.kind),
                count=each.count,
                fen=each.amount_fen,
            )
            for each in report.movements
        ],
        earned=[
            (printed.ITEMS.get(each.item, each.item), each.amount_fen) for each in report.earned
        ],
        papers=_numbers(report.papers),
        expected_fen=report.expected_fen,
    )


def _numbers(papers: tuple[PaperRange, ...]) -> list[Numbers]:
    return [
        Numbers(
            name=printed.DOCUMENTS[each.kind],
            first=each.first,
            last=each.last,
            count=each.count,
            void=each.void,
        )
        for each in papers
    ]


def _left_open(holds: tuple[Hold, ...]) -> list[str]:
    return [f"{printed.LEFT_OPEN.get(each.kind, each.kind)} {_subject(each)}" for each in holds]


def _subject(hold: Hold) -> str:
    """A copy without a folder is called by the paper's name, all else by its number."""
    if hold.kind is HoldKind.FILING and hold.subject in set(Paper):
        return printed.PAPERS_SEEN[Paper(hold.subject)]
    return hold.subject
