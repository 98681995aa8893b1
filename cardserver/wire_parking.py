"""What a desk and the server say about spaces, tariffs, agreements and the bank's lists."""

from datetime import date
from typing import Annotated

from pydantic import Field

from cardserver.domain.bankcollection import LineFate
from cardserver.domain.bankfile import MAX_LINES, RowFlaw
from cardserver.domain.parking import AgreementType, SpaceKind, SpaceState
from cardserver.wire_cards import Period
from cardserver.wire_requests import Months
from cardserver.wirebase import Fen, HexBytes, Instant, Number, RowId, Text, Uuid, Wire, Word

Zone = Annotated[int, Field(ge=0, le=31)]
Month = Annotated[str, Field(max_length=7)]
"""A calendar month as ``2025-06``."""

FileData = Annotated[HexBytes, Field(max_length=110_000)]
"""A small file; it travels in JSON."""


class SpaceRequest(Wire):
    """A new space (PARK-09)."""

    request_id: Uuid
    code: Word
    kind: SpaceKind
    zone: Zone


class TariffRequest(Wire):
    """A new tariff for a kind of space from a day on (PARK-06a)."""

    request_id: Uuid
    kind: SpaceKind
    monthly_fee_fen: Fen
    first: date


class WithdrawTariffRequest(Wire):
    """A tariff is taken back before its first day."""

    request_id: Uuid
    reason: Text


class TermsRequest(Wire):
    """What an agreement says. `stated_fee_fen` 0: the tariff decides (PARK-06, PARK-10)."""

    plate: Word
    ends: date
    stated_fee_fen: Fen = 0
    bank_collected: bool = False


class SignRequest(Wire):
    """An agreement was signed on paper (PARK-03, PARK-11)."""

    request_id: Uuid
    number: Word
    holder_id: RowId
    space_id: RowId
    begins: date
    terms: TermsRequest


class ChangeAgreementRequest(Wire):
    """Other terms from now on; what they were stays on file."""

    request_id: Uuid
    terms: TermsRequest
    reason: Text


class EndAgreementRequest(Wire):
    """The agreement ends on a day."""

    request_id: Uuid
    last: date
    reason: Text


class BankLine(Wire):
    """A line of the bank's list: which agreement, how much, collected or not and why not.

    `flaw` says what in it could not be read; such a line does nothing.
    """

    agreement_number: Annotated[str, Field(max_length=60)]
    amount_fen: Fen
    collected: bool
    note: Annotated[str, Field(max_length=400)] = ""
    flaw: RowFlaw | None = None


class BankFile(Wire):
    """The bank's file as it is: CSV or XLSX."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    data: FileData


class BankLines(Wire):
    """What a bank's file says, row by row."""

    lines: tuple[BankLine, ...]


class BankListRequest(Wire):
    """A collection list of the bank for a month (PARK-10a)."""

    request_id: Uuid
    month: Month
    source: Annotated[str, Field(max_length=120)]
    lines: Annotated[tuple[BankLine, ...], Field(max_length=MAX_LINES)]


class RefundAsked(Wire):
    """Unused months are asked back: a request to the head of the centre (PARK-12b, FEE-38)."""

    request_id: Uuid
    card_number: Number
    months: Months
    reason: Text


class TariffView(Wire):
    """A tariff; `last` is the day before the next one begins, None for the latest."""

    kind: SpaceKind
    monthly_fee_fen: Fen
    first: date
    last: date | None


class TariffToCome(Wire):
    """A tariff before its first day, and who entered it."""

    tariff_id: RowId
    kind: SpaceKind
    monthly_fee_fen: Fen
    first: date
    operator: str


class WithdrawnTariff(Wire):
    """A tariff that never came, who withdrew it, when and why."""

    kind: SpaceKind
    monthly_fee_fen: Fen
    first: date
    reason: str
    withdrawn_by: str
    at: Instant


class TariffTable(Wire):
    """The tariffs of every kind, by kind and first day, and what a card costs.

    `to_come` can still be withdrawn; `withdrawn` were, the latest first.
    """

    tariffs: tuple[TariffView, ...]
    card_cost_fen: Fen
    today: date
    to_come: tuple[TariffToCome, ...] = ()
    withdrawn: tuple[WithdrawnTariff, ...] = ()


class AgreementLine(Wire):
    """An agreement in a list. `fee_fen` is what a month costs today, 0 while no tariff says."""

    agreement_id: RowId
    number: str
    type: AgreementType | None
    holder_id: RowId
    holder_name: str
    unit: str
    plate: str
    space: str
    begins: date | None
    ends: date
    stated_fee_fen: Fen
    fee_fen: Fen
    bank_collected: bool
    card_number: Number | None
    paid_until: date | None


class SpaceView(Wire):
    """A space as it stands today. `agreement` is the one that runs."""

    space_id: RowId
    code: str
    kind: SpaceKind
    zone: Zone
    state: SpaceState
    agreement: AgreementLine | None


class SpaceList(Wire):
    """Spaces by kind and code: those asked for, of `total` that fit."""

    spaces: tuple[SpaceView, ...]
    total: int


class AgreementEventView(Wire):
    """What happened to an agreement and its terms from then on."""

    at: Instant
    operator: str
    event: str
    plate: str
    begins: date
    ends: date
    stated_fee_fen: Fen
    bank_collected: bool
    reason: str


class FileRecord(Wire):
    """A record in a space's file (PARK-08a)."""

    at: Instant
    operator: str
    station: str
    event: str
    card_number: Number
    paid: Period
    amount_fen: Fen


class FiledCopy(Wire):
    """A copy that is kept (PARK-02); `folder` is empty until it was filed."""

    copy_id: Uuid
    paper: str
    folder: str


class AgreementFile(Wire):
    """An agreement with its history and the file of its space."""

    agreement: AgreementLine
    space_kind: str
    history: tuple[AgreementEventView, ...]
    records: tuple[FileRecord, ...]
    copies: tuple[FiledCopy, ...]
    refunds_asked: tuple[str, ...]


class BankLineView(Wire):
    """What a line does, or did: until when the card runs then."""

    line: int
    agreement_number: str
    amount_fen: Fen
    collected: bool
    note: str
    flaw: RowFlaw | None
    fate: LineFate
    holder_name: str
    card_number: Number | None
    until: date | None


class BankListView(Wire):
    """A list line by line. `confirmed` is False for a preview."""

    month: Month
    confirmed: bool
    lines: tuple[BankLineView, ...]


class ReminderView(Wire):
    """A failed collection that was not made good: the holder is to be reminded (PARK-10a)."""

    month: Month
    agreement_number: str
    holder_id: RowId
    holder_name: str
    phone: str
    note: str
    kept_until: date


class ReminderList(Wire):
    """Failed collections, oldest month first."""

    reminders: tuple[ReminderView, ...]


class RefundRequestView(Wire):
    """A recorded request for the head of the centre."""

    request_id: Uuid
    card_number: Number
    months: int
    reason: str
    at: Instant
    operator: str


class RefundRequests(Wire):
    """Requests, oldest first."""

    requests: tuple[RefundRequestView, ...]
