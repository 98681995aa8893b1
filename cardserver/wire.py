"""Everything stations and server say to each other, as frozen models used by both sides.

Field types are in `cardserver.wirebase`. Requests come first, answers after them, in the order in
which a card meets them: holder, verification, quote, sale, operation, document, gate, books.
"""

from datetime import date
from enum import StrEnum, unique
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from cardserver.domain.admission import Direction, Reason
from cardserver.domain.document import DocumentKind, DocumentState, PrintResult
from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.operation import Keying, OperationKind, OperationState, SlotChange
from cardserver.domain.parking import Gap
from cardserver.domain.plan import QuoteNote
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.signature import SignedHow
from cardserver.domain.slipcode import LONGEST as LONGEST_CODE
from cardserver.domain.tariff import ChargeItem, ReplaceReason
from cardserver.domain.validity import MAX_MONTHS_AT_ONCE, ValidityPeriod
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.wirebase import (
    Count,
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
    Zones,
)

Months = Annotated[int, Field(strict=True, ge=1, le=MAX_MONTHS_AT_ONCE)]

# --- what may be asked of a card -----------------------------------------------------------------


class IssueRequest(Wire):
    """A first door card, or a new parking card. `zones` None takes the zones of the holder's unit.

    `verification_id` names the stored verification; without one `begin` refuses (IC-02). With an
    agreement and `months` the card carries a parking right and opens no door (PARK-03).
    """

    kind: Literal[OperationKind.ISSUE] = OperationKind.ISSUE
    holder_id: RowId
    verification_id: Uuid | None = None
    zones: Zones | None = None
    agreement_id: RowId | None = None
    months: Months | None = None

    @model_validator(mode="after")
    def months_with_agreement(self) -> Self:
        """Refuse months without an agreement, and an agreement without months (PARK-03)."""
        if (self.agreement_id is None) != (self.months is None):
            raise ValueError("a parking card takes an agreement and months")
        return self


class AddParkingRequest(Wire):
    """A parking right onto a live door card of the agreement's unit (PARK-03, PARK-04b)."""

    kind: Literal[OperationKind.ADD_PARKING] = OperationKind.ADD_PARKING
    card_number: Number
    agreement_id: RowId
    months: Months
    verification_id: Uuid | None = None


class TopUpRequest(Wire):
    """More months on the card's parking right (PARK-05). No papers are asked (PARK-12a).

    `gap` says what becomes of days in which the car stood inside unpaid (PARK-05b).
    """

    kind: Literal[OperationKind.TOP_UP] = OperationKind.TOP_UP
    card_number: Number
    months: Months
    gap: Gap | None = None


class ExtendRequest(Wire):
    """The door right again for its class's length (IC-12)."""

    kind: Literal[OperationKind.EXTEND] = OperationKind.EXTEND
    card_number: Number
    verification_id: Uuid | None = None


class ReplaceRequest(Wire):
    """A new card that carries on the rights of an old one; the old one is dead from `begin` on.

    `appraisal_id` names the stored inspection or appraisal: every card but a customer's lost one
    needs it (IC-10a, IC-16). With `full_period` a bought card runs for its class's whole length
    again, by the papers that the verification names (IC-11a).
    """

    kind: Literal[OperationKind.REPLACE] = OperationKind.REPLACE
    old_card_number: Number
    reason: ReplaceReason
    verification_id: Uuid | None = None
    appraisal_id: Uuid | None = None
    full_period: bool = False


class FormatRequest(Wire):
    """Back to a blank card (IC-18)."""

    kind: Literal[OperationKind.FORMAT] = OperationKind.FORMAT
    card_number: Number


OperationRequest = Annotated[
    IssueRequest
    | AddParkingRequest
    | TopUpRequest
    | ExtendRequest
    | ReplaceRequest
    | FormatRequest,
    Field(discriminator="kind"),
]


# --- requests ------------------------------------------------------------------------------------


class LeaseShown(Wire):
    """The lease a tenant showed, and where the copy of the ID card was filed (IC-05, IC-05c).

    `tenant_id` is the tenant whose lease it is, for his family (IC-05b); a sub-tenant needs the
    owner's word besides.
    """

    number: Word
    first: date
    last: date
    shown: Literal["original", "copy"]
    copy_filed: Word
    tenant_id: RowId | None = None
    sub_tenant: bool = False

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """Refuse a lease that ends before it begins."""
        if self.last < self.first:
            raise ValueError("the lease ends before it begins")
        return self


class VerificationRequest(Wire):
    """A holder was checked: against which record, and which papers were seen.

    By whom is the signed-on operator. Papers needed: `cardserver.domain.verification`. What else
    was shown is named: the telephone record (IC-04), the owner who is present (IC-04b), the
    approved application (IC-06, IC-13), the lease (IC-05). `licence_holder` is who the vehicle
    licence names, where that is another person (PARK-01a).
    """

    verification_id: Uuid
    holder_id: RowId
    method: VerificationMethod
    papers_seen: Annotated[tuple[Paper, ...], Field(max_length=20)] = ()
    note: Text | None = None
    phone_record_id: Uuid | None = None
    owner_id: RowId | None = None
    application_id: Uuid | None = None
    lease: LeaseShown | None = None
    licence_holder: Word | None = None


class QuoteRequest(Wire):
    """What would this cost and give?"""

    request: OperationRequest


class SaleRequest(Wire):
    """A sale at the price the customer was told (FEE-01)."""

    sale_id: Uuid
    request: OperationRequest
    quoted_total_fen: Fen


class TenderRequest(Wire):
    """One step of one payment: the same `tender_id` is sent again for each state it reaches.

    A kiosk reports ACCEPTING before the note is taken and then CREDITED, RETURNED or UNKNOWN; a
    desk may report CREDITED at once. `checked`: it passed the note checker (FEE-03). `notes` tells
    the money by its pieces, face value in fen to how many, where the clerk typed it so.
    `keep_rest`: before this note went in its payer agreed on the screen that what is beyond the
    price becomes the card's credit (FEE-04a); said with ACCEPTING.
    """

    tender_id: Uuid
    kind: TenderKind
    value_fen: Annotated[Fen, Field(ge=1)]
    state: TenderState
    checked: bool = False
    notes: Annotated[dict[int, int], Field(max_length=20)] | None = None
    keep_rest: bool = False


class ChangeRequest(Wire):
    """Change handed out in cash (FEE-04)."""

    change_id: Uuid
    amount_fen: Annotated[Fen, Field(ge=1)]


class CancelRequest(Wire):
    """The sale is given up before its card was touched; what was paid is owed back."""

    cancel_id: Uuid
    reason: Text


class RefundRequest(Wire):
    """Cash handed back out of what a cancelled or voided sale left payable."""

    refund_id: Uuid
    amount_fen: Annotated[Fen, Field(ge=1)]


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


class BlockRequest(Wire):
    """Deny the card, or allow it again, at once."""

    request_id: Uuid
    reason: Text


class PrintReport(Wire):
    """What became of one print job."""

    print_id: Uuid
    result: PrintResult


class ReprintRequest(Wire):
    """Ask for one more paper."""

    print_id: Uuid


Handing = Literal["handed-over", "in-the-box"]
"""How a printed paper left our hands: to the customer, or into the box where it is fetched."""


class HandoverRequest(Wire):
    """A printed paper left our hands: paper never without hand-over (FEE-32)."""

    handover_id: Uuid
    how: Handing


class TapReport(Wire):
    """One tap at a lane, numbered in its station's journal from 1 without holes."""

    sequence: Annotated[Count, Field(ge=1)]
    at: Instant
    lane_id: Word
    uid: Annotated[HexBytes, Field(max_length=10)]
    card_number: Number | None = None
    reason: Reason
    granted: bool
    snapshot_version: Count = 0


class TapsRequest(Wire):
    """Some taps, oldest first, out of one journal of the station.

    `journal` is the id of that journal: a station that lost its own starts another from 1.
    `lanes` says which way vehicle lanes lead, where the technician wrote it down (PARK-05b).
    """

    journal: Uuid
    taps: Annotated[tuple[TapReport, ...], Field(max_length=500)]
    lanes: Annotated[dict[Word, Direction], Field(max_length=100)] = Field(default_factory=dict)


# --- answers -------------------------------------------------------------------------------------


class Health(Wire):
    """Is the server there, and what waits in it?"""

    version: str
    estate: str
    time: Instant
    clock_ok: bool
    open_operations: int


class Period(Wire):
    """Days, both included, as people read them."""

    first: date
    last: date

    @classmethod
    def of(cls, period: ValidityPeriod) -> "Period":
        """The wire form of a domain period."""
        return cls(first=period.first, last=period.last)

    def to_domain(self) -> ValidityPeriod:
        """The half-open domain form."""
        return ValidityPeriod.inclusive(self.first, self.last)


class RightView(Wire):
    """One right of a card as last settled. `anchor` is a parking right's day of month."""

    first: date
    last: date
    zones: Zones
    sequence: int
    anchor: int | None = None


class AgreementView(Wire):
    """A space agreement. `plate` is partly masked (IC-23b)."""

    agreement_id: RowId
    number: str
    plate: str
    space: str
    space_kind: str
    monthly_fee_fen: Fen
    ends: date
    bank_collected: bool


class CardView(Wire):
    """A card as the server knows it. `rights` are those settled, not those planned."""

    number: Number
    uid: Uid
    medium: Medium
    card_kind: str
    status: CardStatus
    status_reason: str
    holder_id: RowId
    holder_name: str
    holder_class: HolderClass
    unit: str
    rights: dict[RightKind, RightView]
    parking: AgreementView | None
    key_version: KeyVersion
    secure_channel: Literal["ev1", "ev2"] | None
    issued_at: Instant
    replaced_by: Number | None = None
    open_operation: Uuid | None = None


class HolderView(Wire):
    """A holder on file; phone and ID number are masked (IC-23b)."""

    holder_id: RowId
    name: str
    holder_class: HolderClass
    unit: str
    phone: str
    id_number: str
    lease_end: date | None
    ends: date | None
    cards: tuple[CardView, ...]
    agreements: tuple[AgreementView, ...]


class HolderList(Wire):
    """Holders found."""

    holders: tuple[HolderView, ...]


class ReadKeys(Wire):
    """Keys that read one known card and can write nothing."""

    version: KeyVersion
    keys: dict[str, HexBytes] = Field(repr=False)


class VerificationView(Wire):
    """A stored verification."""

    verification_id: Uuid
    holder_id: RowId
    method: VerificationMethod
    papers_seen: tuple[Paper, ...]
    operator: str
    station: str
    at: Instant


class QuoteLine(Wire):
    """One line of a price. `label` names an item that stands on no list (FEE-36)."""

    item: ChargeItem
    label: str = ""
    unit_price_fen: Fen
    quantity: int
    amount_fen: Fen


class Quote(Wire):
    """Price and result of a request as of now; promises nothing.

    `after` are the card's rights then; `added` the days that are being paid or given. `credit_fen`
    is what of the total the card's credit will pay, and `may_keep_rest` says that a kiosk's payer
    may keep a rest as such a credit (FEE-04a).
    """

    lines: tuple[QuoteLine, ...]
    total_fen: Fen
    after: dict[RightKind, Period]
    added: Period | None
    document_kinds: tuple[DocumentKind, ...]
    notes: tuple[QuoteNote, ...]
    credit_fen: Fen = 0
    may_keep_rest: bool = False


class SaleView(Wire):
    """The money of one sale. `change_fen` is to be given back; `refundable_fen` is owed back.

    `open_tenders` are notes on their way; `open_codes` payments by QR that can still be paid, and
    `refunding_fen` is on its way back through the provider that took it: no part of the others.
    `from_credit_fen` is what of the credited money the card's credit paid; `keeps_fen` what beyond
    the price is its credit, or will be when the sale ends, and `may_keep_rest` says whether a
    kiosk's payer may be asked for that (FEE-04a).
    """

    sale_id: Uuid
    state: SaleState
    due_fen: Fen
    credited_fen: Fen
    returned_fen: Fen
    missing_fen: Fen
    change_fen: Fen
    refundable_fen: Fen
    open_tenders: tuple[Uuid, ...]
    open_codes: tuple[Uuid, ...] = ()
    refunding_fen: Fen = 0
    from_credit_fen: Fen = 0
    keeps_fen: Fen = 0
    may_keep_rest: bool = False
    operation_id: Uuid | None

    @property
    def put_in_fen(self) -> int:
        """What its payer gave, beside the card's credit."""
        return self.credited_fen - self.from_credit_fen


class WaitingSale(Wire):
    """A sale with money in it that waits for somebody: to go on with it, or to give it back.

    Its card was not begun, or its money is owed back, its change was not given, or a note is on
    its way. `card_number` is the card asked about (the old one of a replacement), None for a
    first card; `station` is where it was opened. The name is masked everywhere but at the desk.
    `collected`: the bank collected it (PARK-10a); it can be written and not paid out.
    """

    sale: SaleView
    request: OperationRequest
    card_number: Number | None
    holder_id: RowId
    holder_name: str
    station: str
    opened_at: Instant
    collected: bool = False


class WaitingSales(Wire):
    """Sales that wait, oldest first. `credit_fen` is the credit of the card asked about, if any."""

    sales: tuple[WaitingSale, ...]
    credit_fen: Fen = 0


class SlotPlan(Wire):
    """One slot before and after."""

    slot: SlotNumber
    old: SlotBytes
    new: SlotBytes


class Ticket(Wire):
    """Leave to change one card, with everything needed to do it and to resume it.

    `keys` by role name (`drivers.api.KeyRole` values), all of key version `key_version`;
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


class DocumentContent(Wire):
    """All a paper says, fixed when the money was settled. Names are as they must be printed.

    `lines` and `total_fen` are this paper's own. `payment_fen` is the whole payment where other
    papers share it (FEE-10); `received_fen` and `change_fen` are the payment's. `providers` are
    those through which it was paid, and `tender_kind` is QR where no cash was among it.
    `slip_code` is a top-up slip's signed code, empty on slips of before and on other papers.
    `from_credit_fen` is what the card's credit paid, beside what was received; `kept_fen` what was
    received beyond the price and is the card's credit now (FEE-04a): no part of the change.

    A charge without any card (FEE-36) has the number 0, no operation, and the sale it stands on.
    """

    holder_name: str
    unit: str
    card_number: Annotated[int, Field(ge=0, le=MAX_CARD_NUMBER)]
    lines: tuple[QuoteLine, ...]
    total_fen: Fen
    received_fen: Fen
    change_fen: Fen
    from_credit_fen: Fen = 0
    kept_fen: Fen = 0
    payment_fen: Fen | None = None
    tender_kind: TenderKind
    providers: tuple[Word, ...] = ()
    added: Period | None = None
    after: dict[RightKind, Period]
    plate: str | None = None
    space: str | None = None
    operation_kind: OperationKind | None = None
    operation_id: Uuid | None = None
    sale_id: Uuid | None = None
    slip_code: Annotated[str, Field(max_length=LONGEST_CODE)] = ""

    @property
    def period(self) -> Period | None:
        """The days a slip names: those that were added, else those of the longest right."""
        return self.added or max(self.after.values(), key=lambda each: each.last, default=None)


class DocumentView(Wire):
    """A numbered paper. `reprints` above 0 must be marked 补打 with that counter (FEE-24a).

    `handed` is how the paper left our hands last, empty while nobody has said so. `sealed` and
    `signed` are what copy 2 needs before that (FEE-24, FEE-02); `invoices` the quota invoices
    that went with it (PARK-07). A `void` paper stays on record under its number (FEE-23).
    """

    document_id: RowId
    kind: DocumentKind
    number: int
    local_date: date
    issued_at: Instant
    station: str
    operator: str
    state: DocumentState
    reprints: int
    handed: Handing | Literal[""] = ""
    sealed: bool = False
    signed: SignedHow | Literal[""] = ""
    invoices: tuple[int, ...] = ()
    void: bool = False
    content: DocumentContent


class DocumentList(Wire):
    """Papers, oldest first."""

    documents: tuple[DocumentView, ...]


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


class TapsTaken(Wire):
    """How many taps were new and how many had been taken before."""

    taken: int
    repeated: int


class Balances(Wire):
    """Ledger accounts in fen; debit is positive. Accounts with nothing on them are left out."""

    accounts: dict[str, int]


class Trial(Wire):
    """Where all money is: in = settled + returned + held + payable + suspense + credit, always.

    `unknown_fen` are notes whose fate nobody knows yet: on their way, or not to be found. The
    latter stand in suspense too; the former are in no account, so it is no part of the balance.
    `credit_fen` is what we owe to cards for their next top-up.
    """

    money_in_fen: int
    settled_fen: int
    returned_fen: int
    held_fen: int
    payable_fen: int
    suspense_fen: int
    unbalanced_entries: int
    unknown_fen: int = 0
    credit_fen: int = 0

    @property
    def balanced(self) -> bool:
        """True when no fen is missing or made up."""
        out = self.settled_fen + self.returned_fen + self.held_fen
        out += self.payable_fen + self.suspense_fen + self.credit_fen
        return self.money_in_fen == out and self.unbalanced_entries == 0


class JournalLine(Wire):
    """One line of the audit journal."""

    at: Instant
    station: str
    operator: str
    action: str
    subject: str
    detail: str


class Journal(Wire):
    """The latest lines, newest first."""

    lines: tuple[JournalLine, ...]


class Refusal(Wire):
    """Every answer but 2xx: `code` names the family, `reason` the case, `rule` its source."""

    code: str
    reason: str = ""
    rule: str = ""
    message: str
