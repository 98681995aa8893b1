"""What to say to a payer whose banknote came back: one word for each reason there is.

The words stand under ``[sorry]`` in the translations. Each names a way on.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from drivers.api.acceptors import BillEvent, BillEventKind, RejectReason

NOT_WANTED: Final = "note-not-wanted"
"""Also for a note that the machine knows and we gave back, because it is more than is missing."""

_WORDS: Final[Mapping[RejectReason, str]] = {
    RejectReason.UNTOLD: "note-untold",
    RejectReason.NOT_RECOGNISED: "note-not-recognised",
    RejectReason.NOT_WANTED: NOT_WANTED,
    RejectReason.LAID_CROOKED: "note-laid-crooked",
    RejectReason.PULLED_BACK: "note-pulled-back",
    RejectReason.SEVERAL_AT_ONCE: "note-several-at-once",
}
_A_NEW_NOTE: Final = frozenset({BillEventKind.READING, BillEventKind.ESCROW})


def hint_after(hint: str, events: Sequence[BillEvent]) -> str:
    """The word to show after these events: the last rejection's; none while a new note goes in."""
    for event in events:
        if event.kind is BillEventKind.REJECTED:
            hint = _WORDS[event.reason]
        elif event.kind in _A_NEW_NOTE:
            hint = ""
    return hint
