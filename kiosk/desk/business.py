"""What is being done at the counter: one business, its steps, and what is still missing.

Values for the page. Nothing here is needed to recover: sale, operation and document live on the
server, and a desk that restarts finds them there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final
from uuid import uuid4

from cardserver.domain.operation import OperationKind
from cardserver.domain.parking import Gap
from cardserver.domain.plan import QuoteNote
from cardserver.domain.tariff import ReplaceReason
from cardserver.wire_cards import AgreementView, CardView, HolderView
from cardserver.wire_documents import DocumentView
from cardserver.wire_operations import Ticket
from cardserver.wire_prices import Quote
from cardserver.wire_register import RegisterRowView
from cardserver.wire_requests import (
    AddParkingRequest,
    ExtendRequest,
    FormatRequest,
    IssueRequest,
    OperationRequest,
    ReplaceRequest,
    TopUpRequest,
)
from kiosk.desk.known import Known
from kiosk.station.operating import Step


@unique
class Phase(StrEnum):
    """The step the counter is at."""

    INSPECT = "inspect"
    VERIFY = "verify"
    PRICE = "price"
    MONEY = "money"
    CARD = "card"
    WRITING = "writing"
    BROKEN_OFF = "broken-off"
    PAPER = "paper"
    EXPLAIN = "explain"
    CLOSED = "closed"


_ORDER: Final = (
    Phase.INSPECT,
    Phase.VERIFY,
    Phase.PRICE,
    Phase.MONEY,
    Phase.CARD,
    Phase.PAPER,
    Phase.EXPLAIN,
)
_SHOWN_AS: Final = {Phase.WRITING: Phase.CARD, Phase.BROKEN_OFF: Phase.CARD}
_UNVERIFIED: Final = frozenset({OperationKind.FORMAT, OperationKind.TOP_UP})
EXPLAINED: Final = frozenset(OperationKind) - _UNVERIFIED
"""Business after which a card is handed over with an explanation (IC-08)."""


@unique
class Mark(StrEnum):
    """How a step stands."""

    DONE = "done"
    NOW = "now"
    LATER = "later"


def _new_id() -> str:
    return str(uuid4())


@dataclass(slots=True, kw_only=True)
class Ids:
    """Names of everything this business asks the server to do, made once: an act whose answer was
    lost is asked again under the same name and is done once.
    """

    verification: str = field(default_factory=_new_id)
    sale: str = field(default_factory=_new_id)
    tender: str = field(default_factory=_new_id)
    change: str = field(default_factory=_new_id)
    operation: str = field(default_factory=_new_id)
    cancel: str = field(default_factory=_new_id)
    refund: str = field(default_factory=_new_id)
    handover: str = field(default_factory=_new_id)
    appraisal: str = field(default_factory=_new_id)
    call: str = field(default_factory=_new_id)
    explained: str = field(default_factory=_new_id)


@dataclass(slots=True, kw_only=True)
class Business:
    """One piece of card business, from the choice to the paper.

    `old_card` is the card that is extended, replaced, formatted or given a right; `card` the one
    that came out. `known` is what stands on file behind it. `begun` is True from asking the
    server to open the operation until its end is known. `documents` are the papers owed,
    `document` the one at hand: each is printed and handed over in its turn (FEE-10). `invoices`
    are the numbers proposed while the quota invoices of the paper at hand are torn off, None at
    any other time (PARK-07). `full_period` asks for a new one with a replacement (IC-11a).
    `used_fen` is what the card's credit paid of the sale, None before there is one, and `kept_fen`
    what a note in a kiosk was beyond the price and the card keeps (FEE-04a).
    `collected` is True for a month that the bank collected (PARK-12b): no cash came in and none
    goes out. `row` is its row in the register F1, to be signed. `problem` is the code of the last
    thing that did not work; it goes when the next step succeeds. Amounts are fen.
    """

    kind: OperationKind
    holder: HolderView
    old_card: CardView | None = None
    agreement: AgreementView | None = None
    months: int = 1
    gap: Gap | None = None
    reason: ReplaceReason = ReplaceReason.LOST
    full_period: bool = False
    known: Known = field(default_factory=Known)
    phase: Phase = Phase.VERIFY
    verification_id: str | None = None
    quote: Quote | None = None
    sale_id: str | None = None
    collected: bool = False
    ids: Ids = field(default_factory=Ids)
    begun: bool = False
    received_fen: int = 0
    change_fen: int = 0
    used_fen: int | None = None
    kept_fen: int = 0
    refund_fen: int = 0
    ticket: Ticket | None = None
    step: Step | None = None
    undo_wanted: bool = False
    card: CardView | None = None
    documents: tuple[DocumentView, ...] = ()
    document: DocumentView | None = None
    invoices: str | None = None
    handed: str = ""
    row: RegisterRowView | None = None
    problem: str = ""
    problem_rule: str = ""

    @property
    def complete(self) -> bool:
        """False for a choice that names no card or no agreement where it needs one."""
        if self.kind is OperationKind.ISSUE:
            return True
        needs_agreement = self.kind is OperationKind.ADD_PARKING
        return self.old_card is not None and (self.agreement is not None or not needs_agreement)

    @property
    def needs_verification(self) -> bool:
        """False where no identity is asked again (PARK-12a) or nobody is served (IC-18)."""
        return self.kind not in _UNVERIFIED

    @property
    def first_parking(self) -> bool:
        """True for a first parking right, on an own card or on a new one (PARK-03)."""
        parking_card = self.kind is OperationKind.ISSUE and self.agreement is not None
        return parking_card or self.kind is OperationKind.ADD_PARKING

    @property
    def asks_gap(self) -> bool:
        """True while nobody has said what becomes of days the car stood inside (PARK-05b)."""
        return self.quote is not None and QuoteNote.STAYED_INSIDE in self.quote.notes

    @property
    def due_fen(self) -> int:
        """What the holder has to pay."""
        return self.quote.total_fen if self.quote else 0

    @property
    def credit_fen(self) -> int:
        """What of that the card's credit pays, or will."""
        if self.used_fen is not None:
            return self.used_fen
        return self.quote.credit_fen if self.quote else 0

    @property
    def to_pay_fen(self) -> int:
        """What the holder has to pay beside the card's credit."""
        return max(0, self.due_fen - self.credit_fen)

    @property
    def running(self) -> bool:
        """True while the page must not be left: the card is being written or torn."""
        return self.phase in {Phase.WRITING, Phase.BROKEN_OFF}

    @property
    def new_card(self) -> bool:
        """True when a blank card is needed."""
        return self.kind in {OperationKind.ISSUE, OperationKind.REPLACE}

    def hold(self, paper: DocumentView) -> None:
        """Take this paper in hand, as it stands now."""
        self.document = paper
        same = paper.document_id
        self.documents = tuple(
            paper if each.document_id == same else each for each in self.documents
        )

    def next_paper(self) -> DocumentView | None:
        """The first paper that has not left our hands; None when all have."""
        return next((each for each in self.documents if not each.handed), None)

    def first_phase(self) -> Phase:
        """Where this business begins."""
        if self.known.inspect_first:
            return Phase.INSPECT
        if self.needs_verification:
            return Phase.VERIFY
        return self.after_verification()

    def after_paper(self) -> Phase:
        """The words at the hand-over, where a card goes into somebody's hands (IC-08)."""
        return Phase.EXPLAIN if self.kind in EXPLAINED else Phase.CLOSED

    def after_verification(self) -> Phase:
        """Price and money only where something is to be paid."""
        return Phase.PRICE if self.due_fen else Phase.CARD

    def steps(self) -> Iterator[tuple[Phase, Mark]]:
        """The steps of this business in order, each with its mark."""
        shown = [phase for phase in _ORDER if self._has(phase)]
        current = _SHOWN_AS.get(self.phase, self.phase)
        now = shown.index(current) if current in shown else len(shown)
        for place, phase in enumerate(shown):
            yield phase, Mark.DONE if place < now else Mark.NOW if place == now else Mark.LATER

    def _has(self, phase: Phase) -> bool:
        if phase is Phase.VERIFY:
            return self.needs_verification
        if phase is Phase.INSPECT:
            return self.known.inspect_first or bool(self.known.appraisals)
        if phase is Phase.CARD:
            return True
        if phase is Phase.MONEY:
            return bool(self.to_pay_fen)
        if phase is Phase.EXPLAIN:
            return self.kind in EXPLAINED
        return bool(self.due_fen)

    def request(self) -> OperationRequest:
        """What the server is asked for."""
        old = self.old_card.number if self.old_card else 0
        match self.kind:
            case OperationKind.ISSUE:
                return IssueRequest(
                    holder_id=self.holder.holder_id,
                    verification_id=self.verification_id,
                    agreement_id=self.agreement.agreement_id if self.agreement else None,
                    months=self.months if self.agreement else None,
                )
            case OperationKind.ADD_PARKING:
                return AddParkingRequest(
                    card_number=old,
                    agreement_id=self.agreement.agreement_id if self.agreement else 0,
                    months=self.months,
                    verification_id=self.verification_id,
                )
            case OperationKind.TOP_UP:
                return TopUpRequest(card_number=old, months=self.months, gap=self.gap)
            case OperationKind.EXTEND:
                return ExtendRequest(card_number=old, verification_id=self.verification_id)
            case OperationKind.REPLACE:
                return ReplaceRequest(
                    old_card_number=old,
                    reason=self.reason,
                    verification_id=self.verification_id,
                    appraisal_id=self.known.appraisal_id,
                    full_period=self.full_period,
                )
            case OperationKind.FORMAT:
                return FormatRequest(card_number=old)
