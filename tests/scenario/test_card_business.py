"""Door-card business at the counter: what has to stand behind a card, asked for on its own pages.

One running site; each test begins with an empty counter and the people it needs.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from cardserver.db.tables import HolderRow
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.denial import Denial
from cardserver.domain.permits import Action
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.services.setup import SETUP, register_holder
from cardserver.services.turn import writing
from cardserver.wire_approvals import ReportRequest
from simulators.clock import DemoClock
from simulators.estate import DEPARTMENT_HEAD, HEAD, SECTION_HEAD
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.site import BRISK_NOTES
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite

pytestmark = pytest.mark.together("card-business")
SHOP_HEAD = "周岚"
NEXT_MONTH = date(2025, 6, 5)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    folder: Path = tmp_path_factory.mktemp("business")
    with SettledSite(folder, clock=clock, note_timing=BRISK_NOTES) as site:
        teller = Teller(site)
        yield teller
        teller.close()


@pytest.fixture
def day(estate: Teller) -> Iterator[Teller]:
    yield estate
    estate.post("/desk/step-up/end")
    if estate.business().get("phase") == "explain":
        estate.post("/desk/explained")
    estate.post("/desk/act/cancel")
    assert estate.business() == {}
    if estate.state("desk")["reader"]["uid"]:
        estate.lift("desk")
    estate.money_agrees()


def problem(day: Teller) -> tuple[str, str]:
    seen = day.business()
    return str(seen.get("problem")), str(seen.get("problem_rule"))


def verify(day: Teller, *papers: str, **shown: object) -> None:
    data: dict[str, object] = {"paper": list(papers), **shown}
    assert day.http.post("/desk/verify", data=data).status_code < 400


def pay(day: Teller) -> None:
    day.post("/desk/agree")
    day.post("/desk/money", received="20", checked="yes")


def write(day: Teller, name: str) -> None:
    """On a new blank card, handed over and explained."""
    day.blank(name, "classic-1k")
    day.lay(name, "desk")
    day.write()


def issue(day: Teller, name: str) -> int:
    """An owner's card."""
    day.open_business(day.site.people.owner, "issue")
    day.serve(received="20")
    write(day, name)
    day.lift("desk")
    return day.card(name).number


def lease(last: str = "2026-03-31") -> dict[str, object]:
    return {
        "lease_number": "ZL-7",
        "lease_first": "2024-04-01",
        "lease_last": last,
        "copy_filed": "A-17",
    }


def unlisted(day: Teller) -> int:
    site = day.site
    with writing(site.estate, SETUP) as turn:
        owner = turn.find(HolderRow, site.people.owner, "holder")
        unit = owner.unit_id
    person = register_holder(site.estate, "王小妹", HolderClass.FAMILY, unit_id=unit)
    with writing(site.estate, SETUP) as turn:
        turn.find(HolderRow, person, "holder").listed = False
    return person


def test_no_card_is_written_without_a_choice_of_business_ic_01(day: Teller) -> None:
    day.post("/desk/holder", holder_id=day.site.people.owner)
    day.blank("untouched", "classic-1k")
    day.lay("untouched", "desk")
    for act in ("write", "retry", "print"):
        day.post(f"/desk/act/{act}")
    assert day.business() == {}
    page = day.page("/desk/")
    for key in ("F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10"):
        assert f"<kbd>{key}</kbd>" in page


def test_a_function_key_asks_for_holders_of_one_class_ic_01(day: Teller) -> None:
    day.post("/desk/home")
    assert "只看业主" in day.page("/desk/?class=owner")
    found = day.page("/desk/?class=tenant&q=5栋1单元0803")
    assert "陈立" in found
    assert "陈立" not in day.page("/desk/?class=owner&q=5栋1单元0803")
    day.post("/desk/holder", holder_id=day.site.people.owner)
    assert "李㼆" in day.page("/desk/?class=family")


def test_family_without_data_waits_for_the_owners_word_ic_04(day: Teller) -> None:
    person = unlisted(day)
    day.open_business(person, "issue")
    assert "请打电话向业主核实" in day.page("/desk/")
    verify(day)
    assert problem(day) == ("phone-record-missing", "IC-04")
    owner = day.site.people.owner
    day.post("/desk/call", owner_id=owner, result="no-answer")
    assert problem(day) == ("owner-not-reached", "IC-04b")
    assert "您看哪天方便，我们预约一个时间好吗" in day.page("/desk/")
    day.post("/desk/call", owner_id=owner, result="confirmed")
    assert problem(day)[0] == "answerer-missing"
    day.post(
        "/desk/call", owner_id=owner, result="confirmed", answered_by="王秀兰", relation="妹妹"
    )
    page = day.page("/desk/")
    assert "139****1201" in page
    assert "13900001201" not in page
    verify(day)
    assert day.business()["phase"] == "price"
    pay(day)
    write(day, "sister")
    assert day.card("sister").holder_id == person


def test_the_confirmed_person_can_be_put_on_the_record_ic_04b(day: Teller) -> None:
    person = unlisted(day)
    day.open_business(person, "issue")
    day.post("/desk/on-record")
    assert problem(day)[0] == "phone-record-missing"
    owner = day.site.people.owner
    day.post("/desk/call", owner_id=owner, result="confirmed", answered_by="王", relation="妹妹")
    day.post("/desk/on-record")
    assert day.site.office.approvals.phone_records(person).listed


def test_the_owner_at_the_counter_replaces_the_call_ic_04b(day: Teller) -> None:
    day.open_business(unlisted(day), "issue")
    verify(day, owner_present=day.site.people.tenant)
    assert problem(day) == ("owner-not-of-unit", "IC-04b")
    verify(day, owner_present=day.site.people.owner)
    assert day.business()["phase"] == "price"


def test_the_owner_at_the_counter_puts_him_on_the_record_too_ic_04b(day: Teller) -> None:
    person, approvals = unlisted(day), day.site.office.approvals
    day.open_business(person, "issue")
    assert 'name="on_record"' in day.page("/desk/")
    verify(day, owner_present=day.site.people.tenant, on_record="yes")
    assert problem(day) == ("owner-not-of-unit", "IC-04b")
    assert not approvals.phone_records(person).listed
    verify(day, owner_present=day.site.people.owner, on_record="yes")
    assert day.business()["phase"] == "price"
    assert approvals.phone_records(person).listed


def test_a_tenant_is_served_with_lease_and_copy_and_told_the_end_ic_05(day: Teller) -> None:
    day.open_business(day.site.people.tenant, "issue")
    verify(day, "lease", "id-copy")
    assert problem(day)[0] == "lease-missing"
    verify(day, "lease", **lease())
    assert problem(day) == ("paper-missing", "IC-05")
    verify(day, "lease", "id-copy", lease_number="ZL-7")
    assert problem(day) == ("lease-incomplete", "IC-05c")
    verify(day, "lease", "id-copy", **{**lease(), "lease_last": "31.3.2026"})
    assert problem(day) == ("day-unreadable", "IC-05c")
    verify(day, "lease", "id-copy", **lease())
    assert "租赁合同同日到期" in day.page("/desk/")
    pay(day)
    write(day, "tenant")
    assert day.card("tenant").rights[RightKind.DOOR].last == date(2026, 3, 31)
    assert "有效期与租赁合同同日到期。" in day.paper("desk"), "IC-05a: the receipt says so too"


def test_the_paper_of_a_free_extension_says_that_the_card_ends_with_the_lease_ic_05a(
    day: Teller,
) -> None:
    day.open_business(day.site.people.tenant, "issue")
    verify(day, "lease", "id-copy", **lease("2025-05-31"))
    pay(day)
    write(day, "extended")
    number = day.card("extended").number
    day.lift("desk")
    day.open_business(day.site.people.tenant, "extend", card_number=number)
    verify(day, "lease", "id-copy", **lease())
    assert (day.business()["phase"], day.business()["due_fen"]) == ("card", 0)
    day.lay("extended", "desk")
    day.post("/desk/act/write")
    day.until("written", lambda: day.business().get("phase") == "explain")
    day.post("/desk/card-slip")
    day.until("the slip is out", lambda: "房号：" in day.paper("desk"))
    slip = day.paper("desk")
    assert 0 < slip.index("2026年3月31日") < slip.index("有效期与租赁合同同日到期。")
    day.post("/desk/explained")


def test_an_ended_lease_is_met_with_a_way_on_ic_05a(day: Teller) -> None:
    """The old lease on file doesn't keep the clerk from entering the new one."""
    with writing(day.site.estate, SETUP) as turn:
        turn.find(HolderRow, day.site.people.tenant, "holder").lease_end = date(2025, 5, 1)
    day.open_business(day.site.people.tenant, "issue")
    assert day.business()["phase"] == "verify"
    verify(day, "lease", "id-copy", **lease("2025-05-01"))
    assert problem(day) == ("lease-expired", "IC-05a")
    assert "请客户带新的合同来" in day.page("/desk/")
    verify(day, "lease", "id-copy", **lease())
    assert day.business()["phase"] == "price"


def test_three_hands_make_a_merchants_card_on_the_pages_ic_06(day: Teller) -> None:
    merchant = day.site.people.merchant
    day.open_business(merchant, "issue")
    assert "首先需要盖公章的申请书" in day.page("/desk/")
    day.post("/desk/act/cancel")
    new = f"/desk/approvals/new/{merchant}"
    form = {"kind": "merchant", "dated": "2025-05-08", "applicant": "周敏", "id": str(uuid4())}
    assert day.http.post(new, data=form).status_code == 422  # the seal was not seen
    for _ in range(2):  # a doubled click
        day.post(new, **form, paper="sealed-application")
    (found,) = day.site.office.approvals.applications(holder_id=merchant).applications
    page = f"/desk/approvals/{found.application_id}"
    assert "等商铺负责人核实" in day.page("/desk/approvals")
    typed = {"step": "checked", "contract_ends": "2027-01-01", "remark": "属实"}
    assert day.http.post(page, data=typed).status_code == 422
    day.step_up(SHOP_HEAD, Action.CHECK_MERCHANT)
    kept = day.page(page)
    assert 'value="2027-01-01"' in kept, "typed once, also where the next person gives leave"
    assert 'value="属实"' in kept
    day.post(page, **typed)
    assert "等部门负责人同意" in day.page(page)
    day.step_up(DEPARTMENT_HEAD, Action.APPROVE_MERCHANT)
    day.post(page, step="approved", last_day="2025-12-31", length_reason="临时展位")
    for person in ("周敏", SHOP_HEAD, DEPARTMENT_HEAD):
        assert person in day.page(page)
    day.open_business(merchant, "issue")
    verify(day, "sealed-application", "application-form", "approval")
    pay(day)
    write(day, "merchant")
    assert day.card("merchant").rights[RightKind.DOOR].last == date(2025, 12, 31)
    assert "已发卡" in day.page(page)


def test_a_staff_application_is_typed_once_and_waits_for_the_step_up_ic_13(day: Teller) -> None:
    new = f"/desk/approvals/new/{day.site.people.staff}"
    form = {"kind": "staff", "dated": "2025-05-01", "section": "保洁组", "form": "section"}
    typed = {**form, "purpose": "早班开门"}
    assert day.http.post(new, data=typed).status_code == 422
    day.step_up(SECTION_HEAD, Action.APPLY_STAFF_CARD)
    kept = day.page(new)
    for words in ('value="保洁组"', 'value="早班开门"', 'value="section" selected'):
        assert words in kept
    own = re.search(r'name="id" value="([^"]+)"', kept)
    assert own
    for _ in range(2):
        assert day.http.post(new, data={**typed, "id": own.group(1)}).status_code < 400
    made = day.site.office.approvals.applications(holder_id=day.site.people.staff).applications
    assert [each.purpose for each in made].count("早班开门") == 1
    assert 'value="早班开门"' not in day.page(new), "the next one begins empty"


def test_a_sections_card_is_handed_on_by_its_head_on_its_page_ic_15a(day: Teller) -> None:
    staff = day.site.people.staff
    day.step_up(SECTION_HEAD, Action.APPLY_STAFF_CARD)
    form = {"kind": "staff", "dated": "2025-05-01", "section": "保洁组", "form": "section"}
    day.post(f"/desk/approvals/new/{staff}", **form)
    day.step_up(DEPARTMENT_HEAD, Action.APPROVE_STAFF_CARD)
    found = day.site.office.approvals.applications(holder_id=staff, waiting=True).applications
    for each in found:
        if each.holder_id == staff:
            day.post(f"/desk/approvals/{each.application_id}", step="approved")
    day.step_up(HEAD, Action.OPERATE_STAFF_CARD)
    day.open_business(staff, "issue")
    verify(day, "approval")
    write(day, "broom")
    day.post("/desk/step-up/end")
    page = f"/desk/approvals/card/{day.card('broom').number}"
    assert "保洁组的授权卡" in day.page(page)
    day.post(f"{page}/hand-on", given_to="孙丽", remark="早班")
    assert "请有权限的同事授权" in day.page(page)
    assert 'value="孙丽"' in day.page(page), "typed once"
    day.step_up(SECTION_HEAD, Action.APPLY_STAFF_CARD)
    day.post(f"{page}/hand-on", given_to="孙丽", remark="早班")
    shown = day.page(page)
    assert "<strong>孙丽</strong>" in shown
    assert SECTION_HEAD in shown


def test_a_faulty_card_is_looked_at_before_it_is_replaced_free_ic_10a(day: Teller) -> None:
    number = issue(day, "faulty")
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    assert day.business()["phase"] == "inspect"
    day.post("/desk/inspect", finding="not-man-made", inspected="")
    assert problem(day)[0] == "inspection-missing"
    day.post("/desk/inspect", finding="in-doubt", inspected="边角有痕")
    assert problem(day) == ("inspection-in-doubt", "IC-10a")
    day.post("/desk/inspect", finding="not-man-made", inspected="芯片无应答")
    assert day.business()["phase"] == "inspect"
    day.step_up(HEAD, Action.APPRAISE)
    day.post("/desk/inspect", finding="not-man-made", inspected="芯片无应答")
    verify(day)
    assert (day.business()["phase"], day.business()["due_fen"]) == ("card", 0)
    day.blank("fresh", "classic-1k")
    day.lay("fresh", "desk")
    day.post("/desk/act/write")
    day.until("written", lambda: day.business().get("phase") == "explain")
    assert day.card("faulty").status is CardStatus.REPLACED
    day.post("/desk/card-slip")
    day.until("the slip is out", lambda: "房号：" in day.paper("desk"))
    slip = day.paper("desk")
    for words in ("王秀兰", "3栋2单元1201", "2027年5月8日", "办理延期"):
        assert words in slip


def test_a_damaged_card_is_bought_again_ic_11(day: Teller) -> None:
    number = issue(day, "broken")
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    day.post("/desk/inspect", finding="man-made", inspected="卡被剪开")
    verify(day)
    assert (day.business()["phase"], day.business()["due_fen"]) == ("price", 2000)


def test_papers_for_a_new_full_period_are_a_choice_at_the_desk_ic_11a(day: Teller) -> None:
    number = issue(day, "chewed")
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    day.post("/desk/inspect", finding="man-made", inspected="咬痕")
    assert "带了新有效期的资料" in day.page("/desk/")
    day.post("/desk/full-period", wanted="yes")
    assert "IC-11a" in day.page("/desk/")
    day.post("/desk/full-period", wanted="no")
    day.post("/desk/full-period", wanted="yes")
    verify(day)
    business = day.site.counter.business
    assert business is not None
    assert business.quote is not None
    assert QuoteNote.FULL_PERIOD in business.quote.notes
    pay(day)
    write(day, "new-term")
    assert day.card("new-term").number > number


def test_the_visit_ends_only_after_the_explanation_ic_08(day: Teller) -> None:
    day.open_business(day.site.people.owner, "issue")
    day.serve(received="20")
    day.blank("told", "classic-1k")
    day.lay("told", "desk")
    day.post("/desk/act/write")
    day.until("printed", lambda: day.business().get("document_state") == "printed")
    day.post("/desk/paper/handed-over", sealed="yes", signed="paper")
    for _ in range(2):
        day.post("/desk/act/cancel")
        assert day.business()["phase"] == "explain"
    page = day.page("/desk/")
    for words in ("使用方法", "至 2027-", "注意事项", "办理延期"):
        assert words in page
    for _ in range(2):
        day.post("/desk/explained")
    assert day.business()["phase"] == "closed"


def test_the_receipt_says_holder_unit_card_last_day_and_extension_ic_08(day: Teller) -> None:
    number = issue(day, "printed")
    paper = day.paper("desk")
    for words in ("王秀兰", "3栋2单元1201", f"{number}", "有效期至", "办理延期"):
        assert words in paper


def test_a_lost_card_found_again_is_formatted_from_the_reader_ic_23a(day: Teller) -> None:
    number = issue(day, "lost")
    day.post("/desk/holder", holder_id=day.site.people.owner)
    for _ in range(2):
        day.post("/desk/block", card_number=number, reporter="owner")
    assert day.card("lost").status is CardStatus.BLOCKED
    day.post("/desk/unblock", card_number=number)
    assert day.state("desk")["notice"] == "lost-not-allowed-again"
    day.lay("lost", "desk")
    assert "王秀兰 名下" in day.page("/desk/reader")
    day.post("/desk/report", kind="found", reporter="finder", card_number=number)
    assert (day.business()["kind"], day.business()["phase"]) == ("format", "card")
    day.post("/desk/act/write")
    day.until("formatted", lambda: day.business().get("phase") == "closed")
    assert day.card("lost").status is CardStatus.RETURNED


def test_a_card_is_returned_and_swapped_within_the_home_ic_23a(day: Teller) -> None:
    number = issue(day, "given")
    page = day.page(f"/desk/approvals/card/{number}")
    for words in ("退卡", "换给同户住户", "李㼆"):
        assert words in page
    day.lay("given", "desk")
    family = day.site.people.family
    form = {"kind": "swapped", "reporter": "owner", "card_number": number, "id": str(uuid4())}
    day.post("/desk/report", **form, for_holder_id=day.site.people.tenant)
    assert day.state("desk")["notice"] == "other-household"
    assert day.card("given").status is CardStatus.LIVE
    day.post("/desk/report", **{**form, "id": str(uuid4())}, for_holder_id=family)
    day.post("/desk/act/write")
    day.until("formatted", lambda: day.business().get("phase") == "closed")
    day.post("/desk/act/cancel")
    day.open_business(family, "issue")
    day.serve(received="20")
    day.write()
    assert day.card("given").holder_id == family


def test_a_card_of_another_unit_is_not_written_for_this_holder_ic_18(day: Teller) -> None:
    """IC-18: somebody's card is no blank."""
    number = issue(day, "theirs")
    day.blank("others", "classic-1k")
    day.open_business(day.site.people.family, "issue")
    day.serve(received="20")
    day.lay("theirs", "desk")
    day.post("/desk/act/write")
    day.until("refused", lambda: day.business().get("problem") == "format-first")
    assert day.card("theirs").number == number


def test_buttons_pressed_twice_and_the_back_button_do_nothing_twice_ic_09a(day: Teller) -> None:
    day.open_business(day.site.people.owner, "issue")
    verify(day)
    verify(day)
    for _ in range(2):
        pay(day)
    day.blank("once", "classic-1k")
    day.lay("once", "desk")
    for _ in range(2):
        day.post("/desk/act/write")
    day.until("printed", lambda: day.business().get("document_state") == "printed")
    verify(day)
    pay(day)  # back, and once more
    assert (day.business()["phase"], day.business()["received_fen"]) == ("paper", 2000)
    day.hand_over()


def test_strange_addresses_and_forms_are_answered_politely_ic_23(day: Teller) -> None:
    for path in (
        f"/desk/approvals/{uuid4()}",
        "/desk/approvals/card/999999",
        "/desk/approvals/new/999999",
        f"/desk/approvals/new/{day.site.people.owner}",
    ):
        assert day.http.get(path).status_code == 404
    for form in ({}, {"card_number": "x"}, {"card_number": "1", "kind": "eaten"}):
        day.post("/desk/report", **form)
    day.post("/desk/inspect", finding="x")
    day.post("/desk/call", owner_id="x", result="y")
    day.post("/desk/explained")
    assert day.http.post("/desk/approvals/new/999999", data={"kind": "x"}).status_code == 400


def test_a_suspected_copy_is_no_lost_card_at_the_desk_ic_21a(day: Teller) -> None:
    """It says what it is; it is inspected before it is exchanged, or allowed again in words."""
    number = issue(day, "twin")
    day.site.counter.server.block(number, Denial.SUSPECTED)
    day.post("/desk/holder", holder_id=day.site.people.owner)
    page = day.page("/desk/")
    assert "疑被复制" in page
    assert "由 张晓 停用" in page
    assert "换发 DESFire 卡" in page
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    assert day.business()["phase"] == "inspect"
    assert "检查了什么" in day.page("/desk/")
    day.post("/desk/act/cancel")
    day.post("/desk/unblock", card_number=number)
    assert day.state("desk")["notice"] == "suspicion-not-looked-at"
    day.post("/desk/unblock", card_number=number, looked="读了两次，是一张卡")
    assert day.card("twin").status is CardStatus.LIVE


def sheet(day: Teller, number: int) -> str:
    """What the owner's sheet offers for one card, as markup."""
    day.post("/desk/holder", holder_id=day.site.people.owner)
    return day.page("/desk/").split(f'id="card-{number}"')[1].split("</article>")[0]


def test_a_card_blocked_for_other_reasons_is_inspected_or_reported_lost_ic_23a(
    day: Teller,
) -> None:
    """The sheet offers what will be accepted; a form that says otherwise is refused in words."""
    number = issue(day, "owing")
    day.site.counter.server.block(number, "欠费")
    offered = sheet(day, number)
    assert 'value="faulty"' in offered
    assert 'value="lost"' in offered.split("loss-")[1], "to report"
    assert "恢复使用" in offered
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="lost")
    assert day.business() == {}
    assert day.state("desk")["notice"] == "not-reported-lost"
    assert "请先挂失再补卡" in day.page("/desk/")
    day.post("/desk/block", card_number=number, reporter="owner")
    offered = sheet(day, number)
    assert 'name="reason" value="lost"' in offered
    for gone in ('value="faulty"', "loss-", "恢复使用"):
        assert gone not in offered
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    assert (day.business()["phase"], day.business()["due_fen"]) == ("verify", 2000)


def test_a_card_given_back_is_formatted_later_from_the_sheet_ic_18(day: Teller) -> None:
    """The clerk was called away after the report: the sheet has the button of what is next."""
    number = issue(day, "kept")
    day.lay("kept", "desk")
    day.post("/desk/report", kind="returned", reporter="holder", card_number=number)
    assert "已退卡，待格式化" in day.page("/desk/reader"), "as on the sheet"
    day.post("/desk/act/cancel")
    offered = sheet(day, number)
    assert "请格式化" in offered
    assert 'value="format"' in offered
    for gone in ('value="replace"', "loss-", "恢复使用"):
        assert gone not in offered
    day.open_business(day.site.people.owner, "format", card_number=number)
    day.post("/desk/act/write")
    day.until("formatted", lambda: day.business().get("phase") == "closed")
    assert day.card("kept").status is CardStatus.RETURNED


def test_a_free_replacement_undone_stays_what_the_inspection_came_to_ic_10a(day: Teller) -> None:
    """Begun, and the blank taken away: the card is blocked for it and lost to nobody."""
    number = issue(day, "cracked")
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    day.post("/desk/inspect", finding="not-man-made", inspected="芯片无应答")
    verify(day)
    day.blank("unlucky", "classic-1k")
    day.lay("unlucky", "desk")
    reader = day.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=27)))
    day.post("/desk/act/write")
    day.until("it is torn", lambda: day.business().get("phase") == "broken-off")
    reader.plan(None)
    day.post("/desk/undo", wanted="yes")
    day.lift("desk")
    day.lay("unlucky", "desk")
    day.until("undone", lambda: day.business().get("phase") == "closed")
    day.post("/desk/act/cancel")
    offered = sheet(day, number)
    assert "补卡中" in offered
    assert 'value="faulty"' in offered
    assert "恢复使用" in offered
    day.open_business(day.site.people.owner, "replace", card_number=number, reason="faulty")
    assert (day.business()["phase"], day.business()["due_fen"]) == ("verify", 0)


def test_a_staff_card_reported_lost_is_appraised_anew_and_only_as_lost_ic_16a(day: Teller) -> None:
    """An older finding is no word on a card that is gone."""
    staff = day.site.people.staff
    for _ in range(2):
        day.apply_for_staff(staff)
    day.step_up(HEAD, Action.OPERATE_STAFF_CARD)
    day.step_up(HEAD, Action.APPRAISE)
    day.open_business(staff, "issue")
    verify(day, "approval")
    write(day, "guard")
    day.lift("desk")
    number = day.card("guard").number
    day.open_business(staff, "replace", card_number=number, reason="faulty")
    assert "遗失" not in day.page("/desk/").split('id="finding"')[1].split("</select>")[0]
    day.post("/desk/inspect", finding="not-man-made", inspected="看过")
    day.post("/desk/act/cancel")
    day.post("/desk/block", card_number=number, reporter="head")
    day.open_business(staff, "replace", card_number=number, reason="lost")
    assert day.business()["phase"] == "inspect"
    offered = day.page("/desk/").split('id="finding"')[1].split("</select>")[0]
    assert 'value="lost"' in offered
    assert 'value="not-man-made"' not in offered
    day.post("/desk/inspect", finding="lost", inspected="本人说明")
    verify(day)
    assert (day.business()["phase"], day.business()["due_fen"]) == ("price", 2000)


def test_a_sheet_that_somebody_else_made_old_is_looked_up_again_ic_23a(day: Teller) -> None:
    """Another desk took the loss report while this one had the card's sheet open."""
    number = issue(day, "elsewhere")
    sheet(day, number)
    lost = ReportRequest(report_id=str(uuid4()), kind=ReportKind.LOST, reporter=Reporter.OWNER)
    day.site.counter.server.approvals.report(number, lost)
    form = {"kind": "replace", "card_number": number}
    day.post("/desk/business", **form, reason="faulty")
    assert day.business() == {}
    assert day.state("desk")["notice"] == "reported-lost"
    page = day.page("/desk/")
    assert "请按挂失补卡" in page
    assert "已挂失" in page.split(f'id="card-{number}"')[1].split("</article>")[0]
    day.post("/desk/business", **form, reason="lost")
    assert day.business()["phase"] == "verify"
