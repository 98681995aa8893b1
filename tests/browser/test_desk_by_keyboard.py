"""The counter as a clerk works it: keys only at the desk, cards by the panel's calls.

The tests of this file are one day at one counter.
"""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from cardserver.domain.permits import Action
from cardserver.domain.rights import RightKind
from simulators.deskstory import issue_to_the_owner
from simulators.estate import HEAD
from tests.browser.clerk import (
    apply_for_merchant,
    explain,
    find,
    lay_blank,
    lay_new_card,
    leave,
    press,
    seal_and_hand_over,
    show_lease,
    step,
    step_up,
    tick_papers,
    type_amount,
)
from tests.browser.served import DESK_SIZE, Served, Watched, watched

DESK = "/desk/"
COVERED = """covered => {
    Object.defineProperty(document, "hidden", { configurable: true, value: covered });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Another tab is in front, or no longer; a browser without windows shows all of them."""


@pytest.fixture(autouse=True)
def cleared(served: Served) -> Iterator[None]:
    """After each test nothing lies on the reader and no business is open, whatever happened."""
    yield
    served.site.readers["desk"].plan(None)
    served.site.box.lift("desk")
    tell = served.tell
    tell.post("/desk/step-up/end")
    if tell.business().get("document_state") == "printed" or tell.business().get("card_number"):
        tell.hand_over()
    if tell.business().get("phase") not in {None, "writing", "broken-off"}:
        tell.post("/desk/act/cancel")


def test_a_card_is_issued_with_the_keyboard_alone(desk_window: Watched, served: Served) -> None:
    desk = desk_window.open(DESK)
    find(desk, "1201", "王秀兰", down=1)

    press(desk, "F2", "核对身份")
    expect(desk.get_by_role("button", name="已核对")).to_be_focused()
    press(desk, "Enter", "说明价格")
    expect(desk.locator("#work")).to_contain_text("请告诉客户：一共 20 元。")
    press(desk, "Enter", "收款")
    type_amount(desk, "100")
    expect(desk.locator("#change")).to_have_text("一共收您100元，找您80元。")
    desk.keyboard.press("Enter")
    notice = desk.locator("#work .notice")
    expect(notice).to_contain_text("请过验钞机")
    expect(desk.locator("#received"), "what was typed is still there").to_have_value("100")
    desk.locator("#received").press("Tab")
    desk.keyboard.press("Space")
    press(desk, "Enter", "写卡")
    expect(desk.locator(".money")).to_contain_text("一共收您100元，找您80元。")
    expect(desk.get_by_role("button", name="写卡")).to_be_disabled()

    served.tell.card_ids["owner"] = lay_new_card(desk, served.url, "desfire-ev2")
    expect(desk.locator("#reader")).to_contain_text("MIFARE DESFire EV2")
    expect(desk.get_by_role("button", name="写卡")).to_be_focused()
    press(desk, "Enter", "票据")
    expect(desk.locator("#work")).to_contain_text("已打印")
    expect(desk.locator(".paper-strip")).to_contain_text("人民币贰拾元整")
    assert "人民币贰拾元整" in served.tell.paper("desk")

    seal_and_hand_over(desk)
    expect(step(desk)).to_contain_text("说明用法")
    explain(desk)
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-card]")).to_contain_text("MIFARE DESFire EV2")
    expect(desk.locator("[data-card] .term")).to_contain_text("还有 730 天")
    assert served.tell.card("owner").rights[RightKind.DOOR].last == date(2027, 5, 8)
    served.tell.money_agrees()


def test_parking_is_added_by_its_key_to_the_card_that_lies_there(
    desk_window: Watched, served: Served
) -> None:
    desk = desk_window.open(DESK)
    if "owner" not in served.tell.card_ids:
        issue_to_the_owner(served.tell)
    served.tell.lay("owner", "desk")
    expect(desk.locator("[data-card][data-selected]")).to_contain_text("在读卡器上")
    press(desk, "F6", "核对身份")
    desk.keyboard.press("Enter")
    expect(desk.locator("#work .notice", has_text="首先需要看过下面的资料")).to_be_visible()
    tick_papers(desk)
    press(desk, "Enter", "说明价格")
    press(desk, "Enter", "收款")
    type_amount(desk, "300")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    press(desk, "Enter", "写卡")
    press(desk, "Enter", "票据")
    expect(desk.get_by_role("button", name="已交给客户")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#numbers"), "the invoices on top are proposed").to_be_focused()
    expect(desk.locator("#numbers")).to_have_value("07000301-07000303")
    desk.keyboard.press("Enter")
    explain(desk)
    leave(desk)
    expect(desk.locator("#reader .term")).to_have_count(2)
    assert served.tell.card("owner").rights[RightKind.PARKING].last == date(2025, 6, 8)
    served.tell.lift("desk")


def test_enter_held_down_goes_one_step_only(desk_window: Watched, served: Served) -> None:
    desk = desk_window.open(DESK)
    find(desk, "李", "李㼆")
    press(desk, "F3", "核对身份")
    desk.keyboard.down("Enter")
    for _ in range(5):
        desk.keyboard.down("Enter")  # the keyboard repeats a key that is held
    expect(step(desk)).to_contain_text("说明价格")
    desk.keyboard.up("Enter")
    assert served.tell.business()["phase"] == "price"
    desk.keyboard.press("Escape")
    expect(desk.locator("h1")).to_have_text("李㼆")


def test_a_card_torn_in_mid_write_is_explained_and_finished_when_it_is_back(
    desk_window: Watched, served: Served
) -> None:
    desk = desk_window.open(DESK)
    find(desk, "李", "李㼆")
    press(desk, "F3", "核对身份")
    press(desk, "Enter", "说明价格")
    press(desk, "Enter", "收款")
    type_amount(desk, "20")
    press(desk, "Enter", "写卡")
    served.tell.blank("family", "classic-1k")
    served.tell.lay("family", "desk")
    served.tear_after("desk", 30)
    expect(desk.get_by_role("button", name="写卡")).to_be_enabled()
    desk.keyboard.press("Enter")

    torn = desk.locator(".torn")
    expect(torn).to_contain_text("钱和账都在，没有丢失。")
    expect(torn).to_contain_text("请把同一张卡放回读卡器，会自动接着写完。")
    expect(desk.locator("#reader")).to_contain_text("请把卡放在这里")
    served.site.readers["desk"].plan(None)

    served.tell.lay("family", "desk")
    expect(desk.locator("#work")).to_contain_text("读回一致")
    seal_and_hand_over(desk)
    explain(desk)
    desk.keyboard.press("Enter")
    served.tell.money_agrees()
    served.tell.lift("desk")


def test_while_a_card_is_written_the_page_stands_still_and_shows_how_far_it_is(
    desk_window: Watched, served: Served
) -> None:
    served.tell.apply_for_staff(served.site.people.staff)
    desk = desk_window.open(DESK)
    find(desk, "赵强", "赵强")
    desk.keyboard.press("F10")
    step_up(desk, HEAD)
    press(desk, "F10", "核对身份")
    desk.keyboard.press("Space")
    press(desk, "Enter", "写卡")
    served.tell.blank("staff", "desfire-ev1")
    served.tell.lay("staff", "desk")
    expect(desk.get_by_role("button", name="写卡")).to_be_enabled()
    with served.holding("desk", 12) as stands:
        desk.keyboard.press("Enter")
        assert stands.wait(10)
        expect(desk.locator(".still")).to_contain_text("请让卡留在读卡器上")
        expect(desk.locator(".progress .now")).to_have_text("设置密钥")
        expect(desk.locator("[data-next]"), "there is nothing to press").to_have_count(0)
    explain(desk)
    served.tell.lift("desk")


def test_a_staff_card_is_not_formatted_by_enter_alone(desk_window: Watched, served: Served) -> None:
    tell = served.tell
    if "staff" not in tell.card_ids:
        tell.apply_for_staff(served.site.people.staff)
        tell.step_up(HEAD, Action.OPERATE_STAFF_CARD)
        tell.open_business(served.site.people.staff, "issue")
        tell.serve(("approval",))
        tell.blank("staff", "classic-1k")
        tell.lay("staff", "desk")
        tell.write()
        tell.post("/desk/step-up/end")
    desk = desk_window.open(DESK)
    find(desk, "赵强", "赵强")
    desk.get_by_role("button", name="格式化").press("Enter")
    step_up(desk, HEAD)
    desk.get_by_role("button", name="格式化").press("Enter")
    expect(desk.locator("#sure")).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.locator("[aria-current=step] h2")).to_contain_text("写卡")
    desk.keyboard.press("Escape")
    expect(desk.locator("h1")).to_have_text("赵强")


def test_the_loss_key_means_the_chosen_card_and_no_other(
    desk_window: Watched, served: Served
) -> None:
    tell = served.tell
    for name in ("first", "second"):
        apply_for_merchant(tell)
        tell.open_business(served.site.people.merchant, "issue")
        tell.serve(("sealed-application", "application-form", "approval"), received="20")
        tell.blank(name, "classic-1k")
        tell.lay(name, "desk")
        tell.write()
        tell.lift("desk")
    desk = desk_window.open(DESK)
    find(desk, "S12", "百味小吃店 周敏")
    cards = desk.locator("[data-card]")
    expect(cards).to_have_count(2)
    upper, lower = (
        int(label.split()[0])
        for label in cards.evaluate_all(
            "found => found.map((each) => each.getAttribute('aria-label'))"
        )
    )
    desk.keyboard.press("ArrowDown")
    expect(cards.nth(1)).to_have_attribute("data-selected", "")
    desk.keyboard.press("F9")
    expect(cards.nth(1).get_by_label("由谁提出"), "one key alone blocks nothing").to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(cards.nth(1)).to_contain_text("已挂失")
    states = {number: tell.site.office.card(number=number) for number in (upper, lower)}
    assert [card and card.status.value for card in states.values()] == ["live", "blocked"]


def test_a_card_laid_down_while_the_clerk_types_takes_nothing_from_the_field(
    desk_window: Watched, served: Served
) -> None:
    desk = desk_window.open(DESK)
    find(desk, "陈立", "陈立")
    press(desk, "F4", "核对身份")
    show_lease(desk)
    press(desk, "Enter", "说明价格")
    press(desk, "Enter", "收款")
    type_amount(desk, "5")
    lay_blank(served, "any", "classic-1k")
    expect(desk.locator("#reader")).to_contain_text("未登记的卡")
    expect(desk.locator("#received")).to_be_focused()
    desk.keyboard.type("0")
    expect(desk.locator("#received")).to_have_value("50")
    expect(desk.locator("#change")).to_have_text("一共收您50元，找您30元。")
    desk.keyboard.press("Escape")
    expect(desk.locator("h1")).to_have_text("陈立")


def test_a_card_laid_down_while_the_clerk_stands_on_a_button_leaves_the_keyboard_there(
    desk_window: Watched, served: Served
) -> None:
    desk = desk_window.open(DESK)
    find(desk, "1201", "王秀兰", down=1)
    button = desk.get_by_role("button", name="回首页")
    desk.get_by_role("button", name="显示完整电话").focus()
    desk.keyboard.press("Tab")
    expect(button).to_be_focused()
    lay_blank(served, "any", "classic-1k")
    expect(desk.locator("#reader")).to_contain_text("未登记的卡")
    expect(button).to_be_focused()


def test_back_after_a_payment_repeats_nothing(desk_window: Watched, served: Served) -> None:
    desk = desk_window.open("/")
    desk.goto(desk_window.url + DESK)
    find(desk, "陈立", "陈立")
    press(desk, "F4", "核对身份")
    show_lease(desk)
    press(desk, "Enter", "说明价格")
    press(desk, "Enter", "收款")
    type_amount(desk, "20")
    press(desk, "Enter", "写卡")
    taken = served.site.balances()

    desk.go_back()
    desk.go_forward()
    desk.reload()
    expect(step(desk)).to_contain_text("写卡")
    assert served.site.balances() == taken

    summary = desk.locator("summary", has_text="取消")
    summary.focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("button", name="退还客户 20 元").press("Enter")
    expect(desk.locator("#work .notice.done")).to_contain_text("请把收到的钱退还客户")
    served.tell.money_agrees()


def test_a_form_sent_without_scripts_works_and_back_repeats_nothing(
    browser: Browser, served: Served
) -> None:
    apply_for_merchant(served.tell)
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(served.url + DESK)
        page.locator("#q").fill("百味")
        page.locator("#q").press("Enter")
        page.locator("[data-found]").click()
        expect(page.locator("h1")).to_have_text("百味小吃店 周敏")
        page.get_by_role("button", name="发新卡").click()
        verified = page.get_by_role("button", name="已核对")
        expect(verified, "all papers stand above it").to_be_visible()
        for box in page.locator("[name=paper]").all():
            box.check()
        verified.click()
        page.get_by_role("button", name="客户同意").click()
        page.locator("#received").fill("20")
        page.get_by_role("button", name="收款并找零").click()
        expect(step(page)).to_contain_text("写卡")
        taken = served.site.balances()
        page.go_back()
        page.go_forward()
        expect(step(page)).to_contain_text("写卡")
        assert served.site.balances() == taken
        page.locator("#work summary").click()
        page.get_by_role("button", name="退还客户 20 元").click()
        expect(page.locator("#work .notice.done")).to_contain_text("请把收到的钱退还客户")
    finally:
        context.close()
    served.tell.money_agrees()


def test_a_reader_without_its_cable_says_so_and_comes_back_by_itself(
    desk_window: Watched, served: Served
) -> None:
    desk = desk_window.open(DESK)
    light = desk.locator("#lights .light").first
    expect(light).to_contain_text("就绪")
    served.site.readers["desk"].unplug()
    expect(light).to_contain_text("未连接")
    expect(desk.locator("#reader")).to_contain_text("请检查 USB 线")
    served.site.readers["desk"].replug()
    expect(light).to_contain_text("就绪")


def test_a_page_in_a_tab_nobody_sees_holds_no_line_and_shows_what_it_missed_once_seen(
    desk_window: Watched, served: Served
) -> None:
    """A browser has six lines to one station: the seventh listening tab would stand still."""
    desk = desk_window.open(DESK)
    expect(desk.locator("#lights .light").first).to_contain_text("就绪")
    with desk.expect_event("requestfailed", lambda request: "/desk/events" in request.url):
        desk.evaluate(COVERED, True)
    served.site.readers["desk"].unplug()
    with desk.expect_request("**/desk/events?*"):
        desk.evaluate(COVERED, False)
    expect(desk.locator("#reader")).to_contain_text("请检查 USB 线")
    served.site.readers["desk"].replug()
    expect(desk.locator("#lights .light").first).to_contain_text("就绪")
    with desk.expect_request("**/desk/events?*"):
        desk.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")


def test_paper_that_ran_out_is_said_and_printed_when_it_is_back(
    desk_window: Watched, served: Served
) -> None:
    tell = served.tell
    printer = served.site.printers["desk"]
    printer.change(paper_out=True)
    tell.open_business(served.site.people.owner, "issue")
    tell.serve(received="20")
    tell.blank("spare", "desfire-ev3")
    tell.lay("spare", "desk")
    desk = desk_window.open(DESK)
    expect(desk.get_by_role("button", name="写卡")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#work .notice")).to_contain_text("票据没有打出来")
    expect(desk.locator("#today")).to_contain_text("1 张票据待补")
    expect(desk.get_by_role("button", name="已交给客户")).to_have_count(0)
    printer.load_paper()
    expect(desk.get_by_role("button", name="打印")).to_be_focused()
    desk.keyboard.press("Enter")
    seal_and_hand_over(desk)
    explain(desk)
    leave(desk)
    tell.lift("desk")


def test_escape_leaves_a_field_that_was_typed_in_before_it_leaves_the_page(
    desk_window: Watched,
) -> None:
    desk = desk_window.open("/desk/shift/")
    field = desk.locator("#count-10000")
    expect(field).to_be_focused()
    desk.keyboard.type("12")
    desk.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    expect(field, "the count is still there").to_have_value("12")
    desk.keyboard.press("Escape")
    expect(desk.locator("#work")).to_be_visible()


def test_the_language_is_switched_in_the_middle_of_a_business_and_nothing_is_lost(
    desk_window: Watched, served: Served
) -> None:
    served.tell.open_business(served.site.people.family, "issue")
    served.tell.post("/desk/verify")
    desk = desk_window.open(DESK)
    for language, said in (
        ("en", "Say the price"),
        ("zh-Hant", "說明價格"),
        ("zh-Hans", "说明价格"),
    ):
        desk.locator(f".language a[lang={language}]").press("Enter")
        expect(desk.locator("html")).to_have_attribute("lang", language)
        expect(step(desk)).to_contain_text(said)
        keys = re.findall(r"\b[a-z]+\.[a-z-]+\.[a-z-]+\b", desk.locator("body").inner_text())
        assert keys == [], "every word of the page is in the catalogue"
    assert served.tell.business()["phase"] == "price"


def test_who_takes_a_card_signs_on_the_pad_ic_07(browser: Browser, served: Served) -> None:
    """The one thing at the desk that is done with a pen; so this page has to be drawn."""
    if "owner" not in served.tell.card_ids:
        issue_to_the_owner(served.tell)
    with watched(browser, served.url, DESK_SIZE) as window:
        desk = window.open(f"{DESK}register")
        desk.get_by_role("link", name="待签名").last.click()
        pad = desk.locator("[data-pad] canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for down in (20, 50, 80):
            desk.mouse.move(box["x"] + 20, box["y"] + down)
            desk.mouse.down()
            desk.mouse.move(box["x"] + 220, box["y"] + down + 15, steps=12)
            desk.mouse.up()
        desk.get_by_role("button", name="已在签名板签名").click()
        expect(desk.locator("polyline")).to_have_count(3)
        window.must_have_been_quiet()
