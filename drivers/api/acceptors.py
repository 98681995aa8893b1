"""Acceptors of banknotes: what they tell of a note, and what they are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol


@unique
class BillEventKind(StrEnum):
    """What an acceptor can report. Only CREDITED is money."""

    READING = "reading"
    ESCROW = "escrow"
    RETURNED = "returned"
    STACKING = "stacking"
    CREDITED = "credited"
    STACKED = "stacked"
    REJECTED = "rejected"
    RETURNED_AT_POWER_UP = "returned-at-power-up"
    STACKED_AT_POWER_UP = "stacked-at-power-up"
    JAM = "jam"
    STACKER_FULL = "stacker-full"
    CASHBOX_REMOVED = "cashbox-removed"
    CASHBOX_REPLACED = "cashbox-replaced"
    FRAUD = "fraud"
    DISABLED = "disabled"
    RESET = "reset"


@unique
class RejectReason(StrEnum):
    """Why an acceptor did not take a note, as far as it says."""

    UNTOLD = "untold"
    NOT_RECOGNISED = "not-recognised"  # foreign, worn, or no note at all
    NOT_WANTED = "not-wanted"  # a value that is not taken now
    LAID_CROOKED = "laid-crooked"
    PULLED_BACK = "pulled-back"
    SEVERAL_AT_ONCE = "several-at-once"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillEvent:
    """One event of an acceptor; `value_fen` is the value of the note where the event names one.

    `unnamed` is money whose value the acceptor does not say again: it is the one note that it was
    last told to stack. `reason` belongs to REJECTED.
    """

    kind: BillEventKind
    value_fen: int = 0
    unnamed: bool = False
    reason: RejectReason = RejectReason.UNTOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorInfo:
    """Who the acceptor is: currency (ISO 4217) and the note values it knows, in fen.

    `stacked_count` is None where it has no lifetime counter. `repeats_credit`: it tells a credit
    until the call after the `poll` that told it, so a note that it is still seen to give back
    after a `start` is the last one it was told to take.
    """

    serial: str
    firmware: str
    currency: str
    notes_fen: tuple[int, ...]
    stacked_count: int | None
    repeats_credit: bool = False


class BillAcceptor(Protocol):
    """A banknote acceptor with escrow. Off until `enable`; a note in escrow waits for a word."""

    def start(self) -> AcceptorInfo:
        """Open the dialogue and learn who is there. Raises DeviceTimeout, DeviceFault."""

    def enable(self, notes_fen: Sequence[int]) -> None:
        """Take notes of these values only."""

    def disable(self) -> None:
        """Take no further note."""

    def poll(self) -> Sequence[BillEvent]:
        """Events since the last poll. A note in escrow is *held*, never accepted by polling.

        The next call to the acceptor says that the caller has taken these events in, durably.
        """

    def stack(self) -> None:
        """Accept the note in escrow. It counts only when a later poll reports CREDITED."""

    def return_note(self) -> None:
        """Give the note in escrow back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorDriver:
    """A kind of acceptor: `open` takes the settings of its section in the station's TOML.

    `open` only checks the settings; the line is opened by `BillAcceptor.start`.
    """

    name: str
    open: Callable[[Mapping[str, str]], BillAcceptor]
