"""The kiosk as a resident meets it: one finger, one card, some banknotes.

The tests of this file are one month at one kiosk and run in their order.
"""

import re
import time
from datetime import date

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cardserver.domain.rights import RightKind
from kiosk.station.i18n import LANGUAGE_NAMES
from simulators.acceptor_path import AT_ONCE
from simulators.deskstory import add_parking, issue_to_the_owner
from simulators.kioskstory import slot_is_free
from tests.browser.served import KIOSK_SIZE, Served, Watched, watched

KIOSK = "/kiosk/"
TWENTY_MM_PX = 96
"""20 mm on the kiosk's 18-inch screen of 1080 x 1920 (122 dots an inch)."""


@pytest.fixture(scope="module", autouse=True)
def owner_with_parking(served: Served) -> None:
    """The owner has a card with a door and a parking right; it is 9 June."""
    served.site.acceptor._path._timing = AT_ONCE
    issue_to_the_owner(served.tell)
    add_parking(served.tell)
    served.day(2025, 6, 9)


@pytest.fixture(autouse=True)
def cleared(served: Served) -> None:
    """Before each test the kiosk invites."""
    served.site.readers["kiosk"].plan(None)
    served.site.box.lift("kiosk")
    if _screen(served) in {"owed", "pay"}:
        served.tell.post("/kiosk/touch/cancelled")
    served.tell.until("the kiosk invites", lambda: _screen(served) == "attract")


def _screen(served: Served) -> str:
    return str(served.tell.state("kiosk")["screen"])


def shown(page: Page, screen: str) -> Locator:
    """The screen by its name, once it is there."""
    place = page.locator(f"[data-screen={screen}]")
    expect(place).to_be_visible()
    return place


def touch(page: Page, words: str) -> None:
    """A finger on a button."""
    page.get_by_role("button", name=words).tap()


def feed(served: Served, yuan: int, *, paid: int) -> None:
    """Push a banknote into the slot when it is open and see it credited."""
    served.tell.until("the slot is open", lambda: slot_is_free(served.tell))
    served.site.acceptor.insert_note(yuan * 100)
    served.tell.until(
        f"{paid} yuan are in", lambda: served.tell.state("kiosk")["credited_fen"] == paid * 100
    )


def lay(served: Served, name: str = "owner") -> None:
    """Lay a card on the kiosk."""
    served.site.box.lay(served.tell.card_ids[name], "kiosk")


def test_parking_is_topped_up_by_touch_and_banknotes(kiosk_window: Watched, served: Served) -> None:
    page = kiosk_window.open(KIOSK)
    attract = shown(page, "attract")
    for words in ("停车充值，请放卡", "可用纸币", "不找零", "停車充值，請放卡", "Parking top-up"):
        expect(attract).to_contain_text(words)
    expect(page.locator(".kiosk-foot")).to_contain_text("0755-8000 1234")

    lay(served)
    months = shown(page, "months")
    expect(months).to_contain_text("粤B****34")
    expect(months.get_by_role("button", name="1 个月")).to_contain_text("用到2025年7月8日")
    touch(page, "1 个月")

    confirm = shown(page, "confirm")
    expect(confirm).to_contain_text("2025年7月8日")
    expect(confirm).to_contain_text("300 元")
    expect(confirm, "said before the first note").to_contain_text("本机不找零")
    touch(page, "去付款")

    pay = shown(page, "pay")
    for paid in (100, 200):
        feed(served, 100, paid=paid)
        expect(pay.locator(".amount")).to_have_text(f"{300 - paid} 元")
    feed(served, 50, paid=250)
    expect(pay.locator(".notes .not-now"), "too large for what is missing").to_have_text(["100"])
    feed(served, 50, paid=300)

    done = shown(page, "done")
    expect(done).to_contain_text("2025年7月8日")
    expect(done).to_contain_text("请取走您的卡")
    parking = served.tell.card("owner").rights[RightKind.PARKING]
    assert (parking.first, parking.last) == (date(2025, 6, 9), date(2025, 7, 8))
    served.site.box.lift("kiosk")
    shown(page, "attract")
    served.tell.money_agrees()


def test_each_touch_draws_the_screen_once(kiosk_window: Watched, served: Served) -> None:
    page = kiosk_window.open(KIOSK)
    lay(served)
    shown(page, "months")
    page.evaluate("""() => {
        window.drawn = 0;
        document.body.addEventListener('htmx:afterSwap', event => {
            if (event.detail.target.id === 'screen') { window.drawn += 1; }
        });
    }""")
    for _ in range(3):
        page.locator(".answers button").first.tap()
        shown(page, "confirm")
        touch(page, "返回")
        shown(page, "months")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.drawn") == 6


def test_a_card_that_leaves_too_early_is_asked_back_and_finished(
    kiosk_window: Watched, served: Served
) -> None:
    page = kiosk_window.open(KIOSK)
    lay(served)
    shown(page, "months")
    touch(page, "1 个月")
    shown(page, "confirm")
    touch(page, "去付款")
    shown(page, "pay")
    feed(served, 100, paid=100)
    feed(served, 100, paid=200)
    served.tear_after("kiosk", 14)
    feed(served, 100, paid=300)
    back = shown(page, "lay-back")
    expect(back).to_contain_text("您的钱已收好。请把同一张卡放回读卡区，几秒钟就好。")
    served.site.readers["kiosk"].plan(None)
    lay(served)
    expect(shown(page, "done")).to_contain_text("2025年8月8日")
    served.tell.money_agrees()


def test_money_put_in_so_far_is_recorded_when_the_resident_stops(
    kiosk_window: Watched, served: Served
) -> None:
    page = kiosk_window.open(KIOSK)
    lay(served)
    shown(page, "months")
    touch(page, "1 个月")
    shown(page, "confirm")
    touch(page, "去付款")
    shown(page, "pay")
    feed(served, 100, paid=100)
    touch(page, "先放到这里")
    owed = shown(page, "owed")
    expect(owed).to_contain_text("已收到 100 元，一分都不会少。")
    expect(owed).to_contain_text("请您带上卡和凭条到前台，这笔钱会退还给您")
    expect(owed, "what was given up is finished at no kiosk").not_to_contain_text("充值机")
    expect(owed.locator("dd").first).to_have_text(re.compile(r"[0-9A-F]{8}"))
    served.tell.money_agrees()


def test_back_and_reload_pay_nothing_twice(kiosk_window: Watched, served: Served) -> None:
    page = kiosk_window.open(KIOSK)
    lay(served)
    shown(page, "months")
    touch(page, "1 个月")
    shown(page, "confirm")
    touch(page, "去付款")
    shown(page, "pay")
    before = served.site.balances()
    page.reload()
    page.go_back()
    page.goto(kiosk_window.url + KIOSK)
    shown(page, "pay")
    assert served.site.balances() == before
    touch(page, "不办了")
    served.site.box.lift("kiosk")
    shown(page, "attract")


def test_the_last_seconds_are_counted_down_in_sight_and_more_time_is_given(
    kiosk_window: Watched, served: Served
) -> None:
    page = kiosk_window.open(KIOSK)
    lay(served)
    shown(page, "months")
    more = page.get_by_role("button", name="我还需要时间")
    expect(more).to_be_hidden()
    served.site.machine.deadline = time.monotonic() + 25
    expect(page.get_by_role("timer")).to_contain_text(re.compile(r"还有 2\d 秒回到首页"))
    expect(more).to_be_visible()
    box = page.get_by_role("button", name="1 个月").bounding_box()
    more.tap()
    expect(more).to_be_hidden()
    assert page.get_by_role("button", name="1 个月").bounding_box() == box, "nothing moved"
    assert served.site.machine.seconds_left is not None
    assert served.site.machine.seconds_left > 30


def test_a_choice_of_language_and_print_ends_with_the_visit(
    kiosk_window: Watched, served: Served
) -> None:
    page = kiosk_window.open(KIOSK)
    page.locator(".language a[lang=en]").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    touch(page, "Large print")
    expect(page.locator("body")).to_have_class("kiosk large")
    lay(served)
    expect(shown(page, "months")).to_contain_text("How many months would you like?")
    touch(page, "3 months")
    expect(shown(page, "confirm")).to_contain_text("8 November 2025")
    touch(page, "Back")
    shown(page, "months")
    touch(page, "Not now")
    served.site.box.lift("kiosk")
    expect(shown(page, "attract")).to_contain_text("停车充值，请放卡")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("body")).to_have_class("kiosk")


@pytest.mark.parametrize("large", [False, True], ids=["usual", "large print"])
def test_every_target_is_a_finger_wide_and_no_screen_needs_scrolling(
    kiosk_window: Watched, served: Served, *, large: bool
) -> None:
    page = kiosk_window.open(KIOSK)
    if large:
        page.locator(".kiosk-foot button").tap()
        expect(page.locator("body")).to_have_class("kiosk large")

    def measure_all(screen: str) -> None:
        for language in LANGUAGE_NAMES:
            page.goto(f"{kiosk_window.url}{KIOSK}?lang={language}")
            shown(page, screen)
            measure(page)

    measure_all("attract")
    lay(served)
    shown(page, "months")
    measure_all("months")
    page.locator(".answers button").first.tap()
    shown(page, "confirm")
    measure_all("confirm")
    page.locator(".bottom button.main").tap()
    shown(page, "pay")
    measure_all("pay")
    served.site.machine.till.hint = "note-not-recognised"  # the longest word there is of a note
    expect(page.locator(".pay .notice")).to_be_visible()
    measure_all("pay")
    feed(served, 100, paid=100)
    page.locator(".bottom button").tap()
    shown(page, "owed")
    measure_all("owed")


def measure(page: Page) -> None:
    """Every target is 20 mm in both directions; nothing lies below the screen's edge."""
    sizes = page.locator("button:visible, a:visible").evaluate_all(
        "found => found.map((each) => { const box = each.getBoundingClientRect();"
        " return [each.innerText, Math.min(box.width, box.height)]; })"
    )
    assert [(words, size) for words, size in sizes if size < TWENTY_MM_PX] == []
    size = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert size[0] <= size[1], f"{size} on {page.locator('[data-screen]').get_attribute('class')}"


def test_a_kiosk_without_paper_says_so_and_where_to_go(
    kiosk_window: Watched, served: Served
) -> None:
    served.site.printers["kiosk"].change(paper_out=True)
    page = kiosk_window.open(KIOSK)
    lay(served)
    closed = shown(page, "closed")
    expect(closed).to_contain_text("凭条纸用完了")
    expect(closed).to_contain_text("0755-8000 1234")
    served.site.box.lift("kiosk")
    served.site.printers["kiosk"].load_paper()
    shown(page, "attract")


@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_motion_explains_once_and_never_for_those_who_wish_none(
    browser: Browser, served: Served, wish: str, *, moves: bool
) -> None:
    count_motion = (
        "window.moved = 0; addEventListener('animationstart', () => { window.moved += 1; })"
    )
    with watched(browser, served.url, KIOSK_SIZE, reduced_motion=wish) as window:
        window.context.add_init_script(count_motion)
        page = window.open(KIOSK)
        shown(page, "attract")
        rested = "Promise.all(document.getAnimations().map((each) => each.finished))"
        assert page.evaluate(f"{rested}.then(() => document.getAnimations().length)") == 0
        assert (page.evaluate("window.moved") > 0) is moves
        lay(served)
        shown(page, "months")
        window.must_have_been_quiet()


def test_the_rest_of_a_note_stays_on_the_card_where_the_resident_touches_that_fee_04a(
    kiosk_window: Watched, served: Served
) -> None:
    page = kiosk_window.open(KIOSK)
    lay(served)
    shown(page, "months")
    touch(page, "1 个月")
    expect(shown(page, "confirm"), "said before the first note").to_contain_text("多出来的留在卡里")
    touch(page, "去付款")
    pay = shown(page, "pay")
    exact, keep = (page.get_by_role("button", name=each) for each in ("刚好的金额", "留在卡里"))
    expect(exact).to_have_attribute("aria-pressed", "true")
    for note, paid in ((100, 100), (100, 200), (50, 250)):
        feed(served, note, paid=paid)
    expect(pay.locator(".notes .not-now")).to_have_text(["100"])
    keep.tap()
    expect(keep).to_have_attribute("aria-pressed", "true")
    expect(exact).to_have_attribute("aria-pressed", "false")
    expect(pay.locator(".notes .not-now")).to_have_count(0)
    measure(page)
    feed(served, 100, paid=350)
    expect(shown(page, "done")).to_contain_text("多出的 50 元已留在卡里")
    served.site.box.lift("kiosk")
    shown(page, "attract")
    served.tell.money_agrees()

    lay(served)
    expect(shown(page, "months")).to_contain_text("卡内余额")
    touch(page, "1 个月")
    expect(shown(page, "confirm")).to_contain_text("卡内余额先付 50 元，还需要付 250 元。")
    touch(page, "去付款")
    expect(shown(page, "pay").locator(".amount")).to_have_text("250 元")
    touch(page, "不办了")
    served.site.box.lift("kiosk")
    shown(page, "attract")
    assert served.site.trial().credit_fen == 50_00
