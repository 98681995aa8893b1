"""The lane's screen and the guard's page: what they say, how large, and by night.

A gate's clock is never set back (GATE-07a), so the tests of this file go forward in time.
"""

from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from cardserver.domain.gateevent import EventKind
from cardserver.domain.signin import DEMO_PASSWORD
from simulators.deskstory import issue_to_the_owner
from simulators.estate import GUARD as GUARD_NAME
from simulators.estate import HEAD
from tests.browser.served import Served, Watched

DOOR = "/gate/lane/door"
GUARD = "/gate/"


@pytest.fixture(scope="module", autouse=True)
def owner(served: Served) -> None:
    """The owner has two door cards, known to the gate; one of them will be lost."""
    tell = served.tell
    issue_to_the_owner(tell)
    tell.open_business(served.site.people.owner, "issue")
    tell.serve(received="20")
    tell.blank("lost", "classic-1k")
    tell.lay("lost", "desk")
    tell.write()
    tell.lift("desk")
    tell.gate_knows()


def sign(page: Page, face: str) -> Locator:
    """The sign, once it shows that face."""
    place = page.locator(f".sign-board[data-face={face}]")
    expect(place).to_be_visible()
    return place


def test_the_lane_invites_welcomes_and_refuses_with_a_reason_and_a_way_on(
    desk_window: Watched, served: Served
) -> None:
    page = desk_window.open(DOOR)
    expect(sign(page, "invite")).to_contain_text("请刷卡")
    served.tell.tap("owner", "door")
    expect(sign(page, "open")).to_contain_text("请通行")
    expect(sign(page, "open")).to_contain_text("欢迎回家。")

    served.tell.post("/desk/block", card_number=served.tell.card("lost").number)
    served.tell.gate_knows()
    served.tell.tap("lost", "door")
    refused = sign(page, "refused")
    expect(refused).to_contain_text("请到前台，让我们帮您看一下这张卡，好吗？")
    expect(refused, "masked, with its code small beside it").to_contain_text("0002 · blocked")


def test_words_are_large_enough_for_three_metres(desk_window: Watched, served: Served) -> None:
    page = desk_window.open(DOOR)
    served.tell.blank("bank", "bank-card")
    served.tell.tap("bank", "door")
    expect(sign(page, "refused")).to_be_visible()
    # Asked in one breath: between two questions the bell may have the same face drawn anew.
    heading, line = page.evaluate("""() => ["h2", "p"].map((each) => parseFloat(getComputedStyle(
        document.querySelector("[data-face=refused] " + each)).fontSize))""")
    # 1/200 of the distance is 15 mm; on a 10-inch screen of 1280 x 800 that is 88 px.
    assert heading >= 88
    assert line >= 50
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_lane_without_its_reader_sends_to_the_guard_and_the_guard_reads_why(
    desk_window: Watched, served: Served
) -> None:
    lane, guard = desk_window.open("/gate/lane/carpark"), desk_window.open(GUARD)
    served.site.readers["carpark"].unplug()
    expect(sign(lane, "away")).to_contain_text("门岗可以帮您通行")
    expect(guard.locator(".lanes")).to_contain_text("请检查 USB 线")
    served.site.readers["carpark"].replug()
    sign(lane, "invite")


def test_the_guard_sees_all_lanes_the_last_taps_and_how_old_the_copy_is(
    desk_window: Watched, served: Served
) -> None:
    page = desk_window.open(GUARD)
    expect(page.locator(".lanes h2 a")).to_have_text(["3栋大门", "车场入口"])
    served.tell.tap("owner", "door")
    newest = page.locator("#log tbody tr").first
    expect(newest).to_contain_text("3栋大门")
    expect(newest).to_contain_text("放行")
    expect(page.locator("#live")).to_contain_text("0 分钟前")


def test_who_is_refused_reads_a_way_on_and_the_guard_reads_the_rule_etiq_21(
    desk_window: Watched, served: Served
) -> None:
    lane, guard = desk_window.open("/gate/lane/carpark"), desk_window.open(GUARD)
    served.tell.tap("owner", "carpark")
    refused = sign(lane, "refused")
    expect(refused).to_contain_text("我们很愿意为您开通，请到前台办理。")
    expect(refused).to_contain_text("离这里最近的停车位在")
    expect(refused).not_to_contain_text("PARK-04a")
    assert lane.evaluate("document.documentElement.scrollHeight <= innerHeight")
    expect(guard.locator("#log tbody tr").first).to_contain_text("无此权限 (PARK-04a)")


def test_a_guard_opens_by_hand_and_the_manager_reads_who_and_why(
    desk_window: Watched, served: Served
) -> None:
    guard = desk_window.open(GUARD)
    guard.get_by_label("您是哪一位").fill(GUARD_NAME)
    guard.get_by_label("密码").fill(DEMO_PASSWORD)
    guard.get_by_role("button", name="上岗").click()
    guard.get_by_label("原因").select_option("delivery")
    guard.get_by_label("说明").fill("3栋搬家")
    served.tell.tap("owner", "door")  # the lanes are drawn anew; what is being typed stays
    expect(guard.locator(".sign-board[data-face=open]")).to_be_visible()
    expect(guard.get_by_label("说明")).to_have_value("3栋搬家")
    button = guard.get_by_role("button", name="放行：车场入口")
    box = button.bounding_box()
    assert box, "before all lists: a guard opens without scrolling"
    assert box["y"] + box["height"] <= 800
    button.click()
    expect(guard.get_by_role("status")).to_contain_text("已放行，已登记。")
    line = served.site.lanes[0]._shared.journal.last(1, EventKind.OPENED_BY_HAND)[0]
    assert (line.lane, line.by, line.detail) == ("carpark", GUARD_NAME, "送货、搬家：3栋搬家")

    served.tell.gate_knows()
    desk = desk_window.open("/desk/gates/reports")
    desk.get_by_label("授权人").select_option(HEAD)
    desk.get_by_label("密码").fill(DEMO_PASSWORD)
    desk.get_by_role("button", name="授权").click()
    row = desk.locator("tr", has_text="3栋搬家")
    expect(row).to_contain_text(GUARD_NAME)
    expect(row).to_contain_text("车场入口")


def only_of_the_line(window: Watched) -> None:
    """The browser and htmx mention a question that went nowhere; nothing else was complained of."""
    own = ("net::ERR", "htmx:sendError")
    others = [each for each in window.complaints if not any(word in each for word in own)]
    assert others == []
    window.complaints.clear()


def test_a_page_that_has_lost_its_station_says_so(desk_window: Watched, served: Served) -> None:
    page = desk_window.open(DOOR)
    expect(page.locator("#away")).to_be_hidden()
    desk_window.context.set_offline(True)
    expect(page.locator("#away")).to_contain_text("请直接刷卡，门岗可以帮您")
    desk_window.context.set_offline(False)
    expect(page.locator("#away")).to_be_hidden()
    only_of_the_line(desk_window)


def test_a_line_that_survived_is_enough_once_the_station_answers_again(
    desk_window: Watched, served: Served
) -> None:
    """A switch that was off for a moment loses questions, and not always the line."""
    page = desk_window.open(DOOR)
    page.route("**/gate/lane/door/sign", lambda route: route.abort())
    served.site.lanes[0]._ring()
    expect(page.locator("#away")).to_be_visible()
    page.unroute_all()
    served.site.lanes[0]._ring()
    expect(page.locator("#away")).to_be_hidden()
    only_of_the_line(desk_window)


def test_a_station_that_refuses_to_be_listened_to_is_asked_again(desk_window: Watched) -> None:
    events = "**/gate/events?*"
    desk_window.context.route(events, lambda route: route.fulfill(status=503))
    page = desk_window.open(DOOR)
    expect(page.locator("#away")).to_be_visible()
    desk_window.context.unroute(events)
    expect(page.locator("#away")).to_be_hidden()
    for each in (desk_window.complaints, desk_window.refused):
        each.clear()


def test_the_screen_is_dark_by_night_and_bright_by_day(
    desk_window: Watched, served: Served
) -> None:
    page = desk_window.open(DOOR)
    served.tell.travel(date(2025, 5, 9), hour=21)
    served.site.lanes[0]._ring()
    face = page.locator(".lane-face")
    expect(face).to_have_attribute("data-theme", "night")
    expect(face).to_have_css("background-color", "rgb(16, 25, 26)")
    served.tell.travel(date(2025, 5, 10), hour=10)
    served.site.lanes[0]._ring()
    expect(face).to_have_attribute("data-theme", "day")


def test_the_last_week_is_reminded_and_the_day_after_is_refused_politely(
    desk_window: Watched, served: Served
) -> None:
    page = desk_window.open(DOOR)
    served.tell.travel(date(2027, 5, 6))
    served.tell.tap("owner", "door")
    expect(sign(page, "open").locator(".remind")).to_contain_text("有效期到2027年5月8日，还有 3 天")
    served.tell.travel(date(2027, 5, 9))
    served.tell.tap("owner", "door")
    expect(sign(page, "refused")).to_contain_text(
        "您的门禁卡有效期到2027年5月8日，我们很愿意为您延期，请到前台办理。"
    )
    page.locator(".language a[lang=en]").click()
    served.tell.tap("owner", "door")
    expect(sign(page, "refused")).to_contain_text(
        "Your door card was valid to 8 May 2027. The front desk is glad to extend it for you."
    )
