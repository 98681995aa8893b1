"""Copies of papers: what is kept, in which folder it lies, and what is still to be filed."""

import pytest

from cardserver.domain.copies import copies_to_keep
from cardserver.domain.verification import PARKING_PAPERS, Paper
from cardserver.services import filing
from cardserver.services.errors import NotFound
from cardserver.services.turn import reading
from cardserver.wire_copies import CopyRequest, CopyView, FilingRequest
from tests.databases.frontdesk import DESK, FrontDesk, new_id


def unfiled(desk: FrontDesk) -> list[CopyView]:
    with reading(desk.estate, DESK) as turn:
        return list(filing.unfiled(turn))


def test_exactly_the_two_copies_of_a_parking_card_are_kept_park_02() -> None:
    assert copies_to_keep(PARKING_PAPERS) == (Paper.ID_CARD, Paper.VEHICLE_LICENCE)


def test_the_driving_licence_and_the_lease_are_only_looked_at_park_02() -> None:
    assert copies_to_keep({Paper.DRIVING_LICENCE, Paper.LEASE, Paper.ID_CARD}) == ()


def test_a_tenants_id_copy_is_kept_ic_05() -> None:
    assert copies_to_keep({Paper.LEASE, Paper.ID_COPY}) == (Paper.ID_COPY,)


def test_a_verification_puts_its_copies_on_the_list_once_park_02(desk: FrontDesk) -> None:
    for _ in range(2):
        desk.verify(desk.owner, papers=tuple(PARKING_PAPERS))
    assert {each.paper for each in unfiled(desk)} == {Paper.ID_CARD, Paper.VEHICLE_LICENCE}
    assert len(unfiled(desk)) == 2


def test_a_filed_copy_leaves_the_list_with_name_time_and_folder_park_08a(desk: FrontDesk) -> None:
    request = CopyRequest(copy_id=new_id(), paper=Paper.ID_COPY, occasion="租户开卡")
    filing.record_copy(desk.estate, DESK, desk.tenant, request)
    (copy,) = unfiled(desk)
    desk.clock.forward(minutes=5)
    lies = FilingRequest(filing_id=new_id(), folder="P-117")
    filed = filing.file_copy(desk.estate, DESK, copy.copy_id, lies)
    assert (filed.folder, filed.filed_by, filed.filed_at) == (
        "P-117",
        DESK.operator,
        desk.clock.now,
    )
    assert unfiled(desk) == []
    assert filing.file_copy(desk.estate, DESK, copy.copy_id, lies) == filed


def test_a_copy_nobody_took_is_not_filed(desk: FrontDesk) -> None:
    with pytest.raises(NotFound):
        filing.file_copy(desk.estate, DESK, new_id(), FilingRequest(filing_id=new_id(), folder="A"))
