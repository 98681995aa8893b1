"""What the till had begun and not ended when the kiosk stopped, as its journal tells it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from cardserver.domain.sale import TenderState
from kiosk.selfservice.journal import Entry, Line
from kiosk.selfservice.notes import Note


class GivenUp(NamedTuple):
    """A sale that shall end, under which id, and why."""

    sale_id: str
    cancel_id: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Unfinished:
    """`note` was on its way into the acceptor `whose`, which had `stacked` so many before it.

    Of the ends of notes (`untold`) and of sales (`given_up`) the server has not heard.
    """

    note: Note | None = None
    stacked: int | None = None
    whose: str = ""
    untold: deque[tuple[Note, TenderState]] = field(default_factory=deque)
    given_up: deque[GivenUp] = field(default_factory=deque)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Self:
        """What these entries leave unfinished, oldest entry first."""
        left = cls()
        for line in lines:
            left.take(line)
        return left

    def take(self, line: Line) -> None:
        """One entry more."""
        body = line.body
        match line.kind:
            case Entry.ANNOUNCED:
                stacked = body["stacked"]
                self.note = Note.of(body)
                self.stacked = None if stacked is None else int(stacked)
                self.whose = str(body.get("acceptor", ""))
            case Entry.ENDED:
                self.note = None
                self.untold.append((Note.of(body), TenderState(str(body["state"]))))
            case Entry.REFUSED:
                self.note = None
            case Entry.TOLD | Entry.DISPUTED:
                self._told(str(body["tender_id"]))
            case Entry.GIVEN_UP:
                words = (body["sale_id"], body["cancel_id"], body["reason"])
                self.given_up.append(GivenUp(*map(str, words)))
            case Entry.ENDED_SALE:
                ended = body["cancel_id"]
                self.given_up = deque(each for each in self.given_up if each.cancel_id != ended)
            case Entry.REST | Entry.BOX_TAKEN | Entry.BOX_TOLD:
                pass

    def _told(self, tender_id: str) -> None:
        if self.note is not None and self.note.tender_id == tender_id:
            self.note = None
        self.untold = deque(each for each in self.untold if each[0].tender_id != tender_id)
