"""What a guard checks beside the cards: goods against their slip, building material carried in.

A slip (《物资搬运放行条》) is checked against the goods, taken back and used up once (GATE-04,
GOODS-05). Material is seen and reported; nothing is kept from anybody (GATE-06a).
"""

from typing import Final

from cardserver.domain.gateevent import EventKind, GateEvent

LONGEST_SLIP: Final = 40
LONGEST_UNIT: Final = 40
CHECKED: Final = frozenset({EventKind.GOODS, EventKind.GOODS_DIFFER, EventKind.MATERIAL})
"""Lines of a guard's checks; each says in its text what it is about, and then what was seen."""


def about(subject: str, seen: str) -> str:
    """The text of such a line: a slip's number or a unit, and what was seen."""
    return f"{subject}：{seen}" if seen else subject


def subject_of(line: GateEvent) -> str:
    """The slip's number or the unit that a line is about."""
    return line.detail.partition("：")[0]


def subject_typed(typed: str, longest: int) -> str:
    """A slip's number or a unit as typed: one word without the mark that ends it in a line."""
    plain = "".join(each for each in typed if each.isprintable() and each not in "：:")
    return "".join(plain.split())[:longest]
