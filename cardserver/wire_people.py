"""People, units and their papers on the wire: what the desk files, and what it is shown.

Phone numbers, identity numbers and plates come masked; `UnmaskRequest` asks for one of them, and
the asking is logged (IC-23b).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from cardserver.domain.people import FileAct
from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import Paper
from cardserver.wire import AgreementView, CardView
from cardserver.wirebase import (
    Count,
    HexBytes,
    Instant,
    Number,
    RowId,
    Text,
    Uuid,
    Wire,
    Word,
    Zones,
)

PAGE: int = 50
"""People or rows on one page."""

Standing = Literal["current", "ended", "all"]

# --- what the desk asks --------------------------------------------------------------------------


class HolderDetails(Wire):
    """A person's file as the desk fills it in.

    `phone` and `id_number` None leave what is on file: the form never held them.
    """

    name: Word
    holder_class: HolderClass
    unit_id: RowId | None = None
    phone: Word | None = None
    id_number: Word | None = None
    relation: Word | None = None
    company: bool = False
    lease_number: Word | None = None
    lease_start: date | None = None
    lease_end: date | None = None
    principal_id: RowId | None = None
    contract_end: date | None = None
    section: Word | None = None


class FileHolderRequest(Wire):
    """Put a person on file; `co_owner` beside an owner who stays."""

    request_id: Uuid
    details: HolderDetails
    co_owner: bool = False


class ChangeHolderRequest(Wire):
    """Change a file that was seen in this `version`; refused when somebody was faster."""

    request_id: Uuid
    version: Count
    details: HolderDetails
    reason: Text


class EndHolderRequest(Wire):
    """The last day of belonging here; None opens the file again."""

    request_id: Uuid
    version: Count
    last_day: date | None
    reason: Text


class FileUnitRequest(Wire):
    """A flat, a shop or an office, and the door zones that lead to it."""

    request_id: Uuid
    label: Word
    zones: Zones


class ChangeUnitRequest(Wire):
    """Another name or other doors for a unit that was seen in this `version`."""

    request_id: Uuid
    version: Count
    label: Word
    zones: Zones
    reason: Text


class TransferRequest(Wire):
    """The unit has a new owner (IC-22). `household` are the holders that were listed, and seen.

    `rights_end` is the last day of the former household's cards and parking; by default the day
    of the transfer.
    """

    transfer_id: Uuid
    transferred_on: date
    rights_end: date | None = None
    household: Annotated[tuple[RowId, ...], Field(max_length=500)]
    cards: Annotated[tuple[Number, ...], Field(max_length=2000)]
    name: Word
    phone: Word | None = None
    id_number: Word | None = None
    company: bool = False


Hidden = Literal["phone", "id-number", "plate"]


class UnmaskRequest(Wire):
    """One hidden field of one holder, please; `agreement_id` says which plate."""

    unmask_id: Uuid
    field: Hidden
    agreement_id: RowId | None = None


class CopyRequest(Wire):
    """A copy of a paper was taken; it belongs in a folder."""

    copy_id: Uuid
    paper: Paper
    occasion: Text


class FilingRequest(Wire):
    """The copy lies in this folder now (PARK-08a)."""

    filing_id: Uuid
    folder: Word


# --- what the desk is shown ----------------------------------------------------------------------


class PersonView(Wire):
    """A person on file, masked. `current` while he belongs here."""

    holder_id: RowId
    name: str
    holder_class: HolderClass
    unit_id: RowId | None
    unit: str
    phone: str
    id_number: str
    relation: str
    company: bool
    lease_number: str
    lease_start: date | None
    lease_end: date | None
    principal_id: RowId | None
    principal_name: str
    contract_end: date | None
    section: str
    ends: date | None
    current: bool
    live_cards: int
    version: int


class PeopleList(Wire):
    """People that fit, and whether there are more on the next page."""

    people: tuple[PersonView, ...]
    more: bool


class FieldChange(Wire):
    """One field before and after, masked where it is sensitive."""

    field: str
    old: str
    new: str


class FileChangeView(Wire):
    """One line of a file's history."""

    at: Instant
    operator: str
    act: FileAct
    changes: tuple[FieldChange, ...]
    reason: str


class CopyView(Wire):
    """A copy of a paper, and the folder it lies in; empty while it lies nowhere yet."""

    copy_id: Uuid
    holder_id: RowId
    holder_name: str
    unit: str
    paper: Paper
    occasion: str
    at: Instant
    operator: str
    folder: str
    filed_at: Instant | None
    filed_by: str


class CopyList(Wire):
    """Copies of papers, oldest first: so many as were asked for, of `total`."""

    copies: tuple[CopyView, ...]
    total: Count


class PersonSheet(Wire):
    """All that is known of a person, masked. `crowded`: more live cards than residents (IC-23a)."""

    person: PersonView
    cards: tuple[CardView, ...]
    agreements: tuple[AgreementView, ...]
    history: tuple[FileChangeView, ...]
    copies: tuple[CopyView, ...]
    crowded: bool


class UnitView(Wire):
    """A unit in short."""

    unit_id: RowId
    label: str
    zones: Zones
    owners: tuple[str, ...]
    version: int


class UnitList(Wire):
    """Units that fit, by label."""

    units: tuple[UnitView, ...]
    more: bool


class Household(Wire):
    """A unit, everybody in it, and everybody who was. `crowded` as in `PersonSheet`."""

    unit: UnitView
    current: tuple[PersonView, ...]
    former: tuple[PersonView, ...]
    residents: int
    live_cards: int
    crowded: bool
    history: tuple[FileChangeView, ...]


class EndingCard(Wire):
    """A card of the former household, with what it opens and until when (IC-22a)."""

    number: Number
    holder_id: RowId
    holder_name: str
    door_until: date | None
    parking_until: date | None


class Leaving(Wire):
    """What ends when a unit changes hands: people, their cards, their agreements."""

    unit: UnitView
    household: tuple[PersonView, ...]
    cards: tuple[EndingCard, ...]
    agreements: tuple[AgreementView, ...]
    staying: tuple[PersonView, ...]


class Transferred(Wire):
    """The unit has a new owner; the household's rights end on that day."""

    new_owner: PersonView
    rights_end: date
    ended: tuple[RowId, ...]
    blocked: tuple[Number, ...]


class Unmasked(Wire):
    """One field in full. It is shown once and kept nowhere."""

    field: Hidden
    value: str = Field(repr=False)


# --- owner data from a file ----------------------------------------------------------------------

MAX_PART_BYTES = 96 * 1024
"""Bytes of an uploaded file in one call: as hex they fit an ordinary body."""

ImportState = Literal["receiving", "previewed", "refused", "taken-over", "dropped"]
FateWord = Literal["new", "changed", "same", "refused"]


class ImportRequest(Wire):
    """A file of owner data is coming, in `parts` pieces."""

    import_id: Uuid
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/\\]+$")]
    size: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PartRequest(Wire):
    """One piece of it, counted from 0; the same piece may come again."""

    part: Annotated[int, Field(ge=0, le=2000)]
    data: Annotated[HexBytes, Field(min_length=1, max_length=MAX_PART_BYTES)]


class TakeOverRequest(Wire):
    """Take over exactly what was previewed: this file, with these fates."""

    request_id: Uuid
    sha256: str
    digest: str


class ImportView(Wire):
    """A file on its way in. `digest` names its preview; `problem` says why it is refused.

    While `running`, `done` of `total` steps are behind it.
    """

    import_id: Uuid
    name: str
    size: int
    sha256: str
    state: ImportState
    problem: str
    detail: str
    digest: str
    counts: dict[str, int]
    unread: tuple[str, ...]
    operator: str
    at: Instant
    done_at: Instant | None
    running: bool = False
    done: int = 0
    total: int = 0
    trouble: str = ""


class ImportList(Wire):
    """The latest files, newest first."""

    imports: tuple[ImportView, ...]


class ImportLine(Wire):
    """The fate of one row: what would change (field, old, new), or why it is refused."""

    line: int
    fate: FateWord
    unit: str
    name: str
    reason: str
    detail: tuple[tuple[str, ...], ...]


class ImportLines(Wire):
    """A page of rows, counted from 0."""

    lines: tuple[ImportLine, ...]
    more: bool
