"""What may be asked of a card: six kinds of request, told apart by `kind` (IC-01)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardserver.domain.operation import OperationKind
from cardserver.domain.parking import Gap
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.validity import MAX_MONTHS_AT_ONCE
from cardserver.wirebase import Number, RowId, Uuid, Wire, Zones

Months = Annotated[int, Field(strict=True, ge=1, le=MAX_MONTHS_AT_ONCE)]


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
