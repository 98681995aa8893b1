"""A sale: what is owed for one operation, what was paid for it, what goes back.

Money is taken before a card is written and given back or kept in suspense when the writing ends
otherwise (IC-09a, PARK-12a, FEE-04, FEE-38b).
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import IllegalTransition, RuleViolation
from cardserver.domain.station import StationKind

CHECKED_ABOVE_FEN: Final = 5000
"""FEE-03: notes of a face value above 50 yuan go through the note checker."""

CHARGE: Final = "charge"
"""What is asked for by a sale without a card: a charge the cashier entered (FEE-36)."""


@unique
class TenderKind(StrEnum):
    """Way of paying."""

    CASH_DESK = "cash-desk"  # counted by a clerk
    CASH_NOTE = "cash-note"  # one banknote in the kiosk's acceptor
    QR = "qr"  # a code on the kiosk's screen: what becomes of it only the provider says
    CREDIT = "credit"  # what we owed to the card; booked with the sale, by nobody's word


@unique
class TenderState(StrEnum):
    """What is known about one payment. Only CREDITED is money of ours."""

    ACCEPTING = "accepting"  # committed before the acceptor or the provider is told of it
    CREDITED = "credited"
    RETURNED = "returned"  # out of escrow again, or the order was closed unpaid: never ours
    UNKNOWN = "unknown"  # 待核对: nobody can say where the money is


_STEPS: Final = {
    None: frozenset({TenderState.ACCEPTING, TenderState.CREDITED}),
    TenderState.ACCEPTING: frozenset(
        {TenderState.CREDITED, TenderState.RETURNED, TenderState.UNKNOWN}
    ),
    TenderState.UNKNOWN: frozenset({TenderState.CREDITED, TenderState.RETURNED}),
}


_LATE: Final = (TenderState.RETURNED, TenderState.CREDITED)
"""A provider may say that an order was paid after all. Such money is never ignored."""


def check_tender_step(
    before: TenderState | None,
    after: TenderState,
    kind: TenderKind = TenderKind.CASH_NOTE,
) -> None:
    """Raise IllegalTransition unless a payment in state `before` may become `after`."""
    if kind is TenderKind.QR and (before, after) == _LATE:
        return
    if after not in _STEPS.get(before, frozenset()):
        raise IllegalTransition(before or "new", after)


BY_ITSELF: Final = frozenset({TenderKind.QR, TenderKind.CREDIT})
"""Ways of paying that no station's word makes money."""

_TAKEN_AT: Final = {
    TenderKind.CASH_DESK: StationKind.DESK,
    TenderKind.CASH_NOTE: StationKind.KIOSK,
}


def check_taken_at(kind: TenderKind, station: StationKind) -> None:
    """Raise RuleViolation ``taken-elsewhere`` unless a station of this kind takes such money.

    Cash of a desk is in a clerk's drawer, inside a shift (FEE-33); a banknote of an acceptor in the
    kiosk's box, counted when it is emptied.
    """
    if _TAKEN_AT.get(kind) is not station:
        raise RuleViolation("taken-elsewhere", rule="FEE-33")


def rest_of(value_fen: int, missing_fen: int, *, keep: bool) -> int:
    """What of a banknote is beyond what is missing, to be kept as the card's credit (FEE-04a).

    There is no change at a kiosk. `keep`: the payer has agreed to it; it is less than this one
    note, since a note goes in only while something is missing.
    Raises RuleViolation ``nothing-missing``, ``more-than-missing`` without that agreement.
    """
    if missing_fen <= 0:
        raise RuleViolation("nothing-missing", rule="FEE-04")
    rest = max(0, value_fen - missing_fen)
    if rest and not keep:
        raise RuleViolation("more-than-missing", rule="FEE-04")
    return rest


def check_note(value_fen: int, *, checked: bool, above_fen: int = CHECKED_ABOVE_FEN) -> None:
    """FEE-03: money that may hold a note above the threshold counts only when it was checked."""
    if value_fen > above_fen and not checked:
        raise RuleViolation("note-not-checked", rule="FEE-03")


@unique
class SaleState(StrEnum):
    """Where a sale stands. Derived, never set by hand."""

    OPEN = "open"  # being paid, or paid and not yet used
    IN_USE = "in-use"  # its operation is open
    SETTLED = "settled"
    CANCELLED = "cancelled"  # given up before any card was touched, or voided on evidence
    SUSPENDED = "suspended"  # 待核对: the card may or may not carry what was paid


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleAccount:
    """The money of one sale in fen.

    `held_fen` is what we hold for it right now, `payable_fen` what must be handed back because
    it came to nothing, `refunding_fen` what is on its way back through a payment provider (and
    counts as returned from the moment that was decided). `from_credit_fen` is what of the credited
    money the card's credit paid and did not get back; `kept_fen` what beyond the price became its
    credit, and `keeps_fen` what of that is agreed and will be with the end of the sale (FEE-04a).
    """

    due_fen: int
    credited_fen: int
    returned_fen: int
    held_fen: int
    payable_fen: int = 0
    refunding_fen: int = 0
    from_credit_fen: int = 0
    kept_fen: int = 0
    keeps_fen: int = 0

    @property
    def missing_fen(self) -> int:
        """Still to be paid before the card may be written."""
        return max(0, self.due_fen - (self.credited_fen - self.returned_fen))

    @property
    def change_fen(self) -> int:
        """Received beyond what is due, not yet given back and not owed back already (FEE-04)."""
        return self.too_much_fen - self.keeps_fen

    @property
    def too_much_fen(self) -> int:
        """The same with what the card keeps of it as its credit when the sale ends."""
        gone_fen = self.returned_fen + self.payable_fen + self.kept_fen
        return max(0, min(self.credited_fen - gone_fen - self.due_fen, self.held_fen))
