"""The clerk's keyboard through a day, beside the single presses of `tests.browser.clerk`."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.served import Served

_STOPS_BEFORE = """place => {
    const places = "a[href], button, input, select, textarea, summary";
    const stops = [...document.querySelectorAll(places)]
        .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility());
    return Math.max(0, stops.indexOf(place) - stops.indexOf(document.activeElement));
}"""
"""How far ahead a place is, so that the page isn't asked after every Tab; a first guess."""


@dataclass(frozen=True, slots=True)
class Day:
    """The page in front of the clerk, and the site behind it."""

    page: Page
    served: Served

    def type(self, *words: str) -> None:
        """Fill fields one after the other, Tab between them."""
        for place, each in enumerate(words):
            if place:
                self.page.keyboard.press("Tab")
            self.page.keyboard.type(each)

    def focused(self, place: Locator) -> None:
        """The keyboard stands there by itself."""
        expect(place).to_be_focused()

    def on(self, place: Locator, key: str = "Enter") -> None:
        """Go to a place with Tab, and press a key on it."""
        expect(place).to_be_visible()
        for _ in range(place.evaluate(_STOPS_BEFORE)):
            self.page.keyboard.press("Tab")
        for _ in range(60):
            if place.evaluate("node => node === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        self.focused(place)
        self.page.keyboard.press(key)

    def go(self, word: str, title: str) -> None:
        """To another page, by the menu's key."""
        self.page.wait_for_load_state()
        self.page.keyboard.press("F1")
        link = self.page.locator(".menu nav a", has_text=word)
        self.on(link)
        expect(self.page.locator("h1")).to_contain_text(title)
        self.page.wait_for_load_state()

    def to_the_counter(self) -> None:
        """Esc leads back from any page."""
        self.page.wait_for_load_state()
        self.page.keyboard.press("Escape")
        expect(self.page.locator("#work")).to_be_visible()
        self.page.wait_for_load_state()

    def button(self, words: str) -> Locator:
        """A button that bears these words."""
        return self.page.get_by_role("button", name=words)


def hands_over_with_invoices(day: Day, numbers: str) -> None:
    """The slip, then the invoices on top of the book."""
    day.focused(day.button("已交给客户"))
    day.page.keyboard.press("Enter")
    day.focused(day.page.locator("#numbers"))
    expect(day.page.locator("#numbers")).to_have_value(numbers)
    day.page.keyboard.press("Enter")
