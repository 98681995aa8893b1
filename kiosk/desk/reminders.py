"""The page of reminders: what is about to end, what is owed, what is not signed or filed (IC-12c).

Each list is asked for by itself: one that is not for who is signed in leaves the others there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, render_template

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.rights import HolderClass
from cardserver.wire_documents import DocumentView
from cardserver.wire_register import RowQuery
from kiosk.desk.counter import Counter
from kiosk.station.clock import local_date
from kiosk.station.problems import problem_of

_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that waits: whose it is, since or until which day, and its number or paper.

    `paper` names the kind of a copy that waits to be filed.
    """

    name: str
    unit: str
    day: date
    holder_id: int | None = None
    holder_class: HolderClass | None = None
    card_number: int | None = None
    number: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One list of the page; `problem` says why it could not be had."""

    word: str
    rows: tuple[Row, ...] = ()
    total: int = 0
    problem: str = ""


def reminder_pages(counter: Counter) -> Blueprint:
    """The blueprint of ``/reminders``."""
    pages = Blueprint("reminders", __name__, url_prefix="/reminders", template_folder="templates")

    @pages.get("/")
    def page() -> str:
        return render_template("desk/reminders/page.html", lists=tuple(lists(counter.server)))

    return pages


def lists(server: CardServerClient) -> Iterator[Waiting]:
    """Every list, in the order of the page."""
    yield from _ending(server)
    yield _asked("unsigned", lambda: _unsigned(server))
    yield from _papers(server)
    yield _asked("unfiled", lambda: _unfiled(server))


def _ending(server: CardServerClient) -> Iterator[Waiting]:
    try:
        found = server.review.reminders(_SHOWN).lists
    except ServerError as error:
        yield Waiting(word="ending", problem=problem_of(error))
        return
    for each in found:
        rows = (
            Row(
                name=row.name,
                unit=row.unit,
                day=row.day,
                holder_id=row.holder_id,
                holder_class=row.holder_class,
                card_number=row.card_number,
            )
            for row in each.rows
        )
        yield Waiting(word=each.word, rows=tuple(rows), total=each.total)


def _asked(word: str, ask: Callable[[], tuple[Iterable[Row], int]]) -> Waiting:
    try:
        rows, total = ask()
    except ServerError as error:
        return Waiting(word=word, problem=problem_of(error))
    return Waiting(word=word, rows=tuple(rows), total=total)


def _unsigned(server: CardServerClient) -> tuple[Iterable[Row], int]:
    found = server.register.rows(RowQuery(open_only=True, limit=_SHOWN)).rows
    rows = (
        Row(
            name=row.holder_name,
            unit=row.unit,
            day=row.local_date,
            holder_id=row.holder_id,
            holder_class=row.holder_class,
            card_number=row.card_number,
            number=str(row.number),
        )
        for row in found
    )
    return rows, server.register.open_rows().total


def _papers(server: CardServerClient) -> Iterator[Waiting]:
    """Papers that have not come out, and those whose invoices were not handed over."""
    try:
        found = server.papers.owed(limit=_SHOWN)
    except ServerError as error:
        yield Waiting(word="papers", problem=problem_of(error))
        return
    for word, papers, total in (
        ("papers", found.not_printed, found.totals.not_printed),
        ("invoices", found.invoices, found.totals.invoices),
    ):
        yield Waiting(word=word, rows=tuple(map(_paper, papers)), total=total)


def _paper(paper: DocumentView) -> Row:
    content = paper.content
    return Row(
        name=content.holder_name,
        unit=content.unit,
        day=paper.local_date,
        card_number=content.card_number,
        number=f"{paper.number:08}",
    )


def _unfiled(server: CardServerClient) -> tuple[Iterable[Row], int]:
    found = server.people.unfiled(_SHOWN)
    rows = (
        Row(
            name=copy.holder_name,
            unit=copy.unit,
            day=local_date(copy.at),
            holder_id=copy.holder_id,
            paper=copy.paper,
        )
        for copy in found.copies
    )
    return rows, found.total
