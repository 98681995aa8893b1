"""People on the wire: what the desk files of them, and what it is shown.

Phone numbers, identity numbers and plates come masked; `UnmaskRequest` asks for one of them, and
the asking is logged (IC-23b).
"""

from datetime import date
from typing import Literal

from pydantic import Field

from cardserver.domain.people import FileAct
from cardserver.domain.rights import HolderClass
from cardserver.wire_cards import AgreementView, CardView
from cardserver.wire_copies import CopyView
from cardserver.wirebase import Count, Instant, RowId, Text, Uuid, Wire, Word

PAGE: int = 50
"""People or rows on one page."""

Standing = Literal["current", "ended", "all"]


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


Hidden = Literal["phone", "id-number", "plate"]


class UnmaskRequest(Wire):
    """One hidden field of one holder, please; `agreement_id` says which plate."""

    unmask_id: Uuid
    field: Hidden
    agreement_id: RowId | None = None


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


class PersonSheet(Wire):
    """All that is known of a person, masked. `crowded`: more live cards than residents (IC-23a)."""

    person: PersonView
    cards: tuple[CardView, ...]
    agreements: tuple[AgreementView, ...]
    history: tuple[FileChangeView, ...]
    copies: tuple[CopyView, ...]
    crowded: bool


class Unmasked(Wire):
    """One field in full. It is shown once and kept nowhere."""

    field: Hidden
    value: str = Field(repr=False)
