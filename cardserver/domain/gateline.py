"""What fits on a line of a gate's journal: the limits that journal, wire and store share.

A line that one of them refused would stand before all that come after it, for ever. So a line is
made to fit before it is written, and still says what it said: what is cut ends with "…", and what
can't stand in its own place (the number of a strange chip, too long for a UID) stands in the text.
"""

import re
from functools import lru_cache
from typing import Final

from cardserver.domain.gateevent import GateEvent
from cardserver.domain.ids import MAX_CARD_NUMBER

LONGEST_NAME: Final = 60
"""Characters of a lane's id and of a person's name."""
LONGEST_REASON: Final = 30
LONGEST_DETAIL: Final = 400
LONGEST_UID: Final = 10
"""Bytes: ISO/IEC 14443-3 knows no longer UID."""
LOWEST_COUNTER: Final = -(2**31)
HIGHEST_COUNTER: Final = 2**31 - 1
HIGHEST_COUNT: Final = 2**63 - 1

_NOT_PLAIN: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters, which no store keeps."""
_CUT: Final = "…"


def fitting(event: GateEvent) -> GateEvent:
    """The line as it can be kept everywhere; the very same one where nothing is to be done."""
    number, counter = event.card_number, event.counter
    fits = (
        _words_fit(event.lane, event.reason, event.by, event.detail)
        and len(event.uid) <= LONGEST_UID
        and (number is None or 1 <= number <= MAX_CARD_NUMBER)
        and (counter is None or LOWEST_COUNTER <= counter <= HIGHEST_COUNTER)
        and 0 <= event.snapshot_version <= HIGHEST_COUNT
        and 0 <= event.about <= HIGHEST_COUNT
    )
    return event if fits else _made_to_fit(event)


@lru_cache(maxsize=256)
def _words_fit(lane: str, reason: str, by: str, detail: str) -> bool:
    """Remembered: most lines of a gate have one of few lanes, one of few reasons and no more."""
    return (
        len(lane) <= LONGEST_NAME
        and len(by) <= LONGEST_NAME
        and len(reason) <= LONGEST_REASON
        and len(detail) <= LONGEST_DETAIL
        and _NOT_PLAIN.search(lane + reason + by + detail) is None
    )


def _made_to_fit(event: GateEvent) -> GateEvent:
    number, counter, beside = event.card_number, event.counter, [event.detail]
    if number is not None and not 1 <= number <= MAX_CARD_NUMBER:
        number = None
        beside.append(f"card {event.card_number}")
    if counter is not None and not LOWEST_COUNTER <= counter <= HIGHEST_COUNTER:
        counter = None
        beside.append(f"counter {event.counter}")
    if len(event.uid) > LONGEST_UID:
        beside.append(f"uid {event.uid.hex()}")
    return event._replace(
        lane=_plain(event.lane, LONGEST_NAME),
        uid=b"" if len(event.uid) > LONGEST_UID else event.uid,
        card_number=number,
        counter=counter,
        reason=_plain(event.reason, LONGEST_REASON),
        by=_plain(event.by, LONGEST_NAME),
        detail=_plain("; ".join(each for each in beside if each), LONGEST_DETAIL),
        snapshot_version=_count(event.snapshot_version),
        about=_count(event.about),
    )


def _plain(text: str, longest: int) -> str:
    plain = _NOT_PLAIN.sub(" ", text)
    return plain if len(plain) <= longest else plain[: longest - len(_CUT)] + _CUT


def _count(number: int) -> int:
    return number if 0 <= number <= HIGHEST_COUNT else 0
