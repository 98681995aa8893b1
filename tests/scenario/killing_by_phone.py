"""The place of a kiosk that is killed while its resident pays with the phone, and with notes.

The providers live on, and so does the phone: it may pay before, during or after the kill, and even
after the resident went back to notes. In the end every fen at the providers is booked or given
back, the month is on the card exactly if it is paid, and nothing is paid twice.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from cardserver.domain.qrpayment import CODE_LIFE, EXPIRED_FOR_SURE
from cardserver.domain.sale import SaleState
from cardserver.services.settler import Settler
from drivers.acceptors import ssp
from kiosk.selfservice.flow import Screen
from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.machine import Machine
from simulators import estate as demo_estate
from simulators.acceptor_path import Stage
from simulators.payments.book import OrderState, Refusal, SimOrder
from simulators.payments.notices import Letter
from simulators.payments.server import PayServer
from simulators.reader import VirtualReader
from simulators.stream import PtyPort, TcpPort
from tests.scenario.ground import MORNING, SetClock
from tests.scenario.killed import CONTEXT, open_ground, was_killed
from tests.scenario.killed_by_phone import PhoneJob, perform, with_phones
from tests.scenario.killed_kiosk import JOURNAL, STEPS, open_machine, until
from tests.scenario.killing_kiosk import CASH, NEVER, NOTE, PRICE, Left, Place

PLANS: Sequence[tuple[str, ...]] = (
    ("wechat",),
    ("alipay",),
    ("note", "wechat"),
    ("wechat", "back", "note", "note", "note"),
    ("alipay", "back", "note", "alipay"),
)
"""What the resident does at the screen; the phone pays what is shown last, or too early."""


@dataclass
class Phone:
    """Pays the order that the plan ends with; one it went back from only with bad luck."""

    orders_wanted: int
    hasty: bool

    def pays(self, server: PayServer) -> None:
        for place, order in enumerate(server.providers.book.orders(), start=1):
            if order.state is OrderState.OPEN and (place >= self.orders_wanted or self.hasty):
                pay(server, order)


def pay(server: PayServer, order: SimOrder) -> None:
    with suppress(Refusal):  # its time was over in this very moment
        server.providers.scan(order.provider, order.number)
        server.providers.pay(order.provider, order.number)


def nobody_hears(_letter: Letter) -> tuple[int, bytes]:
    """No notice arrives: what is not asked for is not learnt."""
    return 0, b""


@dataclass
class PhonePlace(Place):
    """Where the kiosk stands, with both providers in reach."""

    plan: tuple[str, ...] = PLANS[0]
    hasty: bool = False
    clock: SetClock = field(default_factory=lambda: SetClock(MORNING))
    notes: int = field(init=False)
    phone: Phone = field(init=False)
    pay_server: PayServer = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.notes = self.plan.count("note")
        codes = sum(word in {"wechat", "alipay"} for word in self.plan)
        wanted = codes if self.plan[-1] != "note" else codes + 1
        self.phone = Phone(wanted, self.hasty)
        self.pay_server = PayServer(self._now, deliver=nobody_hears)

    def _now(self) -> datetime:
        return self.clock.now

    def run(self, last: int, *, killed_after_s: float | None = None) -> "PhoneLeft":
        """Let kiosk and server run until they are killed at that step or moment, or are done."""
        job, line, paper = self.job(), PtyPort(self.acceptor), TcpPort(self.printer)
        phone = PhoneJob(
            acceptor_path=line.path,
            printer_port=paper.port,
            accounts=self.pay_server.accounts,
            plan=self.plan,
        )
        process = CONTEXT.Process(target=perform, args=(job, phone, last))
        process.start()
        end = None if killed_after_s is None else time.monotonic() + killed_after_s
        while process.exitcode is None:
            self.phone.pays(self.pay_server)
            self.offer()
            process.join(0.005)
            if end is not None and time.monotonic() > end:
                process.kill()
        killed = was_killed(process.exitcode)
        process.close()
        paper.close()
        return PhoneLeft(self, job, line, killed=killed, ground=open_ground(job))

    def offer(self) -> None:
        """As many notes as the plan says; one that comes back is tried again."""
        view = self.acceptor.view()
        ready = view.enabled and view.stage is Stage.EMPTY and NOTE in view.accepts_fen
        if ready and len(view.cashbox_fen) < self.notes:
            self.acceptor.insert_note(NOTE)

    def at_providers(self) -> int:
        orders = self.pay_server.providers.book.orders()
        paid = sum(each.amount_fen for each in orders if each.paid_at is not None)
        return paid - sum(each.refunded_fen for each in orders)


@dataclass
class PhoneLeft(Left):
    """What a fresh session finds."""

    place: PhonePlace

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ground.clock = self.place.clock
        self.ground.estate = replace(self.ground.estate, clock=self.place.clock)
        with_phones(self.ground, self.place.pay_server.accounts)

    def close(self) -> None:
        self.place.pay_server.close()
        super().close()

    def by_phone(self) -> int:
        balances = self.ground.balances().items()
        return sum(fen for account, fen in balances if account.startswith("provider:"))

    def living(self) -> int:
        """Fen whose provider's last word is not booked yet."""
        rows = self.ground.rows(
            "SELECT coalesce(sum(amount_fen), 0) FROM qr_payment "
            "WHERE state IN ('asked', 'sent', 'waiting', 'closing')"
        )
        return int(rows[0][0])

    def going(self) -> int:
        rows = self.ground.rows(
            "SELECT coalesce(sum(amount_fen), 0) FROM qr_refund "
            "WHERE state IN ('asked', 'processing')"
        )
        return int(rows[0][0])

    def check_money(self) -> None:
        """Every note and every fen at the providers is booked, or is seen as under way."""
        sale, balances = self.sale(), self.ground.balances()
        visible = len(sale.open_tenders) * NOTE if sale else 0
        assert self.place.in_the_box() - balances.get(CASH, 0) in {0, visible}
        assert -self.going() <= self.place.at_providers() - self.by_phone() <= self.living()
        assert self.ground.trial().balanced

    def go_on(self) -> None:
        """Kiosk and server start again, the card is laid down, the rest is paid as it is asked."""
        if self.place.hasty:
            self.server_alone()
        paper, reader = TcpPort(self.place.printer), VirtualReader()
        journal = TillJournal(self.job.folder / JOURNAL)
        acceptor = ssp.DRIVER.open({"port": self.line.path})
        machine = open_machine(self.ground, reader, acceptor, paper.port, journal)
        settler = Settler(self.ground.estate, pace=lambda _state, _tries: 0.02)
        settler.start()
        machine.start()
        try:
            until(lambda: machine.screen is Screen.ATTRACT and not machine.till.busy)
            reader.insert(self.card)
            until(lambda: self.paid_on(machine))
        finally:
            machine.stop()
            settler.stop()
            journal.check()
            journal.close()
            paper.close()
        self.settle_out()

    def server_alone(self) -> None:
        """The server starts before its kiosk, and the phone pays what it still can."""
        settler = Settler(self.ground.estate, pace=lambda _state, _tries: 0.0)
        for _ in range(4):
            self.place.phone.pays(self.place.pay_server)
            settler.turn()

    def paid_on(self, machine: Machine) -> bool:
        """The payer goes on as the screen says; True when nothing is left to be done."""
        if machine.screen is Screen.SCAN and machine.scan.code:
            for order in self.place.pay_server.providers.book.orders():
                if order.code == machine.scan.code and order.state is OrderState.OPEN:
                    pay(self.place.pay_server, order)
        elif machine.screen is Screen.PAY:
            self.place.notes = PRICE // NOTE
            self.place.offer()
        return machine.screen in {Screen.DONE, Screen.MONTHS}

    def settle_out(self) -> None:
        """Time goes by: every code has its end, every refund arrives."""
        self.place.clock.now += CODE_LIFE + EXPIRED_FOR_SURE
        settler = Settler(self.ground.estate, pace=lambda _state, _tries: 0.0)
        for _ in range(20):
            settler.turn()
            if not self.living() and not self.going():
                return
        raise AssertionError("something at a provider has no end")

    def check_end(self) -> None:
        """Topped up and paid for once, or neither; one slip, or none; not a fen astray."""
        ground, sales = self.ground, self.sales()
        settled = [sale for sale in sales if sale is SaleState.SETTLED]
        done = bool(settled)
        assert len(settled) <= 1
        trial = ground.trial()
        assert trial.balanced
        assert (trial.held_fen, trial.payable_fen, trial.suspense_fen) == (0, 0, 0)
        assert self.booked() == self.place.in_the_box()
        assert self.by_phone() == self.place.at_providers()
        assert self.booked() + self.by_phone() == (PRICE if done else 0)
        assert ground.count("document", f"station = '{demo_estate.KIOSK}'") == int(done)
        assert ground.count("operation", "state = 'open'") == 0
        twice = (
            "SELECT tender_id FROM tender WHERE state = 'credited' GROUP BY 1 HAVING count(*) > 1"
        )
        assert not ground.rows(twice)
        number = ground.card(self.card).number
        assert ground.slots_on_card(self.card, 1) == ground.rights_on_file(number)
        assert (self.card.dump() != self.place.memory) is done

    def sales(self) -> list[SaleState]:
        rows = self.ground.rows("SELECT id FROM sale WHERE station = :name", name=demo_estate.KIOSK)
        return [self.ground.desk.sale(row[0]).state for row in rows]


def steps_of(place: PhonePlace) -> int:
    """How many steps this visit has when nobody kills it; it ends as every other does."""
    left = place.run(NEVER)
    try:
        left.check_money()
        left.settle_out()
        left.check_end()
        return len((left.job.folder / STEPS).read_text().splitlines())
    finally:
        left.close()
