"""The door for payment providers: no token, any shape, and nothing is believed but a signature."""

import pytest
from flask.testing import FlaskClient

from cardserver.web.payments import MAX_NOTICE_BYTES
from tests.databases.frontdesk import FrontDesk
from tests.databases.phonework import Kiosk, with_a_card
from tests.databases.servers import server_of

DOOR = "/api/payments/wechat/notices"


@pytest.fixture
def kiosk(desk: FrontDesk) -> Kiosk:
    return Kiosk(desk, *with_a_card(desk))


@pytest.fixture
def http(kiosk: Kiosk) -> FlaskClient:
    return server_of(kiosk.estate).test_client()


def headers(**more: str) -> dict[str, str]:
    return {"Signature": "genuine", "Notice": "n-1", **more}


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"]
)
def test_a_genuine_notice_is_taken_in_any_shape_and_answered_as_its_sender_wants(
    kiosk: Kiosk, http: FlaskClient, kind: str
) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    answer = http.post(DOOR, data=view.number, headers=headers(), content_type=kind)
    assert (answer.status_code, answer.data) == (200, b"thanks")
    assert kiosk.sale().missing_fen == 0
    again = http.post(DOOR, data=view.number, headers=headers(), content_type=kind)
    assert again.data == b"thanks"
    kiosk.check()


@pytest.mark.parametrize(
    "marks", [{}, {"Signature": "mine"}, {"Signature": "genuine", "Age": "old"}]
)
def test_what_is_not_believed_changes_nothing_and_may_come_again(
    kiosk: Kiosk, http: FlaskClient, marks: dict[str, str]
) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    answer = http.post(DOOR, data=view.number, headers={"Notice": "n-1", **marks})
    assert (answer.status_code, answer.data) == (500, b"again")
    assert kiosk.sale().missing_fen == view.amount_fen


def test_a_stranger_at_the_door(http: FlaskClient) -> None:
    assert http.post("/api/payments/paypal/notices", data=b"x").status_code == 404
    assert http.post("/api/payments/alipay/notices", data=b"x").status_code == 404
    assert http.get(DOOR).status_code == 405
    assert http.post(DOOR, data=b"x" * (MAX_NOTICE_BYTES + 1)).status_code == 413
    assert http.post(DOOR, data=b"").status_code == 500
