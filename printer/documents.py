"""The papers of an estate office, ready to print: formal receipt, top-up slip, pending slip, test.

Builders take plain values and know no database. What the rules forbid is refused here with the id
of the rule, so that no paper can be printed that the books would not know: no number (FEE-32), a
card sold without its number (IC-09), less money than the price (FEE-04).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final

from printer.capitals import figures
from printer.charset import Charset
from printer.errors import ReceiptInvalid
from printer.profile import Profile
from printer.receipt import (
    CENTRED,
    HEADING,
    STRONG,
    Align,
    Amount,
    Blank,
    Column,
    CopyLabel,
    Field,
    Line,
    Pair,
    Qr,
    Receipt,
    Rule,
    Signature,
    Style,
    Table,
    Text,
    Title,
)

RECEIPT_TITLE: Final = "收款收据"
SLIP_TITLE: Final = "充值凭条"
INVOICE_NOTE: Final = "凭此条可到前台换领发票"  # PARK-07a
EXTENSION_NOTE: Final = "卡片到期后，请您到前台办理延期。"  # IC-08
RECEIPT_REPRINT_NOTE: Final = "补打件不代替第二联"  # FEE-24a, for `receipt.reprinted`
_SHORT_PLATE: Final = 5


@unique
class ReceiptCopy(StrEnum):
    """The copies of a formal receipt (FEE-24a)."""

    STUB = "stub"
    CUSTOMER = "customer"
    ACCOUNTS = "accounts"


_COPY_LABELS: Final = {
    ReceiptCopy.STUB: "第一联 存根联",
    ReceiptCopy.CUSTOMER: "第二联 客户联",
    ReceiptCopy.ACCOUNTS: "第三联 记账联",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptItem:
    """One charge. What is sold card by card (`per_card`) names as many card numbers as cards."""

    name: str
    unit_price_fen: int
    quantity: int = 1
    card_numbers: tuple[str, ...] = ()
    per_card: bool = False

    @property
    def amount_fen(self) -> int:
        """Price of all of them."""
        return self.unit_price_fen * self.quantity


def formal_receipt(
    *,
    company: str,
    number: str,
    issued_on: date,
    payer: str,
    items: Sequence[ReceiptItem],
    way_of_payment: str,
    operator: str,
    station: str,
    copy: ReceiptCopy = ReceiptCopy.CUSTOMER,
    received_fen: int | None = None,
    last_days: Mapping[str, date] | None = None,
    ends_with: str = "",
    remark: str = "",
    open_drawer: bool = False,
) -> Receipt:
    """公司正式收据 (FEE-22, FEE-24, IC-08, IC-09); one copy of it.

    `received_fen` is the cash handed over; None where nothing can be given back. `last_days` is
    the last day of each right of the card by its printed name; `ends_with` says what they end with.

    Raises:
        ReceiptInvalid: a required field is empty, a card number is missing, or too little money.
    """
    _require(rule="FEE-22", company=company, payer=payer, way_of_payment=way_of_payment)
    _require(rule="FEE-32", number=number, operator=operator, items="x" * len(items))
    for item in items:
        if item.per_card and len(item.card_numbers) != item.quantity:
            raise ReceiptInvalid(f"{item.name}: a card number is missing", rule="IC-09")
    total_fen = sum(item.amount_fen for item in items)
    lines: list[Line] = [
        Text(company, HEADING),
        Title(RECEIPT_TITLE),
        CopyLabel(_COPY_LABELS[copy]),
        Rule(double=True),
        Pair(f"No. {number}", _day(issued_on)),
        Field("付款人", payer),
        Rule(),
        _item_table(items),
        Rule(),
        Amount("合计", total_fen),
        Field("付款方式", way_of_payment),
        *_cash_line(total_fen, received_fen),
        Rule(),
    ]
    validity = _validity(last_days or {}, ends_with)
    noted = (*validity, *((Field("备注", remark),) if remark else ()))
    if noted:
        lines += (*noted, Rule())
    lines += (
        Pair(f"经办人：{operator}", station),
        Blank(),
        Signature("付款人签名"),
        Blank(2),
        Text("(服务中心盖章处)", Style(align=Align.RIGHT)),
        Blank(),
        Text("请您当面核对金额，谢谢。", CENTRED),
    )
    return Receipt(number=number, lines=tuple(lines), open_drawer=open_drawer)


def _validity(last_days: Mapping[str, date], ends_with: str) -> tuple[Line, ...]:
    """Until when the card is valid, each right by its name where there are two; and to extend."""
    if not last_days:
        return ()
    several = len(last_days) > 1
    return (
        *(
            Field(f"{name if several else ''}有效期至", f"{_day(day)}(含当日)", bold=True)
            for name, day in last_days.items()
        ),
        *((Text(ends_with),) if ends_with else ()),
        Text(EXTENSION_NOTE),
    )


def topup_slip(
    *,
    company: str,
    number: str,
    printed_at: datetime,
    station: str,
    card_number: str,
    plate: str,
    first_day: date,
    last_day: date,
    amount_fen: int,
    qr_text: str,
    notes: Mapping[int, int] | None = None,
    way_of_payment: str = "现金",
    received_fen: int | None = None,
    credit_used_fen: int = 0,
    credit_kept_fen: int = 0,
    remark: str = "",
    phone: str = "",
) -> Receipt:
    """充值凭条 of the kiosk (PARK-07a): the desk scans it and hands over the invoices.

    `printed_at` is local time; the period includes both days (CAL-01); `notes` counts the banknotes
    taken, by face value in fen. Of the amount the card's credit paid `credit_used_fen`; of what was
    received `credit_kept_fen` is its credit now and no change (FEE-04a). The plate is masked,
    because slips are left lying about; the card number is not, because the desk writes it on the
    invoice's stub.

    Raises:
        ReceiptInvalid: a required field is empty, the period is upside down, or too little money.
    """
    _require(rule="PARK-07", company=company, number=number, card_number=card_number, plate=plate)
    if last_day < first_day:
        raise ReceiptInvalid("the period ends before it begins", rule="CAL-01")
    lines: list[Line] = [
        Text(company, HEADING),
        Title(f"停车{SLIP_TITLE}"),
        Rule(double=True),
        Field("单号", number),
        Field("时间", _moment(printed_at)),
        Field("地点", station),
        Rule(),
        Field("卡号", card_number),
        Field("车牌", mask_plate(plate)),
        Field("期限", f"{_day(first_day)} 至 {_day(last_day)}(含当日)", bold=True),
        Rule(),
        Amount("金额", amount_fen),
        Field("付款方式", way_of_payment),
    ]
    if notes:
        lines.append(Field("纸币", _notes(notes)))
    if credit_used_fen:
        lines.append(Field("卡内余额", f"已付 {spoken_yuan(credit_used_fen)}"))
    paid_now_fen = amount_fen - credit_used_fen + credit_kept_fen
    lines += (
        *(_cash_line(paid_now_fen, received_fen) if paid_now_fen else ()),
        *((Text(kept_sentence(credit_kept_fen), STRONG),) if credit_kept_fen else ()),
        *((Field("备注", remark),) if remark else ()),
        Rule(),
        Text(INVOICE_NOTE, HEADING),
        Qr(qr_text),
        Text(number, CENTRED),
    )
    if phone:
        lines.append(Text(f"服务电话 {phone}", CENTRED))
    return Receipt(number=number, lines=tuple(lines))


def card_slip(
    *,
    company: str,
    printed_at: datetime,
    holder: str,
    unit: str,
    card_number: str,
    last_days: Mapping[str, date],
    ends_with: str = "",
    phone: str,
) -> Receipt:
    """用卡说明: what goes with a card for which no receipt is written (IC-08). No number, no money.

    `last_days` is the last day of each right by its printed name; `ends_with` says what they end
    with (IC-05a).

    Raises:
        ReceiptInvalid: a required field is empty.
    """
    _require(rule="IC-08", company=company, holder=holder, card_number=card_number)
    lines: list[Line] = [
        Text(company, HEADING),
        Title("用卡说明"),
        Rule(double=True),
        Field("持卡人", holder),
        Field("房号", unit or "-"),
        Field("卡号", card_number),
        *(Field(f"{name}有效期至", f"{_day(day)}(含当日)") for name, day in last_days.items()),
        *((Text(ends_with),) if ends_with else ()),
        Rule(),
        Text("使用时请把卡平放在读卡处，请不要折弯或打孔；遗失请马上联系前台。"),
        Text(EXTENSION_NOTE),
        Rule(),
        Pair(_moment(printed_at), phone),
    ]
    return Receipt(number=card_number, lines=tuple(lines))


def pending_slip(
    *,
    company: str,
    number: str,
    printed_at: datetime,
    station: str,
    business: str,
    card_number: str,
    received_fen: int,
    reason: str,
    phone: str,
    qr_text: str = "",
) -> Receipt:
    """待核对: money was taken and the business did not end. It is numbered and booked (FEE-32).

    Raises:
        ReceiptInvalid: a required field is empty.
    """
    _require(rule="FEE-32", company=company, number=number, business=business, phone=phone)
    lines: list[Line] = [
        Text(company, HEADING),
        Title("待核对凭条"),
        Text("(不是收据)", CENTRED),
        Rule(double=True),
        Field("单号", number),
        Field("时间", _moment(printed_at)),
        Field("地点", station),
        Field("业务", business),
        Field("卡号", card_number or "未读到"),
        Rule(),
        Amount("已收", received_fen),
        Rule(),
        Field("情况", reason),
        Text("钱款已登记，请您保管好本条，到前台办理；我们核对后为您补办或退款。", STRONG),
        Text(f"服务电话 {phone}", CENTRED),
    ]
    if qr_text:
        lines += (Qr(qr_text), Text(number, CENTRED))
    return Receipt(number=number, lines=tuple(lines))


def test_page(profile: Profile, *, station: str, printed_at: datetime) -> Receipt:
    """打印测试页: shows on the machine whether its profile is right. It is no receipt."""
    ruler = "".join(str(column % 10) for column in range(1, profile.columns + 1))
    rare = "四字节: 㐀㐁㐂 (应为三个汉字)" if profile.charset is Charset.GB18030 else ""
    lines: list[Line] = [
        Title("打印测试页"),
        Text("本页不是收据", HEADING),
        Rule(double=True),
        Field("型号", f"{profile.title} ({profile.name})"),
        Field("站点", station),
        Field("时间", _moment(printed_at)),
        Field("字库", profile.charset),
        Field("完成确认", profile.proof),
        Rule(),
        Text(ruler),
        Text(("一二三四五六七八九十" * profile.columns)[: profile.columns // 2]),
        Text("，。、；：？！「」【】（）《》"),
        Text("￥1409.50 人民币壹仟肆佰零玖元伍角"),
        Text("加粗 Bold 123", STRONG),
        Text("倍高 Tall 123", Style(height=2)),
        Text("倍宽 Wide 123", Style(width=2)),
        Text("四倍 Big 123", Style(width=2, height=2, bold=True)),
        Text("居中", CENTRED),
        Text("右对齐", Style(align=Align.RIGHT)),
    ]
    if rare:
        lines.append(Text(rare))
    lines += (Rule(), Qr("Yika 打印测试页"), Text("扫码应见: Yika 打印测试页", CENTRED))
    return Receipt(number="", lines=tuple(lines))


def mask_plate(plate: str) -> str:
    """A plate with its middle hidden: 粤B12345 is 粤B1**45."""
    if len(plate) <= _SHORT_PLATE:
        return plate[:1] + "*" * (len(plate) - 1)
    return f"{plate[:3]}{'*' * (len(plate) - 5)}{plate[-2:]}"


def together_remark(payment_fen: int, received_fen: int) -> str:
    """What a paper says that shares its payment with another paper (FEE-10, FEE-04)."""
    said = change_sentence(received_fen, received_fen - payment_fen)
    return f"与同日另一票据合并付款{spoken_yuan(payment_fen)}，{said}"


def spoken_yuan(fen: int) -> str:
    """An amount as it is said: 100元, 1.50元."""
    return f"{figures(fen).removesuffix('.00')}元"


def change_sentence(received_fen: int, change_fen: int) -> str:
    """What the agent says and the paper repeats (FEE-04)."""
    return f"一共收您{spoken_yuan(received_fen)},找您{spoken_yuan(change_fen)}。"


def kept_sentence(kept_fen: int) -> str:
    """What a slip says of money that the card keeps for its next top-up (FEE-04a)."""
    return f"{spoken_yuan(kept_fen)}留作卡内余额,下次先用。"


def _cash_line(total_fen: int, received_fen: int | None) -> tuple[Line, ...]:
    if received_fen is None:
        return ()
    if received_fen < total_fen:
        raise ReceiptInvalid("less was received than is due", rule="FEE-04")
    return (Text(change_sentence(received_fen, received_fen - total_fen)),)


def _item_table(items: Sequence[ReceiptItem]) -> Table:
    rows: list[tuple[str, ...]] = []
    for item in items:
        prices = (figures(item.unit_price_fen), figures(item.amount_fen))
        rows.append((item.name, str(item.quantity), *prices))
        if item.card_numbers:
            rows.append((f"卡号 {'、'.join(item.card_numbers)}",))
    columns = (
        Column(heading="项目"),
        Column(heading="数量", figures=True),
        Column(heading="单价", figures=True),
        Column(heading="金额", figures=True),
    )
    return Table(columns=columns, rows=tuple(rows))


def _notes(notes: Mapping[int, int]) -> str:
    taken = sorted(notes.items(), reverse=True)
    return " ".join(f"{spoken_yuan(face_fen)}×{count}" for face_fen, count in taken)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} {moment:%H:%M}"


def _require(*, rule: str, **texts: str) -> None:
    for name, text in texts.items():
        if not text.strip():
            raise ReceiptInvalid(f"{name} is empty", rule=rule)
