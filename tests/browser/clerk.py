"""A clerk's hands on the keys: what is pressed again and again at the counter in a browser."""

from datetime import date

from playwright.sync_api import Locator, Page, expect

from cardserver.domain.application import Stage
from cardserver.domain.permits import Action
from cardserver.domain.signin import DEMO_PASSWORD
from simulators.estate import DEPARTMENT_HEAD
from simulators.teller import Teller
from tests.browser.served import Served

SHOP_HEAD = "周岚"


def step(page: Page) -> Locator:
    """The step the counter is at."""
    return page.locator("[aria-current=step] h2")


def find(page: Page, typed: str, name: str, *, down: int = 0) -> None:
    """Search a resident and open the sheet, without a mouse."""
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(typed)
    expect(page.locator("[data-found]").first).to_be_visible()
    for _ in range(down):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)


def press(page: Page, key: str, expected_step: str) -> None:
    """Press a key and see the counter arrive at a step."""
    page.keyboard.press(key)
    expect(step(page)).to_contain_text(expected_step)


def type_amount(page: Page, yuan: str, *, checked: bool = False) -> None:
    """Type what was received; the cursor stands there already."""
    expect(page.locator("#received")).to_be_focused()
    page.keyboard.type(yuan)
    if checked:
        page.keyboard.press("Tab")
        page.keyboard.press("Space")


def tick_papers(page: Page) -> None:
    """Every paper that lies on the counter is ticked, one after the other."""
    boxes = page.locator("[name=paper]")
    expect(boxes.first).to_be_visible()
    for place in range(boxes.count()):
        boxes.nth(place).focus()
        page.keyboard.press("Space")


def show_lease(page: Page) -> None:
    """The tenant's lease and papers, as they lie on the counter."""
    expect(page.locator("#lease-number")).to_be_focused()
    page.keyboard.type("ZL-7")
    page.locator("#lease-first").fill("2024-04-01")
    page.locator("#copy-filed").fill("A-17")
    tick_papers(page)


def pay(page: Page, yuan: str = "20", *, checked: bool = False) -> None:
    """From the price to the card: said, agreed, counted."""
    expect(step(page)).to_contain_text("说明价格")
    press(page, "Enter", "收款")
    type_amount(page, yuan, checked=checked)
    press(page, "Enter", "写卡")


def write(page: Page, expected_step: str = "票据") -> None:
    """The card lies there; it is written."""
    expect(page.get_by_role("button", name="写卡")).to_be_focused()
    press(page, "Enter", expected_step)


def seal_and_hand_over(page: Page) -> None:
    """The receipt is sealed, signed and handed over (FEE-24, FEE-02, FEE-05)."""
    expect(page.locator("#sealed")).to_be_focused()
    for key in ("Space", "Tab", "Space", "Enter"):
        page.keyboard.press(key)


def explain(page: Page) -> None:
    """How a card is used is told, and the visit is over (IC-08)."""
    expect(page.get_by_role("button", name="已向客户说明")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#work")).to_contain_text("办好了")


def finish(page: Page) -> None:
    """Receipt, explanation, and the counter is free again."""
    seal_and_hand_over(page)
    explain(page)
    leave(page)


def leave(page: Page) -> None:
    """The business that is done is put away."""
    page.keyboard.press("Escape")
    expect(page.locator("#work .steps")).to_have_count(0)


def step_up(page: Page, name: str) -> None:
    """A colleague gives leave at this screen, under an own name and password."""
    expect(page.locator("#lender")).to_be_focused()
    page.locator("#lender").select_option(name)
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".person summary")).to_contain_text(name)
    page.wait_for_load_state()


def lay_new_card(page: Page, url: str, kind: str) -> str:
    """Take a new card and lay it on the desk's reader: two of the panel's buttons, as JSON."""
    api = f"{url}/panel/api"
    card = str(page.request.post(f"{api}/cards", data={"kind": kind}).json()["id"])
    page.request.post(f"{api}/readers/desk/lay", data={"card": card})
    return card


def lay_blank(served: Served, name: str, kind: str) -> None:
    """A new card under a name, laid on the desk."""
    served.tell.blank(name, kind)
    served.tell.lay(name, "desk")


def apply_for_merchant(tell: Teller) -> None:
    """A shop's application, checked and approved by those who may (IC-06)."""
    merchant = tell.site.people.merchant
    tell.post(
        f"/desk/approvals/new/{merchant}",
        kind="merchant",
        dated=date(2025, 5, 8),
        applicant="周敏",
        paper="sealed-application",
    )
    approvals = tell.site.office.approvals
    found = approvals.applications(holder_id=merchant).applications[0]
    address = f"/desk/approvals/{found.application_id}"
    tell.step_up(SHOP_HEAD, Action.CHECK_MERCHANT)
    tell.post(address, step="checked", contract_ends="2027-01-01")
    tell.step_up(DEPARTMENT_HEAD, Action.APPROVE_MERCHANT)
    tell.post(address, step="approved")
    stage = approvals.application(found.application_id).stage
    tell.expect("the shop may have a card", true=stage is Stage.APPROVED)
    tell.post("/desk/step-up/end")
