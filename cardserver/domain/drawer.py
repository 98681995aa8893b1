"""What moves money at a desk beside sales, each a balanced entry of the ledger.

``float:<station>`` is the change fund of the open shift, kept apart from ``cash:<station>``, the
takings; both lie in one drawer. ``bag:<shift>`` is what a closed shift has not handed in yet,
``box:<number>`` what lies in a kiosk's cash box that was taken out and not counted yet,
``safe`` what the cashier keeps, ``claim:<operator>`` what a person makes good (FEE-34),
``loan:<number>`` a loan (FEE-38), ``over-short`` counted too much (credit) or too little. A card's
credit is an account of `cardserver.domain.ledger`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import AmountInvalid
from cardserver.domain.ledger import CASH, Line, credit_account
from cardserver.domain.money import check_amount

FLOAT: Final = "float:"
BAG: Final = "bag:"
BOX: Final = "box:"
CLAIM: Final = "claim:"
LOAN: Final = "loan:"
SAFE: Final = "safe"
OVER_SHORT: Final = "over-short"


@unique
class DrawerKind(StrEnum):
    """Why money moved; each kind is numbered for itself, without holes."""

    FLOAT = "float"  # change fund put in at the opening
    DROP = "drop"  # to the cashier during the shift
    DIFFERENCE = "difference"  # counted otherwise than the books say
    CLOSING = "closing"  # drawer emptied at the close, or a kiosk's cash box taken out
    HAND_IN = "hand-in"  # a closed shift's takings, or what a cash box held, to the cashier
    LOAN = "loan"  # FEE-38: the one thing paid out beside change and refunds
    COUNTERFEIT = "counterfeit"  # FEE-34
    REPAYMENT = "repayment"  # …and what it took from a person is made good
    CREDIT_BACK = "credit-back"  # FEE-04a: a returned card's credit, as late change (FEE-38a)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawerEntry:
    """Lines that sum to zero, perhaps none. Raises AmountInvalid for anything else."""

    kind: DrawerKind
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if any(line.amount_fen == 0 for line in self.lines):
            raise AmountInvalid("a line needs an amount")
        if sum(line.amount_fen for line in self.lines) != 0:
            raise AmountInvalid("an entry sums to zero")


def _entry(kind: DrawerKind, moved: Iterable[tuple[str, int]]) -> DrawerEntry:
    lines = tuple(Line(account=name, amount_fen=fen) for name, fen in moved if fen)
    return DrawerEntry(kind=kind, lines=lines)


def _move(kind: DrawerKind, fen: int, *, debit: str, credit: str) -> DrawerEntry:
    check_amount(fen)
    return _entry(kind, ((debit, fen), (credit, -fen)))


def float_given(station: str, fen: int) -> DrawerEntry:
    """The change fund comes out of the safe."""
    return _move(DrawerKind.FLOAT, fen, debit=FLOAT + station, credit=SAFE)


def dropped(station: str, fen: int) -> DrawerEntry:
    """Takings go to the cashier while the shift goes on."""
    return _move(DrawerKind.DROP, fen, debit=SAFE, credit=CASH + station)


def difference_found(station: str, fen: int) -> DrawerEntry:
    """The drawer holds `fen` more than the books say, or less where it is negative."""
    return _entry(DrawerKind.DIFFERENCE, ((CASH + station, fen), (OVER_SHORT, -fen)))


def closed(station: str, shift: int, *, float_fen: int, takings_fen: int) -> DrawerEntry:
    """The drawer is emptied: the float back into the safe, the takings into the shift's bag.

    Where more was handed out than taken, the float has paid for it and comes back smaller.
    """
    bag = max(0, takings_fen)
    moved = (
        (BAG + str(shift), bag),
        (SAFE, float_fen + takings_fen - bag),
        (FLOAT + station, -float_fen),
        (CASH + station, -takings_fen),
    )
    return _entry(DrawerKind.CLOSING, moved)


def handed_in(shift: int, fen: int) -> DrawerEntry:
    """A closed shift's takings go to the cashier."""
    return _move(DrawerKind.HAND_IN, fen, debit=SAFE, credit=BAG + str(shift))


def box_taken(kiosk: str, box: int, fen: int) -> DrawerEntry:
    """A kiosk's cash box is taken out, with all that the kiosk took since the last one."""
    return _entry(DrawerKind.CLOSING, ((BOX + str(box), fen), (CASH + kiosk, -fen)))


def box_counted(box: int, *, expected_fen: int, counted_fen: int) -> DrawerEntry:
    """A cash box is opened and counted; a difference is kept apart."""
    moved = (
        (SAFE, counted_fen),
        (OVER_SHORT, expected_fen - counted_fen),
        (BOX + str(box), -expected_fen),
    )
    return _entry(DrawerKind.HAND_IN, moved)


def lent(station: str, number: int, fen: int) -> DrawerEntry:
    """A loan the head of the centre approved."""
    return _move(DrawerKind.LOAN, fen, debit=LOAN + str(number), credit=CASH + station)


def counterfeit(account: str, person: str, fen: int) -> DrawerEntry:
    """A worthless note is taken out of where it lay; who took it owes its value (FEE-34)."""
    return _move(DrawerKind.COUNTERFEIT, fen, debit=CLAIM + person, credit=account)


def repaid(person: str, fen: int) -> DrawerEntry:
    """Who took a worthless note makes its value good: the cashier keeps the cash (FEE-34)."""
    return _move(DrawerKind.REPAYMENT, fen, debit=SAFE, credit=CLAIM + person)


def credit_paid(station: str, card: int, fen: int) -> DrawerEntry:
    """A card came back: what we owe to it is paid out (FEE-04a, FEE-38a)."""
    return _move(DrawerKind.CREDIT_BACK, fen, debit=credit_account(card), credit=CASH + station)
