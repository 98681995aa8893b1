"""An operation on a card: begun, keyed, and ended on evidence.

Requests come first, answers after them, in the order in which a card meets them.
"""

from enum import StrEnum, unique
from typing import Final, Literal

from pydantic import Field

from cardserver.domain.operation import Keying, OperationKind, OperationState, SlotChange
from cardserver.domain.record import Medium
from cardserver.domain.rights import RightKind
from cardserver.wire_cards import CardView, Period
from cardserver.wire_documents import DocumentView
from cardserver.wire_requests import OperationRequest
from cardserver.wire_sales import SaleView
from cardserver.wirebase import (
    Fen,
    HexBytes,
    Instant,
    KeyVersion,
    Number,
    RowId,
    SlotBytes,
    SlotNumber,
    Text,
    Uid,
    Uuid,
    Wire,
    Word,
)


class BeginRequest(Wire):
    """Open an operation on the card that lies on the reader.

    `found_slots` is what was read from it just now, slot to bytes; empty for a blank card.
    `card_kind` is the reader's word for the card type, kept for people.
    `keys_at_once`: a blank is keyed as soon as the ticket is there, so that every step of its
    keying stands in the journal as begun from now on, and none needs a call of its own.
    """

    operation_id: Uuid
    request: OperationRequest
    uid: Uid
    card_kind: Word
    medium: Medium
    secure_channel: Literal["ev1", "ev2"] | None = None
    sale_id: Uuid | None = None
    found_slots: dict[SlotNumber, SlotBytes | None] = Field(default_factory=dict)
    keys_at_once: bool = False


EVERY_STEP: Final = "every"
"""A step of keying that stands for all of them: each may have begun, on none can be relied."""


@unique
class KeyingState(StrEnum):
    """Progress of one step of keying a card."""

    BEGUN = "begun"
    DONE = "done"


class KeyingRequest(Wire):
    """A step of keying began or is done; a station says `EVERY_STEP`, and only that it began."""

    step: Word
    state: KeyingState


class Evidence(Wire):
    """What an independent read-back found: on which chip, and slot to bytes, None if torn."""

    uid: Uid
    found: dict[SlotNumber, SlotBytes | None]
    secure_channel: Literal["ev1", "ev2"] | None = None


class VoidRequest(Wire):
    """Undo on evidence. `keep_sale`: the money stays for another try, e.g. on another blank."""

    evidence: Evidence
    reason: Text
    keep_sale: bool = False


class AbandonRequest(Wire):
    """Give up without evidence: the card is denied at once, a blank is scrapped.

    The money goes into suspense (待核对), unless `keep_sale` leaves it for another blank (IC-09a).
    """

    reason: Text
    keep_sale: bool = False


class SlotPlan(Wire):
    """One slot before and after."""

    slot: SlotNumber
    old: SlotBytes
    new: SlotBytes


class Ticket(Wire):
    """Leave to change one card, with everything needed to do it and to resume it.

    `keys` by role name (`drivers.api.cards.KeyRole` values), all of key version `key_version`;
    `previous_keys` are those the card may still hold, where the estate rolled its keys.
    `changes` names the slots to write; only a format lists slots that may be empty already.
    `subject_number` is the card that is extended, replaced, formatted …; None for a first card.
    `keying_begun` are steps that may have begun before this ticket was given, by anybody;
    `keying_announced` says that the journal counts every step as begun already.
    """

    operation_id: Uuid
    kind: OperationKind
    state: OperationState
    holder_id: RowId
    card_number: Number
    subject_number: Number | None
    uid: Uid
    medium: Medium
    card_kind: str
    keying: Keying
    key_version: KeyVersion
    keys: dict[str, HexBytes] = Field(repr=False)
    previous_key_version: KeyVersion | None
    previous_keys: dict[str, HexBytes] | None = Field(repr=False)
    changes: tuple[SlotPlan, ...]
    secure_channel: Literal["ev1", "ev2"] | None
    after: dict[RightKind, Period]
    sale_id: Uuid | None
    opened_at: Instant
    keying_begun: tuple[Word, ...] = ()
    keying_announced: bool = False

    def slot_changes(self) -> tuple[SlotChange, ...]:
        """The plan as the domain judges it."""
        return tuple(SlotChange(slot=c.slot, old=c.old, new=c.new) for c in self.changes)


class OperationView(Wire):
    """An operation without its keys."""

    operation_id: Uuid
    kind: OperationKind
    state: OperationState
    card_number: Number
    uid: Uid
    sale_id: Uuid | None
    station: str
    operator: str
    opened_at: Instant


class OperationList(Wire):
    """Operations, oldest first."""

    operations: tuple[OperationView, ...]


class KeyingSteps(Wire):
    """The keying journal of an operation, by step name."""

    steps: dict[str, KeyingState]


class Settled(Wire):
    """The operation is done; `documents` are the papers now owed, one of each kind (FEE-10)."""

    operation: OperationView
    card: CardView
    documents: tuple[DocumentView, ...]

    @property
    def document(self) -> DocumentView | None:
        """The first paper; None where no money was taken."""
        return next(iter(self.documents), None)


class Voided(Wire):
    """The operation is undone. `refund_fen` is owed back, `suspended_fen` is 待核对."""

    operation: OperationView
    card: CardView | None
    sale: SaleView | None
    refund_fen: Fen
    suspended_fen: Fen
    document: DocumentView | None = None


class Outcome(Wire):
    """What became of an operation, asked for by a station that lost the answer.

    `card` is None while a new card was not settled; `documents` is empty where no money was taken.
    """

    operation: OperationView
    card: CardView | None
    documents: tuple[DocumentView, ...]
    sale: SaleView | None

    @property
    def document(self) -> DocumentView | None:
        """The first paper; None where no money was taken."""
        return next(iter(self.documents), None)
