"""The resident's phone and the notices: what is sent, how often, and what each trouble does."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from cardserver.payments.api import ProviderName
from simulators.payments.book import OrderState, Refusal
from simulators.payments.control import SHOWN_FAULTS, create_app
from simulators.payments.faults import (
    Call,
    PayFault,
    Trouble,
    troubles_of,
)
from simulators.payments.notices import Letter
from simulators.payments.providers import PayProviders, carry

NOW = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)
NUMBER = "K1-0000001"


class Street:
    """The providers without a socket, and what their courier brings."""

    def __init__(self) -> None:
        self.now = NOW
        self.letters: list[Letter] = []
        self.answer = (200, b"success")
        self.sim = PayProviders(lambda: self.now, base="http://127.0.0.1:1", deliver=self._take)
        for provider in ProviderName:
            self.place(provider, NUMBER)

    def place(self, provider: ProviderName, number: str) -> None:
        self.sim.book.place(
            provider,
            number,
            amount_fen=15000,
            subject="停车充值",
            expires=NOW + timedelta(minutes=5),
            notify_url="http://127.0.0.1/notices",
        )

    def _take(self, letter: Letter) -> tuple[int, bytes]:
        self.letters.append(letter)
        return self.answer


@pytest.fixture
def street() -> Iterator[Street]:
    street = Street()
    yield street
    street.sim.close()


@pytest.fixture
def client(street: Street) -> FlaskClient:
    return create_app(street.sim).test_client()


def press(client: FlaskClient, call: str, /, **body: Any) -> Any:
    answer = client.post(f"/control/payments/{call}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize("provider", [*ProviderName])
def test_a_phone_pays_once(street: Street, client: FlaskClient, provider: ProviderName) -> None:
    said = press(client, "pay", order=f"{provider}:{NUMBER}", times=3)
    assert said["phone"] == ["paid", "orderpaid", "orderpaid"]
    street.sim.courier.settle()
    assert len(street.letters) == 1
    (order,) = (each for each in said["orders"] if each["order"] == f"{provider}:{NUMBER}")
    assert (order["state"], order["payable"]) == ("paid", False)


def test_a_phone_that_reads_a_dead_code_is_told(street: Street, client: FlaskClient) -> None:
    street.now += timedelta(minutes=5)
    order = f"wechat:{NUMBER}"
    assert press(client, "scan", order=order)["phone"] == ["order-closed"]
    assert press(client, "pay", order=order)["phone"] == ["order-closed"]
    assert press(client, "pay", order=order, late=True)["phone"] == ["paid"]


@pytest.mark.parametrize(
    ("what", "body", "code"),
    [
        ("pay", {"order": "wechat:K9-9999999"}, "order-not-exist"),
        ("scan", {"order": "alipay:K9-9999999"}, "order-not-exist"),
        ("notice", {"order": "wechat:K9-9999999"}, "order-not-exist"),
        ("notice", {"order": f"wechat:{NUMBER}"}, "order-not-paid"),
        ("pay", {"order": NUMBER}, "bad-value"),
        ("pay", {"order": "cash:1"}, "bad-value"),
        ("pay", {}, "missing-field"),
        ("pay", {"order": f"wechat:{NUMBER}", "times": 0}, "bad-value"),
        ("pay", {"order": f"wechat:{NUMBER}", "tmies": 2}, "unknown-field"),
        ("fault", {"provider": "wechat", "what": "close:ask-again"}, "bad-value"),
        ("fault", {"provider": "cash", "what": "close:slow"}, "bad-value"),
    ],
)
def test_a_call_that_makes_no_sense_says_so(
    client: FlaskClient, what: str, body: dict[str, Any], code: str
) -> None:
    answer = client.post(f"/control/payments/{what}", json=body)
    assert answer.status_code in {400, 404, 409}
    assert (answer.json or {})["code"] == code


def test_what_is_planned_is_shown_until_it_happens(street: Street, client: FlaskClient) -> None:
    press(client, "fault", provider="wechat", what="notice:lost", times=2)
    state = press(client, "pay", order=f"wechat:{NUMBER}")
    assert [each["what"] for each in state["faults"]] == ["notice:lost"]
    assert press(client, "no-fault")["faults"] == []
    street.sim.courier.settle()
    assert street.letters == []
    assert [each.trouble for each in street.sim.faults.fired] == [Trouble.LOST]


def test_every_trouble_on_the_page_can_be_planned(client: FlaskClient) -> None:
    for provider in ProviderName:
        for call, trouble in SHOWN_FAULTS:
            press(client, "fault", provider=provider, what=f"{call}:{trouble}")


def test_a_fault_that_can_not_be_is_not_planned() -> None:
    for provider in ProviderName:
        for call in Call:
            for trouble in set(Trouble) - troubles_of(provider, call):
                with pytest.raises(ValueError, match="does not happen"):
                    PayFault(provider=provider, call=call, trouble=trouble)


@pytest.mark.parametrize("provider", [*ProviderName])
@pytest.mark.parametrize(("trouble", "count"), [("lost", 0), ("double", 2), ("replayed", 2)])
def test_a_notice_comes_as_often_as_planned(
    street: Street, client: FlaskClient, provider: ProviderName, trouble: str, count: int
) -> None:
    press(client, "fault", provider=provider, what=f"notice:{trouble}")
    press(client, "pay", order=f"{provider}:{NUMBER}")
    street.sim.courier.settle()
    assert len(street.letters) == count
    assert len({letter.notice_id for letter in street.letters}) == min(count, 1)


def test_a_held_notice_comes_as_it_was_written(street: Street, client: FlaskClient) -> None:
    press(client, "fault", provider="wechat", what="notice:late")
    state = press(client, "pay", order=f"wechat:{NUMBER}")
    assert [each["status"] for each in state["notices"]] == [None]
    held = street.sim.courier.held[0]
    street.now += timedelta(hours=1)
    press(client, "notice", order=f"wechat:{NUMBER}")
    street.sim.courier.settle()
    assert [letter.body for letter in street.letters] == [held.body]


def test_a_notice_that_is_not_taken_is_seen_and_sent_again(
    street: Street, client: FlaskClient
) -> None:
    street.answer = (500, b"")
    press(client, "pay", order=f"alipay:{NUMBER}")
    street.sim.courier.settle()
    street.answer = (200, b"success")
    press(client, "notice", order=f"alipay:{NUMBER}")
    street.sim.courier.settle()
    notices = (client.get("/control/state.json").json or {})["notices"]
    assert [(each["status"], each["taken"]) for each in notices] == [(200, True), (500, False)]
    assert street.letters[0].notice_id == street.letters[1].notice_id


@pytest.mark.parametrize(
    ("provider", "answer", "taken"),
    [
        (ProviderName.WECHAT, (204, b""), True),
        (ProviderName.WECHAT, (200, b"anything"), True),
        (ProviderName.WECHAT, (400, b""), False),
        (ProviderName.ALIPAY, (200, b"success"), True),
        (ProviderName.ALIPAY, (200, b"failure"), False),
        (ProviderName.ALIPAY, (200, b"<html>success</html>"), False),
    ],
)
def test_each_provider_hears_a_yes_of_its_own(
    street: Street, provider: ProviderName, answer: tuple[int, bytes], taken: bool
) -> None:
    street.answer = answer
    street.sim.pay(provider, NUMBER)
    street.sim.courier.settle()
    assert street.sim.courier.history[-1].taken is taken


def test_an_order_is_closed_at_its_expiry_and_not_paid_after(street: Street) -> None:
    street.now += timedelta(minutes=4, seconds=59)
    assert street.sim.book.find(ProviderName.WECHAT, NUMBER).state is OrderState.OPEN
    street.now += timedelta(seconds=1)
    with pytest.raises(Refusal):
        street.sim.pay(ProviderName.WECHAT, NUMBER)


def test_a_notice_travels_over_http() -> None:
    came: list[tuple[str, bytes, str]] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name it is called by
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, body, self.headers["X-Mark"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Door) as door:
        thread = threading.Thread(target=door.handle_request)
        thread.start()
        letter = Letter(
            notice_id="1",
            provider=ProviderName.ALIPAY,
            number=NUMBER,
            url=f"http://127.0.0.1:{door.server_port}/api/payments/alipay/notices",
            headers={"X-Mark": "a"},
            body=json.dumps({"a": 1}).encode(),
        )
        assert carry(letter) == (200, b"success")
        thread.join()
    assert came == [("/api/payments/alipay/notices", b'{"a": 1}', "a")]
    assert carry(letter) == (0, b"")
