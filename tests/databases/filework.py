"""Leaving a row in every append-only table about people."""

from datetime import date

from cardserver.domain.verification import Paper
from cardserver.services import filing, transferring, units, unmasking
from cardserver.wire_copies import CopyRequest, FilingRequest
from cardserver.wire_people import UnmaskRequest
from cardserver.wire_units import FileUnitRequest, TransferRequest
from tests.databases.frontdesk import DESK, FrontDesk, new_id


def leave_file_rows(desk: FrontDesk) -> None:
    """A unit filed and sold, a look at a phone, a copy put into its folder."""
    estate = desk.estate
    filed = FileUnitRequest(request_id=new_id(), label="99-0001", zones=(0,))
    unit = units.file_unit(estate, DESK, filed)
    sold = TransferRequest(
        transfer_id=new_id(),
        transferred_on=date(2025, 6, 9),
        household=(),
        cards=(),
        name="新业主",
    )
    transferring.transfer(estate, DESK, unit.unit_id, sold)
    look = UnmaskRequest(unmask_id=new_id(), field="phone")
    unmasking.unmask(estate, DESK, desk.owner, look)
    copy = CopyRequest(copy_id=new_id(), paper=Paper.ID_CARD, occasion="停车")
    filing.record_copy(estate, DESK, desk.owner, copy)
    lies = FilingRequest(filing_id=new_id(), folder="A-1")
    filing.file_copy(estate, DESK, copy.copy_id, lies)
