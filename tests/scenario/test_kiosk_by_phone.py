"""A resident pays with the phone: kiosk, server, adapters and both providers, over real lines.

Providers are the local ones with their real signatures. What lies there is what the ledger has in
the end, and the resident holds a slip or gets the money back.
"""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from cardserver.domain.rights import RightKind
from cardserver.payments.api import ProviderName
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest
from kiosk.selfservice import opening, scanning
from kiosk.station.i18n import DEFAULT_LANGUAGE, text
from simulators.clock import DemoClock
from simulators.payments.book import OrderState, Refusal, SimOrder
from simulators.payments.faults import Call, PayFault, Trouble
from simulators.site import BRISK_NOTES
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SiteWithPhones
from tests.databases.stores import keep_until_the_end
from tests.scenario.ground import new_id
from tests.scenario.hands import papers, says, trial, with_parking
from tests.scenario.test_bad_kiosk_days import (
    BEFORE,
    at,
    begin_to_pay,
    booked,
    cut,
    in_the_box,
    pay,
)

PRICE, NOTE = 300_00, 100_00
WECHAT, ALIPAY = ProviderName


def open_site(folder: Path, morning: datetime) -> SiteWithPhones:
    clock = DemoClock()
    clock.travel_to(morning)
    return SiteWithPhones(folder, clock=clock, note_timing=BRISK_NOTES)


@cache
def prepared() -> tuple[Path, dict[str, str]]:
    """The folder of a site whose owner has a parking card; every test begins on a copy of it."""
    folder = keep_until_the_end(Path(mkdtemp(prefix="yika-phones-")))
    with open_site(folder, FIRST_DAY) as site:
        teller = Teller(site)
        with_parking(teller, "owner", "classic-1k")
        teller.close()
    return folder, teller.card_ids


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Teller]:
    monkeypatch.setattr(scanning, "_LOOK_S", 0.05)
    folder, card_ids = prepared()
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with open_site(tmp_path, FIRST_DAY + timedelta(minutes=10)) as site:
        teller = Teller(site)
        teller.card_ids.update(card_ids)
        yield teller
        teller.close()


def choose(day: Teller, provider: ProviderName) -> SimOrder:
    """Touch the provider's button; its order, once the code is on the screen."""
    day.post("/kiosk/touch/qr-chosen", provider=provider.value)
    day.until("the code is shown", lambda: bool(day.state("kiosk")["code"]))
    orders = [each for each in day.site.payments.book.orders() if each.provider is provider]
    assert day.state("kiosk")["code"] == orders[-1].code
    return orders[-1]


def with_the_phone(day: Teller, order: SimOrder) -> None:
    day.site.payments.scan(order.provider, order.number)
    day.site.payments.pay(order.provider, order.number)


def at_provider(day: Teller) -> int:
    """What both providers hold for us."""
    orders = day.site.payments.book.orders()
    paid = sum(each.amount_fen for each in orders if each.state is OrderState.PAID)
    return paid - sum(each.refunded_fen for each in orders)


def booked_at_providers(day: Teller) -> int:
    balances = day.site.balances()
    return sum(fen for name, fen in balances.items() if name.startswith("provider:"))


def last_day(day: Teller) -> str:
    return day.card("owner").rights[RightKind.PARKING].last.isoformat()


@pytest.mark.parametrize("provider", ProviderName)
def test_a_month_is_paid_with_the_phone_and_written(kiosk: Teller, provider: ProviderName) -> None:
    begin_to_pay(kiosk)
    order = choose(kiosk, provider)
    assert order.amount_fen == PRICE
    assert "<svg" in kiosk.page("/kiosk/")
    assert not kiosk.site.acceptor.view().enabled
    with_the_phone(kiosk, order)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert last_day(kiosk) == "2025-07-08"
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE
    slip = papers(kiosk, "kiosk")[-1]
    assert ("微信支付" if provider is WECHAT else "支付宝") in slip


def test_back_to_notes_after_the_code_and_the_rest_by_phone_again(kiosk: Teller) -> None:
    begin_to_pay(kiosk)
    first = choose(kiosk, WECHAT)
    kiosk.post("/kiosk/touch/more-time")
    kiosk.until("another code", lambda: kiosk.state("kiosk")["code"] not in {"", first.code})
    kiosk.post("/kiosk/touch/back")
    kiosk.until("notes are taken again", at(kiosk, "pay"))
    assert first.state is OrderState.CLOSED
    pay(kiosk, 1)
    second = choose(kiosk, ALIPAY)
    assert second.amount_fen == PRICE - NOTE
    with_the_phone(kiosk, second)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)
    assert booked(kiosk) == in_the_box(kiosk) == NOTE
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE - NOTE
    assert "现金、支付宝" in papers(kiosk, "kiosk")[-1]


def test_paid_in_the_moment_of_leaving_counts(kiosk: Teller) -> None:
    begin_to_pay(kiosk)
    order = choose(kiosk, WECHAT)
    kiosk.site.payments.faults.plan(
        PayFault(provider=WECHAT, call=Call.CLOSE, trouble=Trouble.PAID_MEANWHILE)
    )
    kiosk.post("/kiosk/touch/stopped")
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert order.state is OrderState.PAID
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE


def test_a_code_that_was_given_up_and_paid_all_the_same_counts_while_notes_are_awaited(
    kiosk: Teller,
) -> None:
    """Alipay can't end a code that nobody scanned: what the phone pays is heard of at once."""
    begin_to_pay(kiosk)
    order = choose(kiosk, ALIPAY)
    kiosk.post("/kiosk/touch/back")
    kiosk.until("notes are taken again", at(kiosk, "pay"))
    with_the_phone(kiosk, order)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE
    assert in_the_box(kiosk) == 0


def test_who_leaves_with_money_by_phone_and_notes_gets_each_back_its_way(kiosk: Teller) -> None:
    """Alipay knows nothing of a code that nobody scanned, so that it can still be paid."""
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    order = choose(kiosk, ALIPAY)
    kiosk.post("/kiosk/touch/stopped")
    kiosk.until("the screen says what is owed", at(kiosk, "owed"))
    with_the_phone(kiosk, order)
    kiosk.until("it went back", lambda: bool(order.refunded_fen))
    kiosk.until("that is booked", lambda: booked_at_providers(kiosk) == 0)
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE, 0, NOTE, 0)
    assert at_provider(kiosk) == 0


def test_a_provider_that_gives_no_answer_costs_nothing_and_notes_go_on(
    kiosk: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "CODE_S", 0.3)
    begin_to_pay(kiosk)
    slow = PayFault(provider=ALIPAY, call=Call.CREATE, trouble=Trouble.SLOW, seconds=2)
    kiosk.site.payments.faults.plan(slow)
    kiosk.post("/kiosk/touch/qr-chosen", provider="alipay")
    kiosk.until("it is said", lambda: kiosk.state("kiosk")["problem"] == "code-unanswered")
    assert kiosk.state("kiosk")["screen"] == "pay"
    monkeypatch.undo()
    kiosk.site.payments.faults.plan(
        PayFault(provider=WECHAT, call=Call.CREATE, trouble=Trouble.ERROR_BEFORE)
    )
    kiosk.post("/kiosk/touch/qr-chosen", provider="wechat")
    kiosk.until("it is said", lambda: kiosk.state("kiosk")["problem"] == "code-unanswered")
    assert says(kiosk, "/kiosk/", "sorry.code-unanswered")
    pay(kiosk, 3)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)


def test_a_kiosk_whose_acceptor_is_full_goes_on_by_phone(
    kiosk: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_AGAIN_S", 0.2)
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    kiosk.site.acceptor.fill_stacker()
    kiosk.until("it is said", lambda: kiosk.state("kiosk")["problem"] == "acceptor-away")
    assert kiosk.state("kiosk")["screen"] == "pay"
    with_the_phone(kiosk, choose(kiosk, WECHAT))
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.site.acceptor.cut_power()
    kiosk.site.machine.till.notes_fen = ()
    kiosk.lift("kiosk")
    kiosk.until("it is said", lambda: kiosk.state("kiosk")["notes_out"] == "acceptor-away")
    assert kiosk.state("kiosk")["screen"] == "attract"
    assert says(kiosk, "/kiosk/", "sorry.acceptor-away")
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE - NOTE


def test_touches_out_of_order_and_strange_providers_do_nothing(kiosk: Teller) -> None:
    for event in ("qr-chosen", "back", "check-code"):
        kiosk.post(f"/kiosk/touch/{event}", provider="wechat")
    assert kiosk.state("kiosk")["screen"] == "attract"
    begin_to_pay(kiosk)
    for event, provider in (("qr-chosen", "paypal"), ("back", "wechat"), ("check-code", "")):
        kiosk.post(f"/kiosk/touch/{event}", provider=provider)
    assert kiosk.state("kiosk")["screen"] == "pay"
    choose(kiosk, WECHAT)
    for _ in range(20):  # a finger on the button twenty times
        kiosk.post("/kiosk/touch/qr-chosen", provider="wechat")
    assert len(kiosk.site.payments.book.orders()) == 1


def test_with_the_server_away_the_code_stays_and_what_was_paid_is_learnt_later(
    kiosk: Teller,
) -> None:
    begin_to_pay(kiosk)
    order = choose(kiosk, WECHAT)
    mend = cut(kiosk)
    kiosk.until("it is said", lambda: kiosk.state("kiosk")["problem"] == "server-unavailable")
    with_the_phone(kiosk, order)
    assert kiosk.state("kiosk")["screen"] == "scan"
    mend()
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE


def asked_for_by_a_kiosk_that_died(day: Teller) -> tuple[str, SimOrder]:
    """A code was on its screen; then the kiosk was gone, and the server was not."""
    server = day.site.client("kiosk-1")
    request = TopUpRequest(card_number=day.card("owner").number, months=1)
    sale_id, payment_id = new_id(), new_id()
    server.open_sale(SaleRequest(sale_id=sale_id, request=request, quoted_total_fen=PRICE))
    server.payments.ask_code(sale_id, payment_id, "wechat")
    day.until("there is a code", lambda: bool(server.payments.payment(payment_id).code))
    return sale_id, day.site.payments.book.orders()[-1]


def test_a_code_that_is_still_open_is_shown_again_when_its_card_is_laid_down(
    kiosk: Teller,
) -> None:
    _, order = asked_for_by_a_kiosk_that_died(kiosk)
    kiosk.lay("owner", "kiosk")
    kiosk.until("the same code", lambda: kiosk.state("kiosk")["code"] == order.code)
    assert len(kiosk.site.payments.book.orders()) == 1
    with_the_phone(kiosk, order)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)


def test_the_desk_sends_money_back_to_the_phone_it_came_from_and_pays_no_cash(
    kiosk: Teller,
) -> None:
    sale_id, order = asked_for_by_a_kiosk_that_died(kiosk)
    kiosk.lay("owner", "desk")
    assert text(DEFAULT_LANGUAGE, "desk.waiting.code", amount="300") in kiosk.page("/desk/")
    kiosk.lift("desk")
    with_the_phone(kiosk, order)
    kiosk.until("it is booked", lambda: booked_at_providers(kiosk) == PRICE)
    in_the_drawer = kiosk.site.balances()["cash:desk-1"]
    kiosk.lay("owner", "desk")
    kiosk.post("/desk/waiting/pay-out", sale_id=sale_id)
    assert says(kiosk, "/desk/", "problem.money-goes-back")
    kiosk.until("it went back", lambda: order.refunded_fen == PRICE)
    kiosk.until("that is booked", lambda: booked_at_providers(kiosk) == 0)
    assert kiosk.site.balances()["cash:desk-1"] == in_the_drawer
    assert trial(kiosk) == (BEFORE, 0, 0, 0)
    kiosk.lift("desk")


@pytest.mark.parametrize("provider", ProviderName)
def test_a_phone_that_scans_the_code_twice_pays_once(kiosk: Teller, provider: ProviderName) -> None:
    begin_to_pay(kiosk)
    order = choose(kiosk, provider)
    for _ in range(2):
        kiosk.site.payments.scan(provider, order.number)
    with_the_phone(kiosk, order)
    with pytest.raises(Refusal):
        with_the_phone(kiosk, order)
    kiosk.site.payments.tell_again(provider, order.number)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert last_day(kiosk) == "2025-07-08"
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)
    assert booked_at_providers(kiosk) == at_provider(kiosk) == PRICE
