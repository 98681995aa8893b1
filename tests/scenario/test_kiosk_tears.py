"""The card leaves the kiosk after every exchange of a top-up that was paid with banknotes.

As in `tests.scenario.test_tears` each tear really happens, and of those that leave the very same
card and store behind one is followed to its end: the card comes back at once, the next day, at
another kiosk, or at the desk. Whichever it is, money, ledger and card are in the end what they are
without any accident, and there is one slip.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import Engine

from cardserver.domain.station import StationKind
from cardserver.services.setup import register_station
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleView
from kiosk.selfservice import paying
from kiosk.selfservice.flow import Screen
from kiosk.selfservice.visit import Visit
from kiosk.selfservice.writing import write
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.faults import FaultPlan
from simulators.reader import VirtualReader
from tests.databases.stores import fluent_engine
from tests.scenario.cases import UID, End, Start, end_of
from tests.scenario.ground import Ground, load, settled_in, template
from tests.scenario.one_kiosk import NOTE, PRICE, OneKiosk, SameIds, same_ids
from tests.scenario.remembering import Moment, RememberingLine, back_to, now
from tests.scenario.test_tears import Watch, named
from tests.scenario.truth import begin_or_finish, check_finished, check_gate

FAMILIES = ("classic-1k", "desfire-ev2")
OTHER = "kiosk-2"
WRITING, COMING_BACK = 2, 3


@dataclass
class Torn:
    """A kiosk at which all is paid; its card is going to be torn away."""

    kiosk: OneKiosk
    other: OneKiosk
    ids: SameIds
    card: VirtualCard
    visit: Visit = field(init=False)
    sale: SaleView = field(init=False)
    start: Start = field(init=False)
    first: Moment = field(init=False)
    end: End = field(init=False)

    def __post_init__(self) -> None:
        ground, work = self.kiosk.ground, self.kiosk.machine
        known = ground.card(self.card)
        self.kiosk.begin_to_pay(self.card)
        self.kiosk.pay(2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paying, "write", lambda _kiosk: None)
            self.kiosk.pay(1)
        assert work.screen is Screen.WRITING
        assert work.visit.sale is not None
        self.visit, self.sale = replace(work.visit), work.visit.sale
        self.start = Start(
            name="top-up",
            ground=ground,
            card=self.card,
            memory=self.card.dump(),
            request=TopUpRequest(card_number=known.number, months=1),
            sale_id=self.sale.sale_id,
            due_fen=PRICE,
            before=ground.rights_on_file(known.number),
            trial=ground.trial(),
            documents=ground.count("document"),
            operations=ground.count("operation"),
        )
        self.first = now(self.start)
        self.write()
        self.kiosk.until(Screen.DONE)
        self.end = end_of(self.start, known.number)

    def write(self) -> None:
        """What the kiosk does with a card that was paid for, from the same moment each time."""
        work = self.kiosk.machine
        self.back_to(self.first, WRITING)
        work.visit, work.till.sale = replace(self.visit), self.sale
        work.screen, work.present = Screen.WRITING, True
        self.kiosk.reader.insert(self.card)
        write(work)

    def back_to(self, moment: Moment, chapter: int) -> None:
        back_to(self.start, moment)
        self.ids.begin(chapter)

    def plans(self) -> list[Callable[[], FaultPlan]]:
        """Every tear there is."""
        watch = Watch(self.card)
        self.kiosk.reader.plan(watch)
        self.write()
        self.kiosk.reader.plan(None)
        return watch.tears

    def every_tear(self) -> Iterator[Moment]:
        """Tear it away everywhere; yields what is left wherever it differs."""
        seen = set()
        for number, plan in enumerate(self.plans()):
            self.kiosk.reader.plan(plan())
            self.write()
            self.kiosk.reader.plan(None)
            assert self.kiosk.screen is Screen.LAY_BACK, number
            moment = now(self.start)
            left = (moment.store, json.dumps(moment.memory))
            if left not in seen:
                seen.add(left)
                with named(f"{self.card.kind}, tear {number}"):
                    yield moment

    def follow(self, moment: Moment) -> None:
        """Let the card come back, in each of four ways."""
        visit, today = replace(self.kiosk.machine.visit), self.kiosk.ground.clock.now
        check_gate(self.start, self.end)
        for come_back in (self.at_once, self.the_next_day, self.at_another_kiosk, self.at_the_desk):
            self.back_to(moment, COMING_BACK)
            work = self.kiosk.machine
            work.visit, work.screen = replace(visit), Screen.LAY_BACK
            work.set_deadline()
            self.kiosk.lift()
            with named(come_back.__name__):
                come_back()
                check_finished(self.start, self.end)
                sale = self.start.ground.desk.sale(self.sale.sale_id)
                assert (sale.credited_fen, sale.refundable_fen) == (PRICE, 0)
                assert self.kiosk.in_the_box() == self.kiosk.booked() == 3 * NOTE
            self.kiosk.ground.clock.now = today

    # --- how the card comes back

    def at_once(self) -> None:
        self.kiosk.lay(self.card)
        self.done_with_a_slip(self.kiosk)

    def the_next_day(self) -> None:
        self.kiosk.next_day()
        assert self.kiosk.screen is Screen.ATTRACT
        assert "卡未放回" in self.kiosk.printer.sheets[-1].text
        self.kiosk.lay(self.card)
        self.done_with_a_slip(self.kiosk)

    def at_another_kiosk(self) -> None:
        self.other.lay(self.card)
        self.done_with_a_slip(self.other)

    def at_the_desk(self) -> None:
        begin_or_finish(self.start, VirtualReader())

    def done_with_a_slip(self, kiosk: OneKiosk) -> None:
        kiosk.until(Screen.DONE)
        assert kiosk.machine.visit.printed == "printed"
        assert "2025年7月9日" in kiosk.printer.sheets[-1].text.replace(" ", "")
        kiosk.lift()
        assert kiosk.screen is Screen.ATTRACT


@contextmanager
def opened(kind: str, patch: pytest.MonkeyPatch) -> Iterator[Torn]:
    """An estate with two kiosks, and a resident whose card of that kind has a parking right."""
    ids, engine = same_ids(patch), fluent_engine("sqlite://")
    load(engine, template().store)
    ground, card = with_two_kiosks(engine), make(kind, UID)
    ground.do(ground.issue_request(ground.people.owner), card)
    ground.do(ground.parking_request(ground.card(card), 1), card)
    yield Torn(OneKiosk(ground), OneKiosk(ground, OTHER), ids, card)
    engine.dispose()


def with_two_kiosks(engine: Engine) -> Ground:
    first = settled_in(engine)
    tokens = {**first.tokens, OTHER: register_station(first.estate, OTHER, StationKind.KIOSK)}
    ground = replace(first, tokens=tokens, make_line=RememberingLine)
    line = ground.line
    assert isinstance(line, RememberingLine)
    line.when = ground.clock
    return ground


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_card_torn_off_the_kiosk_anywhere_is_topped_up_when_it_comes_back(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(kind, monkeypatch) as torn:
        followed = 0
        for moment in torn.every_tear():
            torn.follow(moment)
            followed += 1
    assert followed >= 3, "before it was begun, in the write, and after it"
