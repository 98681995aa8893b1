"""No key is lost: pressed before the scripts are there, or while the page is being drawn anew."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from simulators.deskstory import issue_to_the_owner
from tests.browser.clerk import find, step
from tests.browser.served import Served, Watched

DESK = "/desk/"


@pytest.fixture(autouse=True)
def cleared(served: Served) -> Iterator[None]:
    """A card of the owner's is there; afterwards nothing lies on the reader and nothing is open."""
    if "owner" not in served.tell.card_ids:
        issue_to_the_owner(served.tell)
        served.tell.lift("desk")
    yield
    served.tell.lift("desk")
    served.tell.post("/desk/act/cancel")
    served.tell.post("/desk/home")


@contextmanager
def held_back(page: Page, what: str) -> Iterator[None]:
    """What is asked for under this address doesn't come before the end of this."""
    held: list[Route] = []
    gone = threading.Event()
    page.route(what, lambda route: route.continue_() if gone.is_set() else held.append(route))
    yield
    gone.set()
    assert held, f"nothing was asked for under {what}"
    for route in held:
        route.continue_()


@contextmanager
def answered_late(page: Page, what: str) -> Iterator[None]:
    """What is asked for under this address is done at once, but said at the end of this."""
    late: list[tuple[Route, APIResponse]] = []
    page.route(what, lambda route: late.append((route, route.fetch())))
    yield
    assert late, f"nothing was asked for under {what}"
    for route, answer in late:
        route.fulfill(response=answer)


def test_keys_pressed_before_the_scripts_are_there_are_made_good(
    desk_window: Watched, served: Served
) -> None:
    served.tell.lay("owner", "desk")
    page = desk_window.open("/gate/")
    with held_back(page, "**/desk/static/desk.js*"):
        page.goto(served.url + DESK, wait_until="commit")
        expect(page.locator("[data-card][data-selected]")).to_contain_text("在读卡器上")
        for key in ("/", "1", "2"):
            page.keyboard.press(key)
    expect(page.locator("#q")).to_have_value("12")
    expect(page.locator("[data-found]").first).to_be_visible()


def test_a_key_works_while_the_larger_scripts_are_still_on_their_way(
    desk_window: Watched, served: Served
) -> None:
    served.tell.lay("owner", "desk")
    page = desk_window.open("/gate/")
    with held_back(page, "**/desk/static/vendor/*.js*"):
        page.goto(served.url + DESK, wait_until="commit")
        expect(page.locator("[data-card][data-selected]")).to_contain_text("在读卡器上")
        page.keyboard.press("F6")
        expect(step(page)).to_contain_text("核对身份")


def test_a_key_pressed_as_the_card_is_laid_waits_for_the_sheet(
    desk_window: Watched, served: Served
) -> None:
    """The card is seen on the left before its holder's sheet stands in the middle."""
    page = desk_window.open(DESK)
    with held_back(page, "**/desk/work*"):
        served.tell.lay("owner", "desk")
        expect(page.locator("#reader")).to_contain_text("王秀兰")
        page.keyboard.press("F6")
    expect(step(page)).to_contain_text("核对身份")


def test_enter_opens_whom_the_whole_word_means_and_a_key_after_it_waits(
    desk_window: Watched,
) -> None:
    """Typed in one go: the answers to half the word are still on the screen, or none are."""
    page = desk_window.open(DESK)
    page.keyboard.press("/")
    page.keyboard.type("李㼆")
    page.keyboard.press("Enter")
    page.keyboard.press("F3")
    expect(step(page)).to_contain_text("核对身份")
    expect(page.locator("#at-work").locator("..")).to_contain_text("李㼆")


def test_a_search_that_is_not_answered_holds_no_key_back(desk_window: Watched) -> None:
    page = desk_window.open(DESK)
    page.route("**/desk/search*", lambda route: route.fulfill(status=204))
    page.keyboard.press("/")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.keyboard.press("F2")
    page.wait_for_url("**/desk/?class=owner")


def test_a_button_reached_before_its_form_was_answered_keeps_the_keyboard(
    desk_window: Watched,
) -> None:
    """The sheet is drawn because the counter says that it is there; then comes the answer."""
    page = desk_window.open(DESK)
    with answered_late(page, "**/desk/holder"):
        find(page, "1201", "王秀兰", down=1)
        button = page.locator("#work form button").last
        button.focus()
        page.locator("#work > *").first.evaluate("drawn => { drawn.dataset.before = 'yes'; }")
    expect(page.locator("[data-before]")).to_have_count(0)
    expect(button).to_be_focused()
