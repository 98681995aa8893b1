"""The card register F1 on the wire: rows, signatures, corrections (IC-07, IC-19)."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from cardserver.domain.register import AbnormalReason, Correctable, RegisterKind
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.signature import MAX_STROKES_CHARS, SignedHow, Signer
from cardserver.domain.verification import VerificationMethod
from cardserver.wirebase import Count, Fen, HexBytes, Instant, Number, RowId, Text, Uuid, Wire, Word

MAX_ROWS = 200
"""Rows in one answer; a longer list is asked for piece by piece."""

PaperPlace = Annotated[int, Field(strict=True, ge=1, le=9999)]
Strokes = Annotated[str, Field(max_length=MAX_STROKES_CHARS, pattern=r"^[0-9,; ]*$")]


class RowSignRequest(Wire):
    """A row was signed: on the pad, with its strokes, or on paper, with page and line (IC-07a)."""

    request_id: Uuid
    how: SignedHow
    signed_by: Word
    signer: Signer = Signer.HOLDER
    strokes: Strokes = ""
    page: PaperPlace | None = None
    line: PaperPlace | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Strokes belong to the pad and nothing else, page and line to paper."""
        on_paper = self.how is SignedHow.PAPER
        if on_paper and (self.strokes or self.page is None or self.line is None):
            raise ValueError("on paper: page and line, no strokes")
        if not on_paper and (not self.strokes or self.page or self.line):
            raise ValueError("on the pad: strokes, no page and line")
        return self


class RowCorrectionRequest(Wire):
    """What a row should have said, and why it did not (IC-19d)."""

    request_id: Uuid
    column: Correctable
    after: Text
    reason: Text


class RowQuery(Wire):
    """Which rows: days, unit, card, station, operation; `after` is the last number seen."""

    day: date | None = None
    last_day: date | None = None
    unit: Word | None = None
    card: Number | None = None
    station: Word | None = None
    operation_id: Uuid | None = None
    open_only: bool = False
    abnormal_only: bool = False
    after: Count = 0
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] = MAX_ROWS


class OpenQuery(Wire):
    """Rows open at one station, or everywhere."""

    station: Word | None = None


class RowRight(Wire):
    """A right as it stands in a row, both days included."""

    kind: RightKind
    zones: Count
    first: date
    last: date


class RowProof(Wire):
    """What an act stood on."""

    method: VerificationMethod | None = None
    papers: tuple[str, ...] = ()
    verification_id: str = ""
    phone_record_id: str = ""
    approval_id: str = ""
    appraisal: str = ""
    paper_folder: str = ""


class RowAmendment(Wire):
    """What a correction put right."""

    column: Correctable
    before: str
    after: str


class RowSignature(Wire):
    """Who signed a row, how, and who entered it."""

    at: Instant
    station: str
    operator: str
    how: SignedHow
    signed_by: str
    signer: Signer
    strokes: str
    page: int | None
    line: int | None


class RegisterRowView(Wire):
    """One row, all its columns (IC-19b), its signature, and the rows that refer to it."""

    number: RowId
    at: Instant
    local_date: date
    station: str
    operator: str
    kind: RegisterKind
    holder_id: int | None
    holder_name: str
    holder_class: HolderClass | None
    unit: str
    relation: str
    card_number: int | None
    chip: str
    former_card: int | None
    rights: tuple[RowRight, ...]
    valid_from: date | None
    valid_to: date | None
    proof: RowProof
    fee_fen: Fen
    receipt: str
    abnormal: tuple[AbnormalReason, ...]
    signer: Signer | None
    recipient: str
    approver: str
    remark: str
    refers_to: int | None
    operation_id: str | None
    amendment: RowAmendment | None
    signature: RowSignature | None
    followed_by: tuple[int, ...]
    hash: HexBytes

    @property
    def open(self) -> bool:
        """True while somebody is still to sign."""
        return self.signer is not None and self.signature is None


class RegisterPage(Wire):
    """Rows in the order of their numbers, and the head of the chain as of now.

    `more` says that further rows follow the last of these.
    """

    rows: tuple[RegisterRowView, ...]
    more: bool
    head_number: Count
    head_hash: HexBytes


class OpenRows(Wire):
    """How many rows somebody is still to sign: of today, and of all days."""

    today: Count
    total: Count
