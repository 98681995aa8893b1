"""Units and their households on the wire; an owner's unit handed on to the next."""

from datetime import date
from typing import Annotated

from pydantic import Field

from cardserver.wire_cards import AgreementView
from cardserver.wire_people import FileChangeView, PersonView
from cardserver.wirebase import Count, Number, RowId, Text, Uuid, Wire, Word, Zones


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
