"""Every main screen before axe: no serious and no critical finding, contrast of 4.5:1 included.

axe-core's rules are those of WCAG 2.2 A and AA and its own good practices.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from cardserver.domain.permits import Action
from cardserver.domain.signin import DEMO_PASSWORD
from kiosk.desk.pages import PAGES
from kiosk.station.i18n import LANGUAGE_NAMES
from simulators.acceptor_path import AT_ONCE
from simulators.deskstory import add_parking, issue_to_the_owner
from simulators.estate import HEAD, OPERATOR
from tests.browser.served import (
    DESK_SIZE,
    KIOSK_SIZE,
    Served,
    Watched,
    barriers_found,
    examined,
    serve,
)
from tests.browser.shapes import shape_of, visiting
from tests.databases.sites import SiteWithPhones
from tests.scenario.hands import with_parking

HAND_WIDE_PX = 480
"""10 cm on the kiosk's screen."""
DESK, KIOSK, DOOR, GUARD = "/desk/", "/kiosk/", "/gate/lane/door", "/gate/"
WITH_TABS = {"people/", "papers/", "money/cash", "parking/", "review/"}


@pytest.fixture(scope="module", autouse=True)
def owner_with_parking(served: Served) -> None:
    """The owner has a card with a door and a parking right."""
    served.site.acceptor._path._timing = AT_ONCE
    issue_to_the_owner(served.tell)
    add_parking(served.tell)
    served.tell.gate_knows()


@pytest.fixture(scope="module")
def window(undrawn: Browser, served: Served) -> Iterator[Watched]:
    """A window as large as the counter's screen, in which every page can be examined."""
    with examined(undrawn, served.url, DESK_SIZE) as window:
        yield window


@pytest.fixture(scope="module")
def first_page(window: Watched) -> Page:
    """The page that all tests of the desk look at one after the other."""
    return window.open(DESK)


@pytest.fixture
def desk_page(first_page: Page, served: Served) -> Iterator[Page]:
    """The counter's page, drawn anew."""
    first_page.goto(served.url + DESK)
    yield first_page
    first_page.context.clear_cookies()


@pytest.fixture
def kiosk_page(browser: Browser, served: Served) -> Iterator[Page]:
    """The kiosk's page, without the motion that fades a card in and out."""
    with examined(browser, served.url, KIOSK_SIZE, reduced_motion="reduce") as window:
        yield window.open(KIOSK)


def test_the_measure_itself_finds_a_word_too_pale_and_a_field_without_a_name(
    desk_page: Page,
) -> None:
    desk_page.evaluate("document.querySelector('h1').style.color = '#bbbbbb'")
    desk_page.evaluate("document.querySelector('label[for=q]').remove()")
    desk_page.evaluate("document.querySelector('#q').removeAttribute('placeholder')")
    found = " ".join(barriers_found(desk_page))
    assert "color-contrast" in found
    assert "label" in found


def test_the_desk_shows_a_holder_without_barriers(desk_page: Page, served: Served) -> None:
    served.tell.lay("owner", "desk")
    expect(desk_page.locator("#reader .term")).to_have_count(2)
    assert barriers_found(desk_page) == []
    desk_page.locator("#q").fill("1201")
    expect(desk_page.locator("[data-found]").first).to_be_visible()
    assert barriers_found(desk_page) == []
    served.tell.lift("desk")


def test_every_step_at_the_desk_is_without_barriers(desk_page: Page, served: Served) -> None:
    tell = served.tell

    def at(step: str) -> None:
        expect(desk_page.locator("[aria-current=step] h2")).to_contain_text(step)
        assert barriers_found(desk_page) == []

    tell.open_business(served.site.people.tenant, "issue")
    at("核对身份")
    lease = {"lease_number": "ZL-7", "lease_first": "2024-04-01", "lease_last": "2027-03-31"}
    papers = {"paper": ["lease", "id-copy"], "copy_filed": "A-17"}
    tell.http.post("/desk/verify", data={**lease, **papers})
    at("说明价格")
    tell.post("/desk/agree")
    tell.post("/desk/money", received="5")
    at("收款")
    tell.post("/desk/money", received="20")
    at("写卡")
    tell.blank("tenant", "desfire-ev1")
    tell.lay("tenant", "desk")
    with served.holding("desk", 12) as stands:
        tell.post("/desk/act/write")
        assert stands.wait(10)
        expect(desk_page.locator(".still")).to_be_visible()
        assert barriers_found(desk_page) == []
        served.tear_after("desk", 3)
    expect(desk_page.locator(".torn")).to_be_visible()
    assert barriers_found(desk_page) == []
    served.site.readers["desk"].plan(None)
    tell.lay("tenant", "desk")
    at("票据")
    tell.until("printed", lambda: tell.business().get("document_state") == "printed")
    tell.post("/desk/paper/handed-over", sealed="yes", signed="paper")
    at("说明用法")
    tell.post("/desk/explained")
    expect(desk_page.locator(".notice.done")).to_be_visible()
    assert barriers_found(desk_page) == []
    tell.post("/desk/act/cancel")
    tell.post("/desk/block", card_number=tell.card("tenant").number)
    expect(desk_page.locator("[data-card]")).to_contain_text("已挂失")
    assert barriers_found(desk_page) == []
    tell.lift("desk")


@pytest.mark.parametrize("card", ["bank-card", "ntag213"])
def test_a_strange_card_on_the_desk_is_shown_without_barriers(
    desk_page: Page, served: Served, card: str
) -> None:
    served.tell.blank(card, card)
    served.tell.lay(card, "desk")
    expect(desk_page.locator("#reader .notice")).to_be_visible()
    assert barriers_found(desk_page) == []
    served.tell.lift("desk")


def test_every_screen_of_the_kiosk_is_without_barriers(kiosk_page: Page, served: Served) -> None:
    tell, page = served.tell, kiosk_page

    def at(screen: str) -> None:
        expect(page.locator(f"[data-screen={screen}]")).to_be_visible()
        assert barriers_found(page) == []

    def touched(event: str, **form: object) -> Callable[[], None]:
        return lambda: tell.post(f"/kiosk/touch/{event}", **form)

    at("attract")
    served.site.box.lay(tell.card_ids["owner"], "kiosk")
    at("months")
    touched("months-chosen", months=1)()
    at("confirm")
    touched("confirmed")()
    at("pay")
    touched("keep-rest")()
    expect(page.locator("[aria-pressed=true]")).to_contain_text("留在卡里")
    at("pay")
    served.site.acceptor.insert_note(100_00)
    tell.until("100 yuan are in", lambda: tell.state("kiosk")["credited_fen"] == 100_00)
    touched("stopped")()
    at("owed")
    touched("cancelled")()
    at("sorry")
    served.site.box.lift("kiosk")
    at("attract")
    served.site.printers["kiosk"].change(paper_out=True)
    served.site.box.lay(tell.card_ids["owner"], "kiosk")
    at("closed")
    served.site.box.lift("kiosk")
    served.site.printers["kiosk"].load_paper()
    page.locator(".kiosk-foot button").click()
    expect(page.locator("body")).to_have_class("kiosk large")
    at("attract")


def test_a_code_to_be_scanned_is_shown_without_barriers_and_large_enough(
    browser: Browser, tmp_path: Path
) -> None:
    """The screen that pays by phone: named for who can't see it, and as wide as a hand."""
    with (
        serve(tmp_path, SiteWithPhones) as served,
        examined(browser, served.url, KIOSK_SIZE, reduced_motion="reduce") as window,
    ):
        tell, page = served.tell, window.open(KIOSK)
        with_parking(tell, "owner", "classic-1k")
        served.site.box.lay(tell.card_ids["owner"], "kiosk")
        expect(page.locator("[data-screen=months]")).to_be_visible()
        tell.post("/kiosk/touch/months-chosen", months=1)
        tell.until("the price is shown", lambda: tell.state("kiosk")["screen"] == "confirm")
        tell.post("/kiosk/touch/confirmed")
        expect(page.locator("[data-screen=pay] .providers button")).to_have_count(2)
        assert barriers_found(page) == []
        tell.post("/kiosk/touch/qr-chosen", provider="wechat")
        code = page.get_by_role("img", name="付款二维码")
        expect(code).to_be_visible()
        assert barriers_found(page) == []
        picture = Image.open(BytesIO(page.screenshot()))
        seen = [each.text for each in zxingcpp.read_barcodes(picture)]
        assert seen == [tell.state("kiosk")["code"]], "a phone before the screen reads it"
        box = code.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= HAND_WIDE_PX
        for large in (False, True):
            for language in LANGUAGE_NAMES:
                page.goto(f"{served.url}{KIOSK}?lang={language}")
                assert page.locator("body.large").count() == large
                height = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
                assert height[0] <= height[1], f"all of it is seen at once in {language}"
            page.locator(".kiosk-foot button").click()
        tell.post("/kiosk/touch/cancelled")
        tell.until("the code has ended", lambda: tell.state("kiosk")["screen"] != "scan")


def test_the_gate_is_without_barriers_by_day_and_by_night(window: Watched, served: Served) -> None:
    with closing(window.open(DOOR)) as lane, closing(window.open(GUARD)) as guard:
        for hour, theme in ((10, "day"), (22, "night")):
            served.tell.travel(date(2025, 5, 9), hour=hour)
            served.site.lanes[0]._ring()
            expect(lane.locator(".lane-face")).to_have_attribute("data-theme", theme)
            assert barriers_found(lane) == []
            for card, face in (("owner", "open"), ("bank-card", "refused")):
                served.tell.tap(card, "door")
                expect(lane.locator(f"[data-face={face}]")).to_be_visible()
                assert barriers_found(lane) == []
            assert barriers_found(guard) == []


def test_every_page_of_the_menu_and_every_tab_is_without_barriers(
    desk_page: Page, served: Served
) -> None:
    """Examined in one language: what is drawn in another differs from it in its words alone."""
    menu = desk_page.locator(".menu nav a")
    addresses = menu.evaluate_all("found => found.map((each) => each.pathname + each.search)")
    assert len(addresses) == sum(each.only is None for each in PAGES)
    desk_page.locator(".menu summary").first.press("Enter")
    expect(menu.first).to_be_visible()
    found = {"menu": barriers_found(desk_page)}
    tabbed = set()
    for address in addresses:
        desk_page.goto(served.url + address)
        found[address] = barriers_found(desk_page)
        tabs = desk_page.locator(".tabs a").evaluate_all(
            "all => all.map((each) => each.pathname + each.search)"
        )
        if tabs:
            tabbed.add(address.removeprefix(DESK))
        addresses += [each for each in tabs if each not in addresses]
    assert {address: barriers for address, barriers in found.items() if barriers} == {}
    assert tabbed >= WITH_TABS
    with visiting(served.site) as visitor:
        for address in addresses:
            usual, *others = (shape_of(visitor, address, name) for name in LANGUAGE_NAMES)
            assert others == [usual] * len(others), address


def test_pages_of_one_office_alone_are_without_barriers(desk_page: Page, served: Served) -> None:
    presence = served.site.counter.presence
    pages = {"系统管理员": ("log-ins/", "log-ins/1"), HEAD: ("notices",)}
    for name, paths in pages.items():
        presence.sign_in(name, DEMO_PASSWORD)
        for path in paths:
            desk_page.goto(f"{served.url}{DESK}{path}")
            assert barriers_found(desk_page) == [], path
    presence.sign_in(OPERATOR, DEMO_PASSWORD)


def test_a_persons_sheet_and_the_register_are_without_barriers(
    desk_page: Page, served: Served
) -> None:
    people = served.site.people
    home = desk_page.url
    for path in (
        f"people/{people.owner}",
        f"people/{people.owner}/edit",
        f"approvals/new/{people.staff}",
        f"approvals/card/{served.tell.numbers['owner']}",
        "register/1",
        "register/?day=",
    ):
        desk_page.goto(home + path)
        expect(desk_page.locator("h1")).to_be_visible()
        assert barriers_found(desk_page) == [], path


def test_the_preview_of_an_import_is_without_barriers(desk_page: Page, served: Served) -> None:
    served.tell.step_up(HEAD, Action.EDIT_HOLDERS)
    desk_page.goto(f"{desk_page.url}people/import/")
    rows = "房号,业主姓名,联系电话,身份证号\n9栋0101,田芳,13800000001,\n9栋0102,,x,\n"
    file: FilePayload = {"name": "业主.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    desk_page.locator("input[type=file]").set_input_files(file)
    desk_page.locator("main form button").first.press("Enter")
    desk_page.wait_for_url("**/people/import/*-*")
    path = desk_page.url.removeprefix(served.url)
    served.tell.until("both rows are judged", lambda: "9栋0102" in served.tell.page(path))
    desk_page.reload()
    expect(desk_page.locator("table.list tbody tr")).to_have_count(2)
    assert barriers_found(desk_page) == []
    served.tell.post("/desk/step-up/end")


def test_a_quarters_sheet_is_without_barriers(desk_page: Page, served: Served) -> None:
    desk_page.goto(f"{desk_page.url}review/")
    desk_page.keyboard.press("F2")
    expect(desk_page.locator("#lender")).to_be_focused()
    assert barriers_found(desk_page) == [], "the form for a second person's word"
    served.tell.step_up(HEAD, Action.REVIEW_QUARTER)
    desk_page.reload()
    desk_page.keyboard.press("F2")
    expect(desk_page.locator("#counted")).to_be_visible()
    assert barriers_found(desk_page) == []
    served.tell.post("/desk/step-up/end")


def test_the_door_of_the_desk_is_without_barriers(desk_page: Page, served: Served) -> None:
    desk = desk_page.url
    desk_page.goto("about:blank")  # a page that is looked at goes to the door by itself
    served.tell.post("/desk/lock")
    desk_page.goto(desk)
    expect(desk_page.locator("h1")).to_have_text(f"{OPERATOR}，屏幕已锁定")
    assert barriers_found(desk_page) == []
    desk_page.get_by_role("link", name="换一位同事登录").press("Enter")
    expect(desk_page.locator("h1")).to_have_text("请登录")
    assert barriers_found(desk_page) == []
    served.tell.post("/desk/sign-in", name=OPERATOR, password=DEMO_PASSWORD)
    assert not served.tell.state("desk")["locked"]


def test_an_apology_is_without_barriers(desk_page: Page) -> None:
    desk_page.goto(f"{desk_page.url}no-such-page")
    expect(desk_page.locator("h1")).to_have_text("这一页没有打开")
    assert barriers_found(desk_page) == []
