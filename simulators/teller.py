"""The hands and eyes of everybody in the story: pages, cards, banknotes, paper.

The clerk's and the resident's hands are HTTP forms to the real pages; cards, banknotes and paper
are the virtual devices.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import httpx

from cardserver.domain import application
from cardserver.domain.document import DocumentKind
from cardserver.domain.permits import Action
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.zone import ESTATE_ZONE
from cardserver.wire_cards import CardView
from cardserver.wire_documents import DocumentView
from kiosk.gate.sametap import SAME_TAP
from simulators.estate import DEPARTMENT_HEAD, SECTION_HEAD
from simulators.site import Site

FIRST_DAY: Final = datetime(2025, 5, 9, 9, 30, tzinfo=ESTATE_ZONE)
"""The story begins a month before the resident's first top-up on 9 June."""

_PATIENCE_S: Final = 20.0
_LOOK_S: Final = 0.02
YUAN: Final = 100


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
        self.site.clock.advance(2 * SAME_TAP)  # what comes at once is the same tap
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

    def gate_has_told(self) -> None:
        """Wait until the server has every line of the gate's journal."""
        self.site.uplink.wake()
        self.until("the server has it", lambda: not self.site.uplink.upload.waiting)

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
        found = self.site.office.approvals.applications(holder_id=holder_id).applications[0]
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


def slips(tell: Teller) -> list[DocumentView]:
    """The slips of the owner's card, latest first."""
    papers = tell.site.counter.server.papers.find(card_number=tell.numbers["owner"])
    return [each for each in papers if each.kind is DocumentKind.TOP_UP_SLIP]


def story_day(month: int, day: int) -> date:
    """A day of the story's year."""
    return date(2025, month, day)
