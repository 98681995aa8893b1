"""What has to stand behind a verification before a door card is authorised."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cardserver.db.mapping import holder_of
from cardserver.db.tables import HolderRow
from cardserver.db.tables_approvals import VerificationProofRow
from cardserver.domain.cardrules import CardRules
from cardserver.domain.operation import OperationKind
from cardserver.domain.phonerecord import CallResult
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.services import people, phoning, planning, setup, verifying
from cardserver.services.turn import reading, writing
from cardserver.wire_approvals import PhoneRecordRequest
from cardserver.wire_people import FileHolderRequest, HolderDetails
from cardserver.wire_requests import ExtendRequest, IssueRequest
from cardserver.wire_verifications import LeaseShown, VerificationRequest
from tests.databases.frontdesk import DESK, OTHER_DESK, PAPERS, FrontDesk, blank, new_id, refused
from tests.databases.paperwork import called


def lease(last: date = date(2026, 1, 31), **changes: object) -> LeaseShown:
    shown = {
        "number": "ZL-0803",
        "first": date(2024, 2, 1),
        "last": last,
        "shown": "original",
        "copy_filed": "2025-A-17",
    }
    return LeaseShown.model_validate(shown | changes)


def verify(
    desk: FrontDesk,
    holder: int,
    method: VerificationMethod = VerificationMethod.OWNER_RECORD,
    **shown: object,
) -> str:
    request = VerificationRequest.model_validate(
        {
            "verification_id": new_id(),
            "holder_id": holder,
            "method": method,
            "papers_seen": PAPERS,
            **shown,
        }
    )
    return verifying.verify(desk.estate, DESK, request).verification_id


def last_day(desk: FrontDesk, holder: int, verified: str) -> date:
    request = IssueRequest(holder_id=holder, verification_id=verified)
    return planning.quote(desk.estate, DESK, request).after[RightKind.DOOR].last


def unlisted(desk: FrontDesk) -> int:
    """A family member with no data on file."""
    with writing(desk.estate, setup.SETUP) as turn:
        turn.find(HolderRow, desk.family, "holder").listed = False
    return desk.family


def relative_of(desk: FrontDesk, principal: int | None = None) -> int:
    """A second person of the tenant's household."""
    holder = setup.register_holder(
        desk.estate, "陈小立", HolderClass.TENANT, unit_id=desk.rented, lease_end=date(2026, 1, 31)
    )
    with writing(desk.estate, setup.SETUP) as turn:
        turn.find(HolderRow, holder, "holder").principal_id = principal
    return holder


def test_a_verification_says_which_record_was_consulted_by_whom_and_when_ic_02(
    desk: FrontDesk,
) -> None:
    """IC-02, IC-03: for family it is the record of the unit's owner."""
    for holder in (desk.owner, desk.family):
        verified = verify(desk, holder)
        with reading(desk.estate, DESK) as turn:
            proof = turn.session.get(VerificationProofRow, verified)
            assert proof is not None
            assert proof.record_id == desk.owner
    request = VerificationRequest(
        verification_id=new_id(), holder_id=desk.owner, method=VerificationMethod.OWNER_RECORD
    )
    view = verifying.verify(desk.estate, OTHER_DESK, request)
    assert (view.operator, view.station, view.at) == ("李明", "desk-2", desk.clock.now)


def test_a_former_owner_gets_no_card_ic_02a(desk: FrontDesk) -> None:
    """IC-02a, IC-22: the record must be the current owner's."""
    verified = verify(desk, desk.owner)
    with writing(desk.estate, setup.SETUP) as turn:
        turn.find(HolderRow, desk.owner, "holder").ends = date(2025, 6, 8)
    with refused("owner-not-current", "IC-02a"):
        last_day(desk, desk.owner, verified)


def test_family_without_data_gets_no_card_without_a_call_ic_04(desk: FrontDesk) -> None:
    family = unlisted(desk)
    with refused("phone-record-missing", "IC-04"):
        desk.begin(IssueRequest(holder_id=family, verification_id=verify(desk, family)), blank())
    called_without_record = verify(desk, family, VerificationMethod.PHONE)
    with refused("phone-record-missing", "IC-04"):
        last_day(desk, family, called_without_record)


def test_a_confirmed_call_lets_the_card_be_issued_and_is_named_ic_04(desk: FrontDesk) -> None:
    family = unlisted(desk)
    record = called(desk.estate, family, desk.owner)
    verified = verify(desk, family, VerificationMethod.PHONE, phone_record_id=record)
    card = desk.do(IssueRequest(holder_id=family, verification_id=verified), blank()).card
    assert card.rights[RightKind.DOOR].last == date(2027, 6, 8)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (CallResult.REFUSED, "owner-refused"),
        (CallResult.NO_ANSWER, "owner-not-reached"),
        (CallResult.NUMBER_INVALID, "owner-not-reached"),
    ],
)
def test_no_answer_or_a_refusal_means_no_card_ic_04b(
    desk: FrontDesk, result: CallResult, reason: str
) -> None:
    family = unlisted(desk)
    record = called(desk.estate, family, desk.owner, result)
    verified = verify(desk, family, VerificationMethod.PHONE, phone_record_id=record)
    with refused(reason, "IC-04b"):
        last_day(desk, family, verified)


def test_one_call_serves_one_named_applicant_on_one_day_ic_04a(desk: FrontDesk) -> None:
    family = unlisted(desk)
    other = setup.register_holder(desk.estate, "李小红", HolderClass.FAMILY)
    for_another = called(desk.estate, family, desk.owner)
    verified = verify(desk, other, VerificationMethod.PHONE, phone_record_id=for_another)
    with refused("phone-record-other", "IC-04a"):
        check_issue(desk, other, verified)
    verified = verify(desk, family, VerificationMethod.PHONE, phone_record_id=for_another)
    desk.clock.forward(days=1)
    with refused("verification-old", "IC-04a"):
        last_day(desk, family, verified)


def check_issue(desk: FrontDesk, holder: int, verified: str) -> None:
    with reading(desk.estate, DESK) as turn:
        person = holder_of(turn.find(HolderRow, holder, "holder"), None)
        verifying.check_verified(turn, OperationKind.ISSUE, person, verified)


def test_the_number_dialled_is_the_owners_and_never_the_applicants_ic_04a(
    desk: FrontDesk,
) -> None:
    with writing(desk.estate, setup.SETUP) as turn:
        turn.find(HolderRow, desk.owner, "holder").phone = "13900001201"
        turn.find(HolderRow, desk.family, "holder").phone = "13711112222"
    called(desk.estate, desk.family, desk.owner)
    view = phoning.phone_records(desk.estate, DESK, desk.family).records[0]
    assert (view.dialled, view.owner_name, view.applicant_name) == (
        "139****1201",
        "王秀兰",
        "李小明",
    )
    assert (view.operator, view.result, view.serves_today) == ("张晓", CallResult.CONFIRMED, True)
    assert (view.answered_by, view.relation, view.at) == ("王秀兰", "母亲", desk.clock.now)
    with pytest.raises(ValueError, match="number"):
        PhoneRecordRequest.model_validate({"number": "13711112222"})


def test_only_an_owner_of_the_unit_is_asked_ic_04a(desk: FrontDesk) -> None:
    for nobody in (desk.tenant, desk.merchant, desk.family):
        with refused("owner-not-of-unit", "IC-04a"):
            called(desk.estate, desk.family, nobody)


def test_a_call_that_was_answered_names_who_answered_ic_04a(desk: FrontDesk) -> None:
    request = PhoneRecordRequest(
        record_id=new_id(),
        applicant_id=desk.family,
        owner_id=desk.owner,
        result=CallResult.CONFIRMED,
    )
    with refused("answerer-missing", "IC-04a"):
        phoning.record_call(desk.estate, DESK, request)
    silent = request.model_copy(update={"result": CallResult.NO_ANSWER})
    assert phoning.record_call(desk.estate, DESK, silent).serial == 1


def test_the_owner_in_person_replaces_the_call_on_the_same_day_ic_04b(desk: FrontDesk) -> None:
    family = unlisted(desk)
    for nobody in (None, desk.merchant, desk.tenant):
        verified = verify(desk, family, VerificationMethod.OWNER_PRESENT, owner_id=nobody)
        with refused("owner-not-of-unit", "IC-04b"):
            last_day(desk, family, verified)
    verified = verify(desk, family, VerificationMethod.OWNER_PRESENT, owner_id=desk.owner)
    assert last_day(desk, family, verified) == date(2027, 6, 8)
    desk.clock.forward(days=1)
    with refused("verification-old", "IC-04a"):
        last_day(desk, family, verified)


def test_a_confirmed_person_is_taken_onto_the_record_ic_04b(desk: FrontDesk) -> None:
    family = unlisted(desk)
    assert not phoning.phone_records(desk.estate, DESK, family).listed
    with refused("phone-record-missing", "IC-04b"):
        phoning.take_on_record(desk.estate, DESK, family, new_id())
    called(desk.estate, family, desk.owner)
    assert phoning.take_on_record(desk.estate, DESK, family, new_id()).listed
    assert last_day(desk, family, verify(desk, family)) == date(2027, 6, 8)


def test_a_tenant_shows_the_lease_with_number_and_dates_ic_05c(desk: FrontDesk) -> None:
    with refused("lease-missing", "IC-05"):
        last_day(desk, desk.tenant, verify(desk, desk.tenant))
    verified = verify(desk, desk.tenant, VerificationMethod.LEASE, lease=lease())
    assert last_day(desk, desk.tenant, verified) == date(2026, 1, 31)
    with reading(desk.estate, DESK) as turn:
        proof = turn.session.get(VerificationProofRow, verified)
        assert proof is not None
        assert (proof.lease_number, proof.lease_shown, proof.copy_filed) == (
            "ZL-0803",
            "original",
            "2025-A-17",
        )


@pytest.mark.parametrize("missing", [Paper.LEASE, Paper.ID_COPY])
def test_lease_and_identity_copy_are_both_there_ic_05(desk: FrontDesk, missing: Paper) -> None:
    papers = tuple(paper for paper in Paper if paper is not missing)
    verified = verify(
        desk, desk.tenant, VerificationMethod.LEASE, lease=lease(), papers_seen=papers
    )
    with refused("paper-missing", "IC-05"):
        last_day(desk, desk.tenant, verified)


def test_an_expired_lease_is_refused_and_a_new_one_serves_ic_05a(desk: FrontDesk) -> None:
    """Also for the extension: the lease shown counts, not the old one on file (IC-12a)."""
    card = desk.issue(desk.tenant, blank())
    desk.clock.now += timedelta(days=400)
    old = verify(desk, desk.tenant, VerificationMethod.LEASE, lease=lease())
    with refused("lease-expired", "IC-05a"):
        last_day(desk, desk.tenant, old)
    current = lease(date(2027, 3, 31), number="ZL-0804", first=date(2026, 2, 1))
    verified = verify(desk, desk.tenant, VerificationMethod.LEASE, lease=current)
    request = ExtendRequest(card_number=card.number, verification_id=verified)
    quote = planning.quote(desk.estate, DESK, request)
    assert quote.after[RightKind.DOOR].last == date(2027, 3, 31)
    assert QuoteNote.ENDS_WITH_LEASE in quote.notes
    with reading(desk.estate, DESK) as turn:
        row = turn.find(HolderRow, desk.tenant, "holder")
        assert (row.lease_number, row.lease_end) == ("ZL-0804", date(2027, 3, 31))


def test_the_lease_limits_the_card_only_where_the_estate_says_so_ic_05a(desk: FrontDesk) -> None:
    verified = verify(desk, desk.tenant, VerificationMethod.LEASE, lease=lease())
    assert last_day(desk, desk.tenant, verified) == date(2026, 1, 31)
    desk.estate = replace(desk.estate, rules=CardRules(lease_ends_card=False))
    assert last_day(desk, desk.tenant, verified) == date(2026, 6, 8)
    ended = verify(desk, desk.tenant, VerificationMethod.LEASE, lease=lease(date(2025, 6, 8)))
    with refused("lease-expired", "IC-05a"):
        last_day(desk, desk.tenant, ended)


@pytest.mark.parametrize("on_file", [True, False])
def test_a_tenants_family_is_never_longer_than_the_tenants_own_card_ic_05b(
    desk: FrontDesk, on_file: bool
) -> None:
    relative = relative_of(desk, desk.tenant if on_file else None)
    named = None if on_file else desk.tenant
    shown = lease(tenant_id=named)
    first = verify(desk, relative, VerificationMethod.LEASE, lease=shown)
    with refused("tenant-card-first", "IC-05b"):
        last_day(desk, relative, first)
    desk.issue(desk.tenant, blank())
    longer = lease(date(2030, 1, 31), tenant_id=named)
    verified = verify(desk, relative, VerificationMethod.LEASE, lease=longer)
    request = IssueRequest(holder_id=relative, verification_id=verified)
    quote = planning.quote(desk.estate, DESK, request)
    assert quote.after[RightKind.DOOR].last == date(2026, 1, 31)
    assert quote.notes == (QuoteNote.ENDS_WITH_TENANT,)


def test_a_tenants_family_stands_on_a_tenant_of_the_same_unit_ic_05b(desk: FrontDesk) -> None:
    desk.issue(desk.tenant, blank())
    stranger = setup.register_holder(desk.estate, "吴远", HolderClass.TENANT)
    shown = lease(tenant_id=desk.tenant)
    verified = verify(desk, stranger, VerificationMethod.LEASE, lease=shown)
    with refused("tenant-not-of-unit", "IC-05b"):
        check_issue(desk, stranger, verified)


def test_a_sub_tenant_needs_the_owners_word_ic_05b(desk: FrontDesk) -> None:
    owner = setup.register_holder(
        desk.estate, "何业", HolderClass.OWNER, unit_id=desk.rented, phone="13900000803"
    )
    shown = lease(sub_tenant=True)
    with refused("phone-record-missing", "IC-04"):
        last_day(desk, desk.tenant, verify(desk, desk.tenant, lease=shown))
    record = called(desk.estate, desk.tenant, owner)
    verified = verify(
        desk, desk.tenant, VerificationMethod.PHONE, lease=shown, phone_record_id=record
    )
    assert last_day(desk, desk.tenant, verified) == date(2026, 1, 31)


def test_an_extension_needs_the_same_verification_as_a_first_issue_ic_12a(
    desk: FrontDesk,
) -> None:
    family = unlisted(desk)
    record = called(desk.estate, family, desk.owner)
    verified = verify(desk, family, VerificationMethod.PHONE, phone_record_id=record)
    card = desk.do(IssueRequest(holder_id=family, verification_id=verified), blank()).card
    desk.clock.now += timedelta(days=731)
    for kind in (None, verified):
        with refused("not-verified" if kind is None else "verification-old"):
            desk.begin(ExtendRequest(card_number=card.number, verification_id=kind), blank())
    with refused("phone-record-missing", "IC-04"):
        desk.begin(desk.extend_request(card), blank())


def test_a_lease_that_ends_before_it_begins_is_no_lease_ic_05c() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        lease(date(2024, 1, 31))


def test_family_put_on_file_at_the_counter_is_asked_about_first_ic_04(desk: FrontDesk) -> None:
    """Typing somebody in does not make him family: the owner is asked once."""
    with reading(desk.estate, DESK) as turn:
        unit = turn.find(HolderRow, desk.owner, "holder").unit_id
    details = HolderDetails(
        name="王小妹", holder_class=HolderClass.FAMILY, unit_id=unit, relation="妹妹"
    )
    request = FileHolderRequest(request_id=new_id(), details=details)
    person = people.file_holder(desk.estate, DESK, request).holder_id
    with refused("phone-record-missing", "IC-04"):
        last_day(desk, person, verify(desk, person))


def test_staff_cards_run_as_many_years_as_the_estate_says_ic_13a(desk: FrontDesk) -> None:
    desk.estate = replace(desk.estate, rules=CardRules(staff_years=2))
    verified = desk.verify(desk.staff)
    assert last_day(desk, desk.staff, verified) == date(2027, 6, 8)


def test_the_owner_here_in_person_lets_him_go_on_record_ic_04b(desk: FrontDesk) -> None:
    """It replaces the call, on the day itself, and only the owner of that very unit."""
    family = unlisted(desk)
    verify(desk, family, VerificationMethod.OWNER_PRESENT, owner_id=desk.tenant)
    with refused("phone-record-missing", "IC-04b"):
        phoning.take_on_record(desk.estate, DESK, family, new_id())
    verify(desk, family, VerificationMethod.OWNER_PRESENT, owner_id=desk.owner)
    desk.clock.forward(days=1)
    with refused("phone-record-missing", "IC-04b"):
        phoning.take_on_record(desk.estate, DESK, family, new_id())
    verify(desk, family, VerificationMethod.OWNER_PRESENT, owner_id=desk.owner)
    assert phoning.take_on_record(desk.estate, DESK, family, new_id()).listed
