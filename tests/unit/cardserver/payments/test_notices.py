"""Notices: believed when genuine, ours and fresh; anything else is refused by its reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.payments.api import (
    NOTICE_WINDOW,
    Notice,
    NoticeReason,
    NoticeRefused,
    PaymentProvider,
    PaymentState,
    ProviderName,
    ProviderUnavailable,
)
from cardserver.payments.line import Line, Reply
from cardserver.payments.wechat import WechatProvider
from simulators.payments.faults import Trouble
from simulators.payments.notices import Letter
from tests.unit.cardserver.payments.payhouse import PayHouse


def reason(
    house: PayHouse, provider: PaymentProvider, headers: Mapping[str, str], body: bytes
) -> NoticeRefused:
    with pytest.raises(NoticeRefused) as refused:
        provider.read_notice(headers, body, house.now)
    return refused.value


def read(house: PayHouse, provider: PaymentProvider, letter: Letter) -> Notice:
    return provider.read_notice(letter.headers, letter.body, house.now)


def test_a_notice_says_what_a_query_says(house: PayHouse, provider: PaymentProvider) -> None:
    letter = house.letter(provider)
    notice = read(house, provider, letter)
    assert notice.payment == provider.query(letter.number)
    assert notice.payment.state is PaymentState.PAID
    assert notice.at == house.now
    assert notice.notice_id == letter.notice_id


def test_header_names_may_come_in_any_case(house: PayHouse, provider: PaymentProvider) -> None:
    letter = house.letter(provider)
    loud = {name.upper(): value for name, value in letter.headers.items()}
    assert provider.read_notice(loud, letter.body, house.now) == read(house, provider, letter)


def test_a_repetition_bears_the_same_id(house: PayHouse, provider: PaymentProvider) -> None:
    house.letter(provider, Trouble.DOUBLE)
    first, second = (read(house, provider, letter) for letter in house.letters)
    assert first.notice_id == second.notice_id
    house.now += timedelta(hours=6)
    house.sim.tell_again(provider.name, first.payment.number)
    house.sim.courier.settle()
    again = read(house, provider, house.letters[-1])
    assert (again.notice_id, again.payment) == (first.notice_id, first.payment)
    assert again.at == house.now


@pytest.mark.parametrize("side", [-1, 1])
def test_the_window_is_five_minutes_either_way(
    house: PayHouse, provider: PaymentProvider, side: int
) -> None:
    letter = house.letter(provider)
    house.now += side * NOTICE_WINDOW
    assert read(house, provider, letter).payment.number == letter.number
    house.now += side * timedelta(seconds=1)
    refused = reason(house, provider, letter.headers, letter.body)
    assert (refused.reason, refused.number) == (NoticeReason.STALE, letter.number)


def test_an_old_notice_sent_again_is_stale(house: PayHouse, provider: PaymentProvider) -> None:
    letter = house.letter(provider, Trouble.REPLAYED)
    refused = reason(house, provider, letter.headers, letter.body)
    assert (refused.reason, refused.number) == (NoticeReason.STALE, letter.number)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [(Trouble.FORGED, NoticeReason.FORGED), (Trouble.FOREIGN, NoticeReason.FOREIGN)],
)
def test_a_strangers_notice_is_refused(
    house: PayHouse, provider: PaymentProvider, trouble: Trouble, expected: NoticeReason
) -> None:
    letter = house.letter(provider, trouble)
    refused = reason(house, provider, letter.headers, letter.body)
    assert (refused.reason, refused.number) == (expected, "")


def test_a_genuine_notice_of_another_amount_is_the_callers_to_notice(
    house: PayHouse, provider: PaymentProvider
) -> None:
    letter = house.letter(provider, Trouble.WRONG_AMOUNT)
    assert read(house, provider, letter).payment.amount_fen == 14999


def test_an_unsigned_notice_is_refused(house: PayHouse, provider: PaymentProvider) -> None:
    letter = house.letter(provider)
    if provider.name is ProviderName.ALIPAY:
        fields = {name: values[0] for name, values in parse_qs(letter.body.decode()).items()}
        for left_out in ("sign", "sign_type"):
            body = urlencode({name: v for name, v in fields.items() if name != left_out}).encode()
            assert reason(house, provider, {}, body).reason is NoticeReason.UNSIGNED
        return
    for left_out in (name for name in letter.headers if name.startswith("Wechatpay")):
        headers = {name: value for name, value in letter.headers.items() if name != left_out}
        if left_out != "Wechatpay-Signature-Type":  # older notices do without
            refused = reason(house, provider, headers, letter.body)
            assert refused.reason is NoticeReason.UNSIGNED


def test_a_seal_of_another_key_does_not_open(house: PayHouse) -> None:
    provider = house.providers[ProviderName.WECHAT]
    merchant = house.sim.merchant
    sides = house.sim._sides
    order = house.paid(provider)
    kept = house.sim.book.find(provider.name, order.number)
    sides.wechat.merchant = replace(merchant, api_v3_key="another-api-v3-key-of-32-letters")
    try:
        letter = sides.wechat_letter(kept, "0123456789abcdef", house.now, None)
    finally:
        sides.wechat.merchant = merchant
    refused = reason(house, provider, letter.headers, letter.body)
    assert refused.reason is NoticeReason.UNREADABLE


class Silent(Line):
    """A line on which everything that is said is written down, and nobody answers."""

    def __init__(self) -> None:
        super().__init__(ProviderName.WECHAT)
        self.said: list[str] = []

    def send(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply:
        del body, headers
        self.said.append(f"{method} {url}")
        raise ProviderUnavailable(ProviderName.WECHAT, "nobody")


def test_a_serial_number_of_a_stranger_asks_nobody_for_certificates(house: PayHouse) -> None:
    letter = house.letter(house.providers[ProviderName.WECHAT])
    line = Silent()
    provider = WechatProvider(house.server.accounts[0], line=line)
    headers = {**letter.headers, "Wechatpay-Serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"}
    assert reason(house, provider, headers, letter.body).reason is NoticeReason.FORGED
    assert line.said == []


def test_a_notice_of_a_refund_is_another_state_or_none_of_ours(house: PayHouse) -> None:
    """Alipay tells of refunds by the same door; WeChat Pay isn't asked to."""
    provider = house.providers[ProviderName.ALIPAY]
    order = house.paid(provider)
    provider.refund(order.number, f"R{order.number}", 15000, 15000, "退款")
    house.sim.courier.settle()
    notice = read(house, provider, house.letters[-1])
    assert notice.payment.state is PaymentState.REFUNDED
    wechat = house.providers[ProviderName.WECHAT]
    order = house.paid(wechat)
    letters = len(house.letters)
    wechat.refund(order.number, f"R{order.number}", 15000, 15000, "退款")
    house.sim.courier.settle()
    assert len(house.letters) == letters


def changed(data: bytes, place: int, bit: int) -> bytes:
    place %= len(data)
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


@settings(max_examples=40)
@given(place=st.integers(0, 4000), bit=st.integers(0, 7))
@pytest.mark.parametrize("name", [*ProviderName])
def test_no_changed_bit_of_a_body_is_believed(
    open_house: PayHouse, name: ProviderName, place: int, bit: int
) -> None:
    provider = open_house.providers[name]
    if not open_house.letters or open_house.letters[-1].provider is not name:
        open_house.letter(provider)
    letter = open_house.letters[-1]
    genuine = read(open_house, provider, letter)
    try:
        notice = provider.read_notice(
            letter.headers, changed(letter.body, place, bit), open_house.now
        )
    except NoticeRefused:
        return
    # In a form the case of a percent escape and of names of escaped characters carries no meaning.
    assert notice == genuine
    assert name is ProviderName.ALIPAY


@settings(max_examples=40)
@given(
    mark=st.sampled_from(["Signature", "Timestamp", "Nonce", "Serial"]),
    place=st.integers(0, 400),
    bit=st.integers(0, 6),
)
def test_no_changed_bit_of_a_signature_is_believed(
    open_house: PayHouse, mark: str, place: int, bit: int
) -> None:
    provider = open_house.providers[ProviderName.WECHAT]
    if not open_house.letters or open_house.letters[-1].provider is not ProviderName.WECHAT:
        open_house.letter(provider)
    letter = open_house.letters[-1]
    name = f"Wechatpay-{mark}"
    value = changed(letter.headers[name].encode(), place, bit).decode("latin-1")
    with pytest.raises(NoticeRefused):
        provider.read_notice({**letter.headers, name: value}, letter.body, open_house.now)


@settings(max_examples=40)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=80).map(str.encode),
        st.dictionaries(st.text(max_size=8), st.text(max_size=8)).map(
            lambda fields: urlencode(fields).encode()
        ),
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ["Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial"]
        ),
        st.text(max_size=20),
    ),
)
@pytest.mark.parametrize("name", [*ProviderName])
def test_whatever_a_stranger_sends_is_refused_and_nothing_else(
    open_house: PayHouse, name: ProviderName, body: bytes, headers: dict[str, str]
) -> None:
    with pytest.raises(NoticeRefused):
        open_house.providers[name].read_notice(headers, body, open_house.now)


def test_each_provider_hears_what_it_wants_to_hear(provider: PaymentProvider) -> None:
    taken, again = provider.notice_answer, provider.notice_again
    if provider.name is ProviderName.WECHAT:
        assert (taken[0], taken[1]) == (204, b"")
        assert again[0] >= 400
    else:
        assert (taken[0], taken[1]) == (200, b"success")
        assert again[1] != b"success"
