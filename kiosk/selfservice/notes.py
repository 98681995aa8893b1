"""A banknote that the server was told of, and how its end is found where nobody heard it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from cardserver.domain.sale import TenderKind, TenderState
from cardserver.wire_sales import TenderRequest
from drivers.api.acceptors import AcceptorInfo, BillEvent, BillEventKind

_CAME_BACK: Final = frozenset({BillEventKind.RETURNED, BillEventKind.RETURNED_AT_POWER_UP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note that was announced; value in fen."""

    sale_id: str
    tender_id: str
    value_fen: int

    @classmethod
    def of(cls, body: Mapping[str, str | int | None]) -> Self:
        """The note of a journal's entry."""
        return cls(
            sale_id=str(body["sale_id"]),
            tender_id=str(body["tender_id"]),
            value_fen=int(body["value_fen"] or 0),
        )

    def body(self) -> dict[str, str | int | None]:
        """What the journal keeps of it."""
        return {
            "sale_id": self.sale_id,
            "tender_id": self.tender_id,
            "value_fen": self.value_fen,
        }

    def tender(self, state: TenderState, *, keep_rest: bool = False) -> TenderRequest:
        """What the server is told of it."""
        return TenderRequest(
            tender_id=self.tender_id,
            kind=TenderKind.CASH_NOTE,
            value_fen=self.value_fen,
            state=state,
            checked=True,  # the acceptor checks every note (FEE-03a)
            keep_rest=keep_rest,
        )


def found(before: int | None, info: AcceptorInfo, events: Sequence[BillEvent]) -> TenderState:
    """What became of a note whose credit nobody has heard, by the count of stacked notes.

    An acceptor that does not count is believed when it gave a note back, if it would have told of
    a credit: another one may have told it to a program that died, and give back another note.
    """
    if before is None or info.stacked_count is None:
        came_back = any(event.kind in _CAME_BACK for event in events)
        sure = came_back and info.repeats_credit
        return TenderState.RETURNED if sure else TenderState.UNKNOWN
    ends = {0: TenderState.RETURNED, 1: TenderState.CREDITED}
    return ends.get((info.stacked_count - before) % 2**32, TenderState.UNKNOWN)
