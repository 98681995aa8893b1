"""The issue list as JSON text, written card by card.

The list of a large estate is long, and the first gate to ask waits while it is made: a model of
each card, checked and then written out, takes three times as long. What the text says is
`cardserver.wire_gates.SnapshotCard`, and every reader checks it against that.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from cardserver.db.listing import listed_cards, listed_rights, replaced_since
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.turn import Turn
from cardserver.services.views import secure_channel

Pending = Mapping[int, Mapping[RightKind, ValidityPeriod]]
"""By card number, the periods that are paid and not yet known to be on the card."""

_ONE_DAY: Final = timedelta(days=1)


def cards_text(turn: Turn, since: int, pending: Pending) -> str:
    """Every card that changed after a version of the list, as a JSON array."""
    return f"[{','.join(_cards(turn, since, pending))}]"


def _cards(turn: Turn, since: int, pending: Pending) -> Iterator[str]:
    listed, nothing = _listed(turn, since), _Listed()
    before: dict[int, list[str]] = {}
    for new, old in replaced_since(turn.connection, since):
        before.setdefault(new, []).append(str(old))
    for number, uid, status, key_version, channel, until, holder_class in listed_cards(
        turn.connection, since
    ):
        of_card = listed.get(number, nothing)
        yield (
            f'{{"uid":"{uid.hex()}","number":{number},"status":"{status.value}",'
            f'"sequences":{{{",".join(of_card.sequences)}}},'
            f'"pending":{_periods(pending[number]) if number in pending else "{}"},'
            f'"key_version":{key_version},"secure_channel":{_word(secure_channel(channel))},'
            f'"until":{_word(until)},"rights":{{{of_card.rights(holder_class)}}},'
            f'"space":{of_card.space},"before":[{",".join(before.get(number, ()))}]}}'
        )


@dataclass(slots=True)
class _Listed:
    """What is listed of one card's rights."""

    sequences: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    space: int = 0

    def rights(self, holder_class: HolderClass) -> str:
        """Its rights as the members of an object."""
        return ",".join(f'{kind}["{holder_class.value}",{line}]' for kind, line in self.lines)


def _listed(turn: Turn, since: int) -> dict[int, _Listed]:
    found: dict[int, _Listed] = {}
    rows = listed_rights(turn.connection, since)
    for number, kind, sequence, zones, first, after_last, space in rows:
        card = found.get(number)
        if card is None:
            card = found[number] = _Listed()
        name = f'"{kind.value}":'
        card.sequences.append(f"{name}{sequence}")
        card.lines.append((name, _line(zones, first, after_last)))
        card.space = space or card.space
    return found


@lru_cache(maxsize=4096)
def _line(zones: int, first: date, after_last: date) -> str:
    """What follows the holder's class; the rights of an estate have few different periods."""
    return f'{zones},"{first.isoformat()}","{(after_last - _ONE_DAY).isoformat()}"'


def _periods(periods: Mapping[RightKind, ValidityPeriod]) -> str:
    days = {
        kind.value: {"first": each.first.isoformat(), "last": each.last.isoformat()}
        for kind, each in periods.items()
    }
    return json.dumps(days, separators=(",", ":"))


def _word(what: object) -> str:
    return "null" if what is None else f'"{what}"'
