"""Cash that moves beside sales, on the wire: to the cashier, loans, claims, counterfeits."""

from typing import Annotated

from pydantic import Field

from cardserver.wirebase import Amount, Instant, Remark, Text, Uuid, Wire, Word


class CashToCashier(Wire):
    """Cash that goes to the cashier: during the shift out of the drawer, after it out of the bag.

    The cashier gives his own credential, so both names stand beside it.
    """

    movement_id: Uuid
    amount_fen: Amount
    remark: Remark = ""


class PayLoan(Wire):
    """A loan in a special case, approved by the head of the service centre (FEE-38).

    `signed` says where the recipient's signature is.
    """

    movement_id: Uuid
    amount_fen: Amount
    recipient: Word
    reason: Text
    signed: Word


class RepayClaim(Wire):
    """Somebody makes good what a worthless note took (FEE-34); the cashier takes the cash."""

    movement_id: Uuid
    person: Word
    amount_fen: Amount
    remark: Remark = ""


class ReportCounterfeit(Wire):
    """A note that is worth nothing, found in the drawer of an open shift or by the cashier.

    `shift_id` is the shift it was taken in; its operator took it. Where it is known for what, that
    is checked: `sale_id`, or the `paper_number` of the receipt or slip that was given for it.
    """

    movement_id: Uuid
    shift_id: Uuid
    face_fen: Amount
    remark: Text
    sale_id: Uuid | None = None
    paper_number: Annotated[int, Field(ge=1, le=99_999_999)] | None = None


class MovementView(Wire):
    """One numbered movement of the drawer."""

    kind: str
    number: int
    at: Instant
    station: str
    operator: str
    amount_fen: int
    person: str
    approved_by: str
    reason: str
    signed: str
    shift_number: int | None = None


class Claim(Wire):
    """What a person still owes for worthless notes (FEE-34)."""

    person: str
    owed_fen: int


class MovementList(Wire):
    """Movements, newest first, and who still owes what."""

    movements: tuple[MovementView, ...]
    claims: tuple[Claim, ...] = ()
