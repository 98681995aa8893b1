"""What stands in the card register after an act: its rows are there, signatures are left here."""

from cardserver.services import registersigning
from cardserver.services.registering import open_rows
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire_register import RowSignRequest

DRAWN = "10,80 60,20 120,160 200,40;250,100 400,90 500,150 510,20;300,20 320,180"
"""A signature as the pad sends it."""


def sign_first_open(estate: Estate, caller: Caller) -> None:
    """The recipient of the oldest open row signs on the pad."""
    with reading(estate, caller) as turn:
        row = open_rows(turn)[0]
        number, recipient = row.number, row.recipient
    request = RowSignRequest.model_validate(
        {
            "request_id": f"00000000-0000-4000-8000-{number:012d}",
            "how": "pad",
            "signed_by": recipient,
            "strokes": DRAWN,
        }
    )
    registersigning.sign(estate, caller, number, request)
