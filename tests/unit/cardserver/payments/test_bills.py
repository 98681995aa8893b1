"""Daily bills: read line by line, and not believed where anything about them is odd."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from cardserver.payments import alipay_bill, wechat_bill
from cardserver.payments.api import (
    BillLine,
    BillNotReady,
    LineKind,
    PaymentProvider,
    ProviderName,
    ProviderUnavailable,
)
from simulators.payments.bills import gzipped
from simulators.payments.faults import Call, Trouble
from tests.unit.cardserver.payments.payhouse import PayHouse

sha1 = partial(hashlib.sha1, usedforsecurity=False)


@pytest.fixture
def fresh(open_house: PayHouse) -> PayHouse:
    """A day nobody else has business on."""
    open_house.start += timedelta(days=2)
    open_house.refresh()
    return open_house


@pytest.fixture(params=[*ProviderName])
def asked(fresh: PayHouse, request: pytest.FixtureRequest) -> PaymentProvider:
    return fresh.providers[request.param]


def local_day(house: PayHouse) -> date:
    return (house.now + timedelta(hours=8)).date()


def a_day(house: PayHouse, provider: PaymentProvider) -> tuple[date, str, str]:
    """One payment and a part of it given back; the day is over."""
    order = house.paid(provider)
    house.now += timedelta(minutes=10)
    refund = f"R{order.number}"
    provider.refund(order.number, refund, 5000, 15000, "退款")
    day = local_day(house)
    house.now += timedelta(days=1)
    return day, order.number, refund


def test_the_bill_has_a_line_for_each_payment_and_each_refund(
    fresh: PayHouse, asked: PaymentProvider
) -> None:
    day, number, refund = a_day(fresh, asked)
    lines = asked.bill(day)
    assert [(each.number, each.payment_number, each.kind, each.amount_fen) for each in lines] == [
        (number, number, LineKind.PAYMENT, 15000),
        (refund, number, LineKind.REFUND, 5000),
    ]
    assert lines[0].at == fresh.start
    assert lines[1].at == fresh.start + timedelta(minutes=10)
    assert all(each.provider_number for each in lines)


def test_an_order_of_the_evening_is_on_the_day_of_the_estate(
    fresh: PayHouse, asked: PaymentProvider
) -> None:
    fresh.now = fresh.now.replace(hour=15, minute=59)  # 23:59 in Beijing
    first = fresh.paid(asked).number
    day = local_day(fresh)
    fresh.now += timedelta(minutes=2)
    second = fresh.paid(asked).number
    fresh.now += timedelta(days=1)
    assert [each.number for each in asked.bill(day)] == [first]
    assert [each.number for each in asked.bill(day + timedelta(days=1))] == [second]


def test_the_bill_of_a_day_that_is_not_over_is_not_ready(
    fresh: PayHouse, asked: PaymentProvider
) -> None:
    fresh.paid(asked)
    with pytest.raises(BillNotReady):
        asked.bill(local_day(fresh))


def test_a_day_without_trade(fresh: PayHouse, asked: PaymentProvider) -> None:
    """WeChat Pay says that there is none; Alipay can't be told from one that comes later."""
    if asked.name is ProviderName.WECHAT:
        assert list(asked.bill(date(2026, 1, 1))) == []
    else:
        with pytest.raises(BillNotReady):
            asked.bill(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("trouble", "amounts"),
    [
        (Trouble.BILL_MISSING, [15000]),
        (Trouble.BILL_AMOUNT, [15000, 5001]),
        (Trouble.BILL_EXTRA, [15000, 5000, 5000]),
    ],
)
def test_a_bill_that_differs_is_read_as_it_is(
    fresh: PayHouse, asked: PaymentProvider, trouble: Trouble, amounts: list[int]
) -> None:
    day, _, _ = a_day(fresh, asked)
    fresh.plan(asked, Call.BILL, trouble)
    assert [each.amount_fen for each in asked.bill(day)] == amounts


@pytest.mark.parametrize("call", [Call.BILL, Call.BILL_FILE])
@pytest.mark.parametrize(
    "trouble", [Trouble.ERROR_BEFORE, Trouble.DROP_AFTER, Trouble.GARBAGE, Trouble.TAMPERED]
)
def test_a_bill_with_a_fault_is_asked_for_again(
    fresh: PayHouse, asked: PaymentProvider, call: Call, trouble: Trouble
) -> None:
    day, _, _ = a_day(fresh, asked)
    fresh.plan(asked, call, trouble)
    with pytest.raises(ProviderUnavailable):
        asked.bill(day)
    assert len(asked.bill(day)) == 2


def wechat(text: str) -> Sequence[BillLine]:
    plain = text.encode()
    return wechat_bill.read_bill(gzipped(plain), sha1=sha1(plain).hexdigest())


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return packed.getvalue()


def alipay(text: str) -> Sequence[BillLine]:
    return alipay_bill.read_bill(zipped(("x_业务明细.csv", text.encode("gb18030"))))


HEAD = "交易时间,商户订单号,微信订单号,交易状态,订单金额,商户退款单号,微信退款单号,申请退款金额"
GOOD = "`2026-06-09 10:00:00,`K1-00001,`42,`SUCCESS,`150.00,`,`,`0.00"
SUMS = "总交易单数,应结订单总金额"
A_HEAD = "支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,退款批次号/请求号"
A_GOOD = "42\t,K1-00001\t,交易,2026-06-09 10:00:00,150.00,"


def test_columns_are_found_by_name() -> None:
    (line,) = wechat(f"{HEAD}\n{GOOD}\n{SUMS}\n`1,`150.00")
    assert (line.number, line.amount_fen) == ("K1-00001", 15000)
    assert line.at == datetime(2026, 6, 9, 2, 0, tzinfo=UTC)
    (line,) = alipay(f"#账号\n{A_HEAD}\n{A_GOOD}\n#结束\n")
    assert (line.number, line.provider_number) == ("K1-00001", "42")


@pytest.mark.parametrize(
    "read",
    [
        lambda: wechat(f"{HEAD}\n{GOOD}\n"),  # no end: cut off
        lambda: wechat(f"{GOOD}\n{SUMS}\n"),  # no heading
        lambda: wechat(f"{HEAD}\n{GOOD},`more\n{SUMS}"),
        lambda: wechat(f"{HEAD}\n{GOOD.replace('SUCCESS', 'MAYBE')}\n{SUMS}"),
        lambda: wechat(f"{HEAD}\n{GOOD.replace('150.00', '150.005')}\n{SUMS}"),
        lambda: wechat(f"{HEAD}\n{GOOD.replace('06-09', '06-31')}\n{SUMS}"),
        lambda: wechat(f"{HEAD.replace('订单金额', '金额')}\n{GOOD}\n{SUMS}"),
        lambda: wechat_bill.read_bill(gzipped(b"x"), sha1="0" * 40),
        lambda: wechat_bill.read_bill(b"no gzip", sha1=sha1(b"").hexdigest()),
        lambda: wechat_bill.read_bill(gzipped(b"x" * 99)[:-9], sha1=sha1(b"").hexdigest()),
        lambda: alipay(f"{A_HEAD}\n{A_GOOD}\n"),
        lambda: alipay(f"{A_HEAD}\n{A_GOOD.replace('交易', '赠送')}\n#"),
        lambda: alipay(f"{A_HEAD}\n{A_GOOD.replace('150.00', '')}\n#"),
        lambda: alipay_bill.read_bill(b"no zip"),
        lambda: alipay_bill.read_bill(zipped()),
        lambda: alipay_bill.read_bill(zipped(("a.csv", b""), ("b.csv", b""))),
        lambda: alipay_bill.read_bill(zipped(("a_汇总.csv", b""))),
    ],
)
def test_an_odd_bill_is_not_believed(read: Callable[[], object]) -> None:
    with pytest.raises(ProviderUnavailable, match="the bill"):
        read()


def test_a_bill_that_unpacks_without_end_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cardserver.payments.billrows", "cardserver.payments.alipay_bill"):
        monkeypatch.setattr(f"{module}.MAX_PLAIN", 1000)
    big = b"x" * 5000
    with pytest.raises(ProviderUnavailable, match="too long"):
        wechat_bill.read_bill(zlib.compress(big, wbits=31), sha1=sha1(big).hexdigest())
    with pytest.raises(ProviderUnavailable):
        alipay_bill.read_bill(zipped(("a.csv", big)))


def test_an_archive_with_any_byte_changed_reads_the_same_or_is_not_believed() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("details.csv", "#\n" * 40)
        archive.writestr("汇总.csv", "#\n")
    packed = whole.getvalue()
    for at in range(len(packed)):
        changed = bytes([*packed[:at], packed[at] ^ 0x55, *packed[at + 1 :]])
        with suppress(ProviderUnavailable):
            assert alipay_bill.read_bill(changed) == ()
