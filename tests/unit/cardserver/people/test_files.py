"""What has to be on file, who changed it, and what the history keeps (IC-02a, IC-03a, IC-05b)."""

from datetime import date

import pytest

from cardserver.domain.rights import HolderClass, RightKind
from cardserver.services import people, units, unmasking
from cardserver.services.errors import Conflict, NotFound
from cardserver.wire_people import PersonSheet, UnmaskRequest
from cardserver.wire_units import ChangeUnitRequest
from tests.databases.frontdesk import DESK, OTHER_DESK, FrontDesk, blank, new_id, refused
from tests.unit.cardserver.people.filing_cabinet import LEASE, Cabinet


def sheet(cabinet: Cabinet, holder_id: int) -> PersonSheet:
    return people.sheet(cabinet.desk.estate, DESK, holder_id)


def test_an_owner_is_filed_masked_and_found_at_once_ic_23b(cabinet: Cabinet) -> None:
    unit = cabinet.unit("7栋1单元0302")
    seen = cabinet.owner("𠮷田芳", unit, phone="13800001234", id_number="11010119900307123X")
    assert (seen.phone, seen.id_number) == ("138****1234", "*" * 14 + "123X")
    for words in ("𠮷田", "0302", "7-1", "1234", "13800", "7栋 田芳"):
        found = people.list_people(
            cabinet.desk.estate, DESK, query=words, holder_class=None, standing="all", page=0
        )
        assert seen.holder_id in {each.holder_id for each in found.people}, words


def test_a_family_member_belongs_to_a_unit_with_an_owner_ic_03a(cabinet: Cabinet) -> None:
    unit = cabinet.unit("7-0302")
    with refused("owner-missing", "IC-03a"):
        cabinet.family("何小芳", unit)
    cabinet.owner("何芳", unit)
    with refused("relation-missing", "IC-03a"):
        cabinet.family("何小芳", unit, relation=None)
    assert cabinet.family("何小芳", unit, relation="女儿").relation == "女儿"


def test_a_second_owner_is_either_a_co_owner_or_a_change_of_owner_ic_22(cabinet: Cabinet) -> None:
    unit = cabinet.unit("7-0302")
    cabinet.owner("何芳", unit)
    with refused("unit-has-owner", "IC-22"):
        cabinet.owner("何建", unit)
    assert cabinet.owner("何建", unit, co_owner=True).current


def test_a_tenant_has_a_lease_with_number_and_days_ic_05(cabinet: Cabinet) -> None:
    unit = cabinet.unit("7-0302")
    for missing in LEASE:
        with refused("lease-missing", "IC-05"):
            cabinet.tenant("陈租", unit, **{missing: None})
    with refused("lease-backwards", "IC-05"):
        cabinet.tenant("陈租", unit, lease_end=date(2025, 1, 1))
    with refused("lease-expired", "IC-05a"):
        cabinet.tenant("陈租", unit, lease_end=date(2025, 6, 8))
    assert cabinet.tenant("陈租", unit).lease_number == "ZL-7"


def test_a_tenants_family_never_has_a_card_longer_than_his_own_ic_05b(cabinet: Cabinet) -> None:
    unit = cabinet.unit("7-0302")
    tenant = cabinet.tenant("陈租", unit)
    child = {"lease_number": None, "lease_start": None, "lease_end": None, "relation": "儿子"}
    with refused("principal-elsewhere", "IC-05b"):
        elsewhere = cabinet.unit("7-0303")
        cabinet.tenant("陈小", elsewhere, principal_id=tenant.holder_id, **child)
    son = cabinet.tenant("陈小", unit, principal_id=tenant.holder_id, **child)
    desk = cabinet.desk
    with refused("tenant-card-first", "IC-05b"):
        desk.issue(son.holder_id, blank())
    own = desk.issue(tenant.holder_id, blank())
    his = desk.issue(son.holder_id, blank())
    assert his.rights[RightKind.DOOR].last == own.rights[RightKind.DOOR].last == date(2026, 1, 31)


def test_the_family_on_a_lease_ends_with_the_tenant_ic_05b(cabinet: Cabinet) -> None:
    unit = cabinet.unit("7-0302")
    tenant = cabinet.tenant("陈租", unit)
    son = cabinet.tenant(
        "陈小", unit, principal_id=tenant.holder_id, relation="儿子", lease_number=None
    )
    cabinet.end(tenant, date(2025, 6, 1))
    assert sheet(cabinet, son.holder_id).person.ends == date(2025, 6, 1)


def test_a_merchant_has_a_contract_and_no_card_beyond_it_ic_06a(cabinet: Cabinet) -> None:
    shop = cabinet.unit("商铺 S1")
    with refused("contract-missing", "IC-06a"):
        cabinet.file("周店", HolderClass.MERCHANT, shop)
    with refused("contract-ended", "IC-06a"):
        cabinet.file("周店", HolderClass.MERCHANT, shop, contract_end=date(2025, 6, 8))
    seen = cabinet.file("周店", HolderClass.MERCHANT, shop, contract_end=date(2025, 9, 30))
    assert seen.contract_end == date(2025, 9, 30)


def test_staff_belong_to_a_section_ic_13(cabinet: Cabinet) -> None:
    with refused("section-missing", "IC-13"):
        cabinet.file("赵保", HolderClass.STAFF, None)
    assert cabinet.file("赵保", HolderClass.STAFF, None, section="安全").section == "安全"


def test_a_company_owns_a_unit_and_its_occupants_are_family_ic_23a(cabinet: Cabinet) -> None:
    unit = cabinet.unit("9-0101")
    company = cabinet.owner("深蓝科技有限公司", unit, company=True, id_number="91440300MA5XXXXX0A")
    occupant = cabinet.family("林工", unit, relation="使用人")
    assert company.company
    assert occupant.holder_class is HolderClass.FAMILY
    household = units.household(cabinet.desk.estate, DESK, unit)
    assert (household.residents, household.crowded) == (1, False)
    with refused("company-not-owner", "IC-23a"):
        cabinet.family("某公司", unit, company=True)


def test_more_cards_than_residents_is_a_warning_and_no_refusal_ic_23a(cabinet: Cabinet) -> None:
    unit = cabinet.unit("9-0101")
    owner = cabinet.owner("林主", unit)
    for _ in range(2):
        cabinet.desk.issue(owner.holder_id, blank())
    assert sheet(cabinet, owner.holder_id).crowded
    household = units.household(cabinet.desk.estate, DESK, unit)
    assert (household.residents, household.live_cards, household.crowded) == (1, 2, True)


def test_every_change_has_a_name_a_time_old_and_new_masked_ic_23b(cabinet: Cabinet) -> None:
    owner = cabinet.owner("林主", cabinet.unit("9-0101"), phone="13800001234")
    cabinet.change(owner, name="林竹", phone="13900005678")
    newest, first = sheet(cabinet, owner.holder_id).history
    assert (first.act, newest.act, newest.operator) == ("filed", "changed", DESK.operator)
    assert newest.reason == "资料更正"
    assert {(each.field, each.old, each.new) for each in newest.changes} == {
        ("name", "林主", "林竹"),
        ("phone", "138****1234", "139****5678"),
    }


def test_a_phone_that_the_form_never_held_stays_on_file_ic_23b(cabinet: Cabinet) -> None:
    owner = cabinet.owner("林主", cabinet.unit("9-0101"), phone="13800001234")
    assert cabinet.change(owner, name="林竹").phone == "138****1234"


def test_two_clerks_at_one_file_the_second_is_told(cabinet: Cabinet) -> None:
    owner = cabinet.owner("林主", cabinet.unit("9-0101"))
    cabinet.change(owner, name="林竹")
    with refused("changed-meanwhile"):
        cabinet.change(owner, name="林柱")
    assert sheet(cabinet, owner.holder_id).person.name == "林竹"


def test_the_class_of_a_holder_never_changes(cabinet: Cabinet) -> None:
    owner = cabinet.owner("林主", cabinet.unit("9-0101"))
    with refused("class-stays"):
        cabinet.change(owner, holder_class=HolderClass.TENANT, **LEASE)


@pytest.mark.parametrize(
    "name",
    ["\u200b", "\u202e兰秀王", "王\u2066秀兰", "\ufeff王", "\u0301", "坏\ufffe", "\u3000\u200d"],
)
def test_a_name_that_reads_otherwise_than_it_is_kept_is_not_filed(
    cabinet: Cabinet, name: str
) -> None:
    unit = cabinet.unit("9-0101")
    with refused("name-unclear"):
        cabinet.owner(name, unit)
    owner = cabinet.owner("林主", unit)
    with refused("name-unclear"):
        cabinet.change(owner, name=name)


@pytest.mark.parametrize(
    "name", ["𠮷田𡈽", "葛\U000e0100城", "Zoë e\u0301", "क्‍ष", "محمد", "阿·卜杜", "3号 物业", "😀家"]
)
def test_names_of_all_writings_are_filed_as_they_are(cabinet: Cabinet, name: str) -> None:
    assert cabinet.owner(name, cabinet.unit("9-0101")).name == name


@pytest.mark.parametrize("phone", ["电话", "12", "138-0000-1234-abc", "1" * 40])
def test_a_phone_that_is_none_is_said_so(cabinet: Cabinet, phone: str) -> None:
    with refused("phone-unclear"):
        cabinet.owner("林主", cabinet.unit("9-0101"), phone=phone)


@pytest.mark.parametrize("number", ["1101011990030712", "110101199003071234567", "身份证"])
def test_an_identity_number_with_a_digit_lost_is_said_so(cabinet: Cabinet, number: str) -> None:
    with refused("id-number-unclear", "IC-02a"):
        cabinet.owner("林主", cabinet.unit("9-0101"), id_number=number)


def test_the_last_owner_goes_by_owner_change_while_family_remains_ic_22(cabinet: Cabinet) -> None:
    unit = cabinet.unit("9-0101")
    owner = cabinet.owner("林主", unit)
    family = cabinet.family("林小", unit)
    with refused("household-remains", "IC-22"):
        cabinet.end(owner, date(2025, 6, 1))
    cabinet.end(family, date(2025, 6, 1))
    assert not cabinet.end(owner, date(2025, 6, 1)).current


def test_nobody_is_deleted_and_a_file_can_be_opened_again(cabinet: Cabinet) -> None:
    owner = cabinet.owner("林主", cabinet.unit("9-0101"))
    ended = cabinet.end(owner, date(2025, 6, 1))
    assert (ended.current, ended.ends) == (False, date(2025, 6, 1))
    again = cabinet.end(ended, None)
    assert again.current
    assert [each.act for each in sheet(cabinet, owner.holder_id).history] == [
        "reopened",
        "ended",
        "filed",
    ]


def test_a_former_owner_gets_no_card_ic_02a(cabinet: Cabinet) -> None:
    owner = cabinet.owner("林主", cabinet.unit("9-0101"))
    cabinet.end(owner, date(2025, 6, 1))
    with refused("owner-not-current", "IC-02a"):
        cabinet.desk.issue(owner.holder_id, blank())


def test_seeing_a_phone_is_an_act_on_record_ic_23b(desk: FrontDesk) -> None:
    request = UnmaskRequest(unmask_id=new_id(), field="phone")
    assert unmasking.unmask(desk.estate, DESK, desk.owner, request).value == "13900001201"
    again = unmasking.unmask(desk.estate, DESK, desk.owner, request)
    assert again.value == "13900001201"
    with pytest.raises(Conflict):  # the same look, by somebody else
        unmasking.unmask(desk.estate, OTHER_DESK, desk.owner, request)
    assert "13900001201" not in repr(again)


def test_a_plate_is_shown_of_ones_own_agreement_only_ic_23b(desk: FrontDesk) -> None:
    def look(holder: int) -> str:
        request = UnmaskRequest(unmask_id=new_id(), field="plate", agreement_id=desk.agreement)
        return unmasking.unmask(desk.estate, DESK, holder, request).value

    assert look(desk.owner) == "粤B·A1234"
    with pytest.raises(NotFound):
        look(desk.tenant)


def test_a_unit_is_renamed_and_found_under_its_new_label_only(cabinet: Cabinet) -> None:
    unit = cabinet.unit("9-0101")
    owner = cabinet.owner("林主", unit)
    estate = cabinet.desk.estate
    change = ChangeUnitRequest(
        request_id=new_id(), version=1, label="10栋0101", zones=(0, 1), reason="改号"
    )
    assert units.change_unit(estate, DESK, unit, change).version == 2
    with refused("changed-meanwhile"):
        again = change.model_copy(update={"request_id": new_id(), "label": "11-0101"})
        units.change_unit(estate, DESK, unit, again)

    def found(words: str) -> set[int]:
        page = people.list_people(
            estate, DESK, query=words, holder_class=None, standing="current", page=0
        )
        return {each.holder_id for each in page.people}

    assert found("10栋") == {owner.holder_id}
    assert found("9-0101") == set()
    with refused("unit-known"):
        cabinet.unit("10栋0101")
