"""A resident before a kiosk who pays by QR, through the use cases: no devices, no web.

The provider is `tests.databases.payers.PaperProvider`; the store is a copy of one in which the
resident has a card with a parking right.
"""

import shutil
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from cardserver.domain.sale import TenderKind, TenderState
from cardserver.payments.api import PaymentProvider
from cardserver.services import (
    accounts,
    beginning,
    ending,
    planning,
    qrpayments,
    selling,
    suspense,
    tendering,
)
from cardserver.services.errands import Errands
from cardserver.services.settler import Settler
from cardserver.wire_operations import Settled
from cardserver.wire_payments import QrAct, QrRequest, QrView
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import CancelRequest, SaleRequest, SaleView, TenderRequest
from cardserver.wire_suspense import InSuspense
from tests.databases.frontdesk import (
    DESK,
    KIOSK,
    FrontDesk,
    PlainCard,
    SetClock,
    blank,
    new_id,
    open_desk,
)
from tests.databases.payers import PaperProvider
from tests.databases.stores import keep_until_the_end, sqlite_engine, sqlite_store

PRICE = 300_00
NOTE = 100_00


@dataclass
class Kiosk:
    """A resident with a parking card before a kiosk; a provider; whoever speaks with it."""

    desk: FrontDesk
    card: PlainCard
    request: TopUpRequest
    provider: PaperProvider = field(default_factory=PaperProvider)

    def __post_init__(self) -> None:
        providers: dict[str, PaymentProvider] = {self.provider.name: self.provider}
        estate = replace(self.desk.estate, providers=providers, errands=Errands())
        self.desk.estate = self.estate = estate
        self.settler = self.new_settler()
        self.before = accounts.trial(self.estate, DESK)
        self.sale_id = new_id()
        self.sell(self.sale_id)

    def new_settler(self) -> Settler:
        """One that asks without any pause; a server that was killed has another one."""
        return Settler(self.estate, pace=lambda _state, _tries: 0.0)

    def sell(self, sale_id: str) -> None:
        price = planning.quote(self.estate, KIOSK, self.request).total_fen
        assert price == PRICE
        body = SaleRequest(sale_id=sale_id, request=self.request, quoted_total_fen=price)
        selling.open_sale(self.estate, KIOSK, body)

    def ask(self) -> QrView:
        request = QrRequest(payment_id=new_id(), provider="wechat")
        return qrpayments.ask_code(self.estate, KIOSK, self.sale_id, request)

    def shown(self) -> QrView:
        """A code on the screen."""
        asked = self.ask()
        assert asked.code == ""
        self.settler.turn()
        return self.look(asked)

    def look(self, view: QrView) -> QrView:
        return qrpayments.payment(self.estate, KIOSK, view.payment_id)

    def close(self, view: QrView) -> QrView:
        return qrpayments.close(self.estate, KIOSK, view.payment_id, QrAct(act_id=new_id()))

    def settle_all(self, turns: int = 12) -> None:
        for _ in range(turns):
            self.settler.turn()

    def note(self, fen: int = NOTE) -> SaleView:
        tender, sale = new_id(), self.sale()
        for state in (TenderState.ACCEPTING, TenderState.CREDITED):
            body = TenderRequest(
                tender_id=tender,
                kind=TenderKind.CASH_NOTE,
                value_fen=fen,
                state=state,
                checked=True,
            )
            sale = tendering.tender(self.estate, KIOSK, self.sale_id, body)
        return sale

    def cancel(self) -> SaleView:
        body = CancelRequest(cancel_id=new_id(), reason="stopped-at-the-kiosk")
        return selling.cancel_sale(self.estate, KIOSK, self.sale_id, body)

    def write(self) -> Settled:
        ticket = beginning.begin(
            self.estate, KIOSK, self.desk.begin_request(self.request, self.card, self.sale_id)
        )
        self.card.write(ticket)
        return ending.settle(self.estate, KIOSK, ticket.operation_id, self.card.evidence())

    # --- what is true

    def sale(self) -> SaleView:
        return selling.sale(self.estate, DESK, self.sale_id)

    def balances(self) -> dict[str, int]:
        return accounts.ledger_balances(self.estate, DESK).accounts

    def check(self) -> None:
        """Balanced; and unless something is under way the ledger has what the provider has."""
        assert accounts.trial(self.estate, DESK).balanced
        assert self.balances().get("provider:wechat", 0) == self.provider.balance_fen

    def in_suspense(self) -> tuple[InSuspense, ...]:
        return suspense.suspense(self.estate, DESK).items


def with_a_card(desk: FrontDesk) -> tuple[PlainCard, TopUpRequest]:
    card = blank()
    number = desk.add_parking(desk.issue(desk.owner, card), card).number
    return card, TopUpRequest(card_number=number, months=1)


@cache
def prepared() -> tuple[Path, FrontDesk, PlainCard, TopUpRequest]:
    """A store in which the resident has the card; every test begins on a copy of it."""
    folder = keep_until_the_end(Path(mkdtemp(prefix="yika-qr-")))
    desk = open_desk(sqlite_store(folder))
    card, request = with_a_card(desk)
    desk.estate.engine.dispose()
    return folder / "yika.db", desk, card, request


def open_kiosk(folder: Path) -> Kiosk:
    """A kiosk on a copy of the prepared store."""
    path, before, card, request = prepared()
    shutil.copy(path, folder / path.name)
    engine = sqlite_engine(f"sqlite:///{folder / path.name}")
    desk, clock = copy(before), SetClock()
    desk.clock, desk.estate = clock, replace(before.estate, engine=engine, clock=clock)
    return Kiosk(desk, replace(card, slots=dict(card.slots)), request)


def notice(kiosk: Kiosk, view: QrView, **headers: str) -> None:
    told = {"Signature": "genuine", "Notice": "n-1", **headers}
    qrpayments.take_notice(kiosk.estate, kiosk.provider, told, view.number.encode())
