"""The story of the first card, told to the running site through its own pages and devices.

The clerk's and the resident's hands are HTTP forms to the real pages; cards, banknotes and paper
are the virtual devices. `yika demo --check` runs it without a browser, the tests run it line by
line.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from cardserver.domain import application
from cardserver.domain.document import DocumentKind
from cardserver.domain.ids import card_number_text
from cardserver.domain.permits import Action
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.zone import ESTATE_ZONE
from cardserver.wire import CardView, DocumentView
from simulators.acceptor_path import Stage
from simulators.estate import BOOKS, DEPARTMENT_HEAD, HEAD, SECTION_HEAD
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.site import Site

FIRST_DAY: Final = datetime(2025, 5, 9, 9, 30, tzinfo=ESTATE_ZONE)
"""The story begins a month before the resident's first top-up on 9 June."""

_PATIENCE_S: Final = 20.0
_LOOK_S: Final = 0.02
_YUAN: Final = 100


class StoryBroken(AssertionError):
    """Something the story promises did not happen."""


@dataclass(slots=True)
class Teller:
    """The hands and eyes of everybody in the story."""

    site: Site
    http: httpx.Client = field(init=False)
    card_ids: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        transport = httpx.WSGITransport(app=self.site.wsgi())
        self.http = httpx.Client(transport=transport, base_url="http://localhost")

    # --- pages

    def post(self, path: str, **form: object) -> None:
        """Send a form as a page would."""
        answer = self.http.post(path, data={name: str(value) for name, value in form.items()})
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise StoryBroken(f"{path}: {answer.status_code} {answer.text[:200]}")

    def page(self, path: str) -> str:
        """What a page says."""
        answer = self.http.get(path, follow_redirects=True)
        answer.raise_for_status()
        return answer.text

    def state(self, face: str) -> dict[str, Any]:
        """The JSON state of desk, kiosk or gate."""
        answer = self.http.get(f"/{face}/state.json")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def business(self) -> dict[str, Any]:
        """The business at the counter; empty where there is none."""
        return self.state("desk")["business"] or {}

    def until(self, what: str, look: Callable[[], bool]) -> None:
        """Wait until `look` is true. Raises StoryBroken with all that can be seen."""
        end = time.monotonic() + _PATIENCE_S
        while not look():
            if time.monotonic() > end:
                seen = {face: self.state(face) for face in ("desk", "kiosk", "gate")}
                raise StoryBroken(f"waited in vain: {what}; {seen}")
            time.sleep(_LOOK_S)

    def expect(self, what: str, *, true: bool) -> None:
        """Raise StoryBroken unless it is so."""
        if not true:
            raise StoryBroken(f"{what}; {self.state('desk')}")

    # --- hands

    def blank(self, name: str, kind: str) -> str:
        """A new blank card, remembered under `name`."""
        self.card_ids[name] = self.site.box.add(kind, label=name)
        return self.card_ids[name]

    def lay(self, name: str, reader: str) -> None:
        """Lay a card down and wait until the desk has recognised it."""
        self.site.box.lay(self.card_ids[name], reader)
        if reader == "desk":
            self.until("the desk sees the card", lambda: bool(self.state("desk")["reader"]["uid"]))

    def lift(self, reader: str) -> None:
        """Take the card away and wait until the station has noticed."""
        self.site.box.lift(reader)
        if reader == "desk":
            self.until("the desk sees it go", lambda: not self.state("desk")["reader"]["uid"])
        if reader == "kiosk":
            self.until("the kiosk invites", lambda: self.state("kiosk")["screen"] == "attract")

    def tap(self, name: str, lane: str) -> dict[str, Any]:
        """Hold a card to a lane once; returns what the lane decided."""
        before = self.state("gate")["lanes"][lane]["last"]
        self.site.box.lay(self.card_ids[name], lane)
        self.until(f"{lane} decides", lambda: self.state("gate")["lanes"][lane]["last"] != before)
        self.site.box.lift(lane)
        self.until(f"{lane} is free", lambda: not self.state("gate")["lanes"][lane]["occupied"])
        found: dict[str, Any] = self.state("gate")["lanes"][lane]["last"]
        return found

    def travel(self, day: date, hour: int = 9, minute: int = 30) -> None:
        """Let the estate's calendar stand on another day."""
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ESTATE_ZONE)
        self.site.clock.travel_to(moment)

    def gate_knows(self) -> None:
        """Wait until the gate has the server's latest issue list."""
        version = self.site.client("gate-1").snapshot(None).version
        self.site.uplink.wake()
        self.until(
            "the gate has the latest list",
            lambda: self.state("gate")["snapshot_version"] >= version,
        )

    # --- what is true

    def card(self, name: str) -> CardView:
        """A card as the server knows it."""
        view = self.site.office.card(uid=self.site.box.cards[self.card_ids[name]].uid)
        if view is None:
            raise StoryBroken(f"the server does not know {name}")
        return view

    def paper(self, printer: str) -> str:
        """Text of the latest sheet that came out."""
        sheets = self.site.printers[printer].sheets
        if not sheets:
            raise StoryBroken(f"no paper came out of the {printer} printer")
        return sheets[-1].text

    def money_agrees(self) -> None:
        """Every fen is accounted for."""
        trial = self.site.trial()
        self.expect(f"the books balance: {trial}", true=trial.balanced)

    # --- pieces of business

    def open_business(self, holder_id: int, kind: str, **form: object) -> None:
        """Choose a holder and a business."""
        self.post("/desk/holder", holder_id=holder_id)
        self.post("/desk/business", kind=kind, **form)

    def step_up(self, name: str, action: Action) -> None:
        """A second person gives leave at the desk, under an own name and password."""
        self.post("/desk/step-up", name=name, password=DEMO_PASSWORD, action=action)
        leave = self.site.counter.presence.leave
        self.expect(f"{name} gave leave", true=leave is not None and leave.name == name)

    def apply_for_staff(self, holder_id: int) -> None:
        """The section head applies for a staff card, the department head approves (IC-13)."""
        self.step_up(SECTION_HEAD, Action.APPLY_STAFF_CARD)
        today = self.site.clock().astimezone(ESTATE_ZONE).date()
        self.post(f"/desk/approvals/new/{holder_id}", kind="staff", dated=today, section="工程部")
        self.step_up(DEPARTMENT_HEAD, Action.APPROVE_STAFF_CARD)
        found = self.site.office.approvals.applications(holder_id=holder_id)[0]
        self.post(f"/desk/approvals/{found.application_id}", step="approved")
        stage = self.site.office.approvals.application(found.application_id).stage
        self.expect("another person approved it", true=stage is application.Stage.APPROVED)

    def serve(self, papers: tuple[str, ...] = (), received: str = "") -> None:
        """Verify, say the price, take the money."""
        answer = self.http.post("/desk/verify", data={"paper": list(papers)})
        self.expect("verified", true=answer.status_code < httpx.codes.BAD_REQUEST)
        if received:
            self.post("/desk/agree")
            self.post("/desk/money", received=received, checked="yes")
        self.expect("ready for the card", true=self.business().get("phase") == "card")

    def write(self) -> None:
        """Write the card on the reader and hand over the paper, if there is one."""
        self.post("/desk/act/write")
        written = {"paper", "explain", "closed"}
        self.until("written", lambda: self.business().get("phase") in written)
        self.hand_over()

    def hand_over(self) -> None:
        """Give the receipt to the customer and clear the page."""
        if self.business().get("phase") == "paper":
            self.until("printed", lambda: self.business().get("document_state") == "printed")
            self.post("/desk/paper/handed-over", sealed="yes", signed="paper")
            if invoices := self.business().get("invoices"):
                self.post("/desk/invoices", numbers=invoices)
        if self.business().get("phase") == "explain":
            self.post("/desk/explained")
        self.expect("done", true=self.business().get("phase") == "closed")
        self.post("/desk/act/cancel")

    def close(self) -> None:
        """Let go of the pages."""
        self.http.close()


def issue_to_the_owner(tell: Teller) -> None:
    """1 An owner is verified, pays 20 yuan, gets a card for two years and a formal receipt."""
    people = tell.site.people
    tell.open_business(people.owner, "issue")
    tell.expect("20 yuan are asked", true=tell.business()["due_fen"] == 20 * _YUAN)
    tell.serve(received="100")
    tell.expect("80 yuan are given back", true=tell.business()["change_fen"] == 80 * _YUAN)
    tell.blank("owner", "desfire-ev2")
    tell.lay("owner", "desk")
    tell.write()
    card = tell.card("owner")
    tell.numbers["owner"] = card.number
    door = card.rights[RightKind.DOOR]
    tell.expect("two years", true=(door.first, door.last) == (date(2025, 5, 9), date(2027, 5, 8)))
    paper = tell.paper("desk")
    number = next(first for _, first, _, value_fen in BOOKS if not value_fen)
    for words in (card_number_text(card.number), "贰拾元整", "找您80元", f"No. {number:06d}"):
        tell.expect(f"the receipt says {words}: {paper}", true=words in paper)
    tell.lift("desk")
    tell.money_agrees()


def open_the_door(tell: Teller) -> None:
    """2 At the house door the card opens."""
    tell.gate_knows()
    before = len(tell.site.boards["door"].openings)
    seen = tell.tap("owner", "door")
    tell.expect(f"granted and opened: {seen}", true=seen["granted"] and seen["opened"])
    tell.expect("the strike moved once", true=len(tell.site.boards["door"].openings) == before + 1)


def add_parking(tell: Teller) -> None:
    """3a A parking right is added to the same card; the door right is not touched."""
    people = tell.site.people
    before = tell.card("owner").rights[RightKind.DOOR]
    tell.lay("owner", "desk")
    tell.open_business(
        people.owner,
        "add-parking",
        card_number=tell.numbers["owner"],
        agreement_id=people.owner_agreement,
        months=1,
    )
    tell.serve(("id-card", "driving-licence", "vehicle-licence"), received="300")
    tell.write()
    tell.lift("desk")
    rights = tell.card("owner").rights
    parking = rights[RightKind.PARKING]
    tell.expect("one month", true=(parking.first, parking.last) == (_day(5, 9), _day(6, 8)))
    tell.expect("the door right is as it was", true=rights[RightKind.DOOR] == before)
    first = next(first for _, first, _, value_fen in BOOKS if value_fen == 100 * _YUAN)
    [slip] = _slips(tell)
    torn = (first, first + 1, first + 2)
    tell.expect(f"three invoices were torn off: {slip.invoices}", true=slip.invoices == torn)


def _slips(tell: Teller) -> list[DocumentView]:
    """The slips of the owner's card, latest first."""
    papers = tell.site.counter.server.papers.find(card_number=tell.numbers["owner"])
    return [each for each in papers if each.kind is DocumentKind.TOP_UP_SLIP]


def _choose_a_month(tell: Teller) -> None:
    """With the owner's card on the kiosk, as far as paying."""
    tell.lay("owner", "kiosk")
    tell.until("the months are offered", lambda: tell.state("kiosk")["screen"] == "months")
    tell.post("/kiosk/touch/months-chosen", months=1)
    tell.until("the price is shown", lambda: tell.state("kiosk")["screen"] == "confirm")
    tell.post("/kiosk/touch/confirmed")
    tell.until("money is asked for", lambda: tell.state("kiosk")["screen"] == "pay")


def top_up_at_the_kiosk(tell: Teller) -> None:
    """3b At the kiosk one month is paid in banknotes: 9 June to 8 July; the slip comes out."""
    tell.travel(_day(6, 9))
    _choose_a_month(tell)
    for paid in (100, 200, 300):
        _put_in(tell, 100, paid)
    tell.until("topped up", lambda: tell.state("kiosk")["screen"] == "done")
    paper = tell.paper("kiosk")
    for words in ("2025年6月9日", "2025年7月8日", card_number_text(tell.numbers["owner"])):
        tell.expect(f"the slip says {words}: {paper}", true=words in paper)
    tell.lift("kiosk")
    parking = tell.card("owner").rights[RightKind.PARKING]
    tell.expect("9 June to 8 July", true=(parking.first, parking.last) == (_day(6, 9), _day(7, 8)))
    tell.money_agrees()


def top_up_by_phone(tell: Teller) -> None:
    """3b+ The next month is paid with the phone: a code on the screen, 9 July to 8 August."""
    _choose_a_month(tell)
    tell.post("/kiosk/touch/qr-chosen", provider="wechat")
    tell.until("a code is shown", lambda: bool(tell.state("kiosk")["code"]))
    order = tell.site.payments.book.orders()[-1]
    shown = tell.state("kiosk")["code"] == order.code
    tell.expect("it is the provider's own code", true=shown and order.amount_fen == 300 * _YUAN)
    tell.site.payments.scan(order.provider, order.number)
    tell.site.payments.pay(order.provider, order.number)
    tell.until("topped up", lambda: tell.state("kiosk")["screen"] == "done")
    paper = tell.paper("kiosk")
    for words in ("微信支付", "2025年7月9日", "2025年8月8日"):
        tell.expect(f"the slip says {words}: {paper}", true=words in paper)
    tell.lift("kiosk")
    held = tell.site.balances().get("provider:wechat", 0)
    tell.expect("the provider holds it for us", true=held == 300 * _YUAN)
    tell.money_agrees()


def keep_the_rest(tell: Teller) -> None:
    """3b++ A note is 50 yuan too much: the rest stays on the card, the desk sees it (FEE-04a)."""
    _choose_a_month(tell)
    for note, paid in ((100, 100), (100, 200), (50, 250)):
        _put_in(tell, note, paid)
    taken = tell.state("kiosk")["accepted_notes_fen"]
    tell.expect(f"no note is taken that is too much: {taken}", true=100 * _YUAN not in taken)
    tell.post("/kiosk/touch/keep-rest")
    _put_in(tell, 100, 350)
    tell.until("topped up", lambda: tell.state("kiosk")["screen"] == "done")
    paper = tell.paper("kiosk")
    tell.expect(f"the slip says so: {paper}", true="50元留作卡内余额" in paper)
    tell.lift("kiosk")
    tell.lay("owner", "desk")
    tell.until("the desk shows it", lambda: "卡内余额" in tell.page("/desk/"))
    tell.lift("desk")
    owed = tell.site.trial().credit_fen
    tell.expect(f"the books have it: {owed}", true=owed == 50 * _YUAN)
    tell.money_agrees()


def _put_in(tell: Teller, yuan: int, paid: int) -> None:
    """One note, once the slot is open; `paid` yuan are in after it."""
    tell.until("the slot is open", lambda: _slot_is_free(tell))
    tell.site.acceptor.insert_note(yuan * _YUAN)
    fen = paid * _YUAN
    tell.until(f"{paid} yuan are in", lambda: tell.state("kiosk")["credited_fen"] == fen)


def exchange_the_slip(tell: Teller) -> None:
    """3b' At the desk the slip is exchanged for invoices of equal value, once."""
    slip = _slips(tell)[0]
    found = tell.page(_finding(slip.content.slip_code))
    tell.expect("the slip is ours", true="这张凭条是本小区的" in found)
    tell.expect("the slip is found", true="07000304-07000306" in found)
    path = f"/desk/papers/no/{slip.document_id}/invoices"
    tell.post(path, numbers="7000304-7000306")
    tell.expect("it is exchanged", true=len(_slips(tell)[0].invoices) == 3)
    tell.post(path, numbers="7000307-7000309")
    tell.expect("once only", true=_slips(tell)[0].invoices[0] == 7000304)


def _finding(typed: str) -> str:
    return f"/desk/papers/find?{urlencode({'number': typed})}"


def open_the_car_park(tell: Teller) -> None:
    """3c The car-park lane opens."""
    tell.gate_knows()
    seen = tell.tap("owner", "carpark")
    tell.expect(f"granted and opened: {seen}", true=seen["granted"] and seen["opened"])


def block_the_lost_card(tell: Teller) -> None:
    """4a A lost card is blocked: door and lane refuse it."""
    tell.post("/desk/holder", holder_id=tell.site.people.owner)
    tell.post("/desk/block", card_number=tell.numbers["owner"])
    tell.gate_knows()
    for lane in ("door", "carpark"):
        seen = tell.tap("owner", lane)
        tell.expect(f"{lane} refuses it: {seen}", true=seen["reason"] == "blocked")


def replace_it(tell: Teller) -> None:
    """4b Its replacement carries both rights on."""
    before = tell.card("owner").rights
    tell.open_business(
        tell.site.people.owner, "replace", card_number=tell.numbers["owner"], reason="lost"
    )
    tell.serve(received="20")
    tell.blank("owner's second", "classic-1k")
    tell.lay("owner's second", "desk")
    tell.write()
    tell.lift("desk")
    after = tell.card("owner's second")
    for kind in (RightKind.DOOR, RightKind.PARKING):
        tell.expect(f"{kind} is carried on", true=after.rights[kind].last == before[kind].last)
    tell.expect("the old is dead", true=tell.card("owner").status is CardStatus.REPLACED)
    tell.gate_knows()
    for lane in ("door", "carpark"):
        seen = tell.tap("owner's second", lane)
        tell.expect(f"{lane} opens: {seen}", true=seen["granted"] and seen["opened"])
    seen = tell.tap("owner", "door")
    tell.expect(f"the old card stays refused: {seen}", true=not seen["granted"])


def format_a_staff_card(tell: Teller) -> None:
    """5 A staff card takes a head, and is formatted before it is authorised anew."""
    staff = tell.site.people.staff
    tell.open_business(staff, "issue")
    tell.expect("an agent is refused", true=tell.state("desk")["notice"] == "not-permitted")
    for _ in range(2):
        tell.apply_for_staff(staff)
    tell.step_up(HEAD, Action.OPERATE_STAFF_CARD)
    tell.open_business(staff, "issue")
    tell.serve(("approval",))
    tell.blank("staff", "classic-1k")
    tell.lay("staff", "desk")
    tell.write()
    number = tell.card("staff").number
    tell.open_business(staff, "issue")
    tell.serve(("approval",))
    tell.post("/desk/act/write")
    tell.until("it is refused", lambda: tell.business().get("problem") == "format-first")
    tell.post("/desk/act/cancel")
    tell.open_business(staff, "format", card_number=number)
    tell.write()
    tell.expect("the old entry is closed", true=tell.card("staff").status is CardStatus.RETURNED)
    tell.open_business(staff, "issue")
    tell.serve(("approval",))
    tell.write()
    tell.lift("desk")
    tell.expect("a new number", true=tell.card("staff").number > number)


def finish_a_torn_card(tell: Teller) -> None:
    """6a The card is pulled off in mid-write; laid on again, the operation is completed."""
    _tear(tell, "family", "desfire-ev1", at=36)
    words = tell.page("/desk/")
    tell.expect("the clerk reads what to do", true="请把同一张卡放回读卡器" in words)
    tell.lay("family", "desk")
    tell.until("completed", lambda: tell.business().get("phase") == "paper")
    tell.hand_over()
    tell.lift("desk")
    door = tell.card("family").rights[RightKind.DOOR]
    tell.expect("two years", true=(door.first, door.last) == (_day(6, 9), date(2027, 6, 8)))
    tell.money_agrees()
    tell.gate_knows()
    seen = tell.tap("family", "door")
    tell.expect(f"it opens the door: {seen}", true=seen["granted"])


def undo_a_torn_card(tell: Teller) -> None:
    """6b Torn again, and undone at the clerk's word: the card is blank, the money is back."""
    _tear(tell, "second family", "classic-1k", at=27)
    tell.post("/desk/undo", wanted="yes")
    tell.lay("second family", "desk")
    tell.until("undone", lambda: tell.business().get("phase") == "closed")
    tell.expect("20 yuan go back", true=tell.business()["refund_fen"] == 20 * _YUAN)
    tell.post("/desk/act/cancel")
    tell.lift("desk")
    tell.money_agrees()
    tell.gate_knows()
    seen = tell.tap("second family", "door")
    tell.expect(f"it opens nothing: {seen}", true=not seen["granted"])


def expire(tell: Teller) -> None:
    """2' On its last day the card opens; the day after it does not, and the screen says why."""
    tell.travel(date(2027, 5, 8), hour=23, minute=58)
    seen = tell.tap("owner's second", "door")
    tell.expect(f"open on the last day: {seen}", true=seen["granted"])
    tell.travel(date(2027, 5, 9), hour=0, minute=2)
    seen = tell.tap("owner's second", "door")
    tell.expect(f"refused the day after: {seen}", true=seen["reason"] == "expired")
    words = tell.page("/gate/lane/door")
    tell.expect("politely, with a way on", true="2027-05-08" in words and "延期" in words)
    tell.money_agrees()


CHAPTERS: Final[tuple[Callable[[Teller], None], ...]] = (
    issue_to_the_owner,
    open_the_door,
    add_parking,
    top_up_at_the_kiosk,
    exchange_the_slip,
    top_up_by_phone,
    keep_the_rest,
    open_the_car_park,
    block_the_lost_card,
    replace_it,
    format_a_staff_card,
    finish_a_torn_card,
    undo_a_torn_card,
    expire,
)


def _day(month: int, day: int) -> date:
    return date(2025, month, day)


def _slot_is_free(tell: Teller) -> bool:
    view = tell.site.acceptor.view()
    return view.enabled and view.stage is Stage.EMPTY


def _tear(tell: Teller, name: str, kind: str, *, at: int) -> None:
    """Issue to the family and pull the card away after so many exchanges of the write."""
    tell.open_business(tell.site.people.family, "issue")
    tell.serve(received="20")
    tell.blank(name, kind)
    tell.lay(name, "desk")
    reader = tell.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=at)))
    tell.post("/desk/act/write")
    tell.until("the card is torn away", lambda: tell.business().get("phase") == "broken-off")
    reader.plan(None)
    tell.site.box.lift("desk")
    tell.until("the desk sees it go", lambda: not tell.state("desk")["reader"]["uid"])


def tell_all(site: Site, say: Callable[[str], None]) -> Mapping[str, str]:
    """Run every chapter in order; returns the broken ones with their reason."""
    broken: dict[str, str] = {}
    teller = Teller(site)
    try:
        for chapter in CHAPTERS:
            title = (chapter.__doc__ or chapter.__name__).strip()
            try:
                chapter(teller)
                say(f"passed  {title}")
            except (StoryBroken, httpx.HTTPError) as error:
                broken[title] = str(error)
                say(f"failed  {title}\n        {error}")
    finally:
        teller.close()
    return broken
