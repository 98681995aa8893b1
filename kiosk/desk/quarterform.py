"""The quarter's review as the paper form 7.5.1-G01-01-F2: its nine parts in official Chinese."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Final

from cardserver.domain.ids import card_number_text
from cardserver.domain.review import FORM_CODE, Business, Part, Quarter
from cardserver.domain.rights import HolderClass
from cardserver.wire_review import Figures, LineView, ReviewView
from kiosk.station import printed
from kiosk.station.clock import ESTATE_ZONE
from printer.form import Align, Amount, Cell, Column, Form, Section, Signature, rows_of

TITLE: Final = "《IC卡季度整理表》"
_HEADINGS: Final = {
    Part.STOCK: "一、空白卡库存",
    Part.BUSINESS: "二、各类持卡人业务数量",
    Part.RECEIPTS: "三、工本费收据与应收工本费卡核对",
    Part.EXPIRED: "四、到期未延期的卡",
    Part.LEAVERS: "五、租约到期、原业主家庭、离职员工、无合同商户仍在用的卡",
    Part.PASSES: "六、未交回的临时出入卡",
    Part.PARKING: "七、无协议的停车权限",
    Part.UNSIGNED: "八、登记表未签名的行",
    Part.GATES: "九、发卡清单与门禁清单的差异",
}
_LISTED: Final = (
    Column(title=printed.CARD, width=1.1),
    Column(title=printed.HOLDER, width=1.4),
    Column(title="类别", width=0.7),
    Column(title=printed.UNIT, width=1.3),
    Column(title="情况", width=1.6),
    Column(title="日期", width=1.0),
    Column(title=printed.REMARK, width=1.6),
)
Lists = Mapping[Part, tuple[tuple[Cell, ...], ...]]


def quarter_form(
    review: ReviewView, lines: Iterable[LineView], *, estate: str, until: date
) -> Form:
    """The form of one computation; `until` is the quarter's last day.

    A part's list goes on as long as it has lines. What is not signed yet says so.
    """
    signed, seen = review.signature, review.seen
    lists = {
        part: rows_of(_cells(line) for line in group)
        for part, group in groupby(lines, key=lambda line: line.part)
    }
    first = Quarter(year=review.year, number=review.quarter).first
    state = printed.NOT_SIGNED if signed is None else f"第{signed.version}版"
    facts = [
        ("季度", f"{review.year}年第{review.quarter}季度（{first}至{until}）"),
        ("整理时间", f"{review.computed_at.astimezone(ESTATE_ZONE):%Y-%m-%d %H:%M}"),
        ("版本", state),
    ]
    if signed is not None and signed.refers_to is not None:
        facts.append(("承接", f"整理编号 {signed.refers_to}"))
    return Form(
        title=TITLE,
        code=FORM_CODE,
        estate=estate,
        facts=tuple(facts),
        sections=tuple(_sections(review, lists)),
        signatures=(
            Signature(
                label=printed.FRONT_DESK_HEAD,
                name="" if signed is None else signed.signed_by,
                day=None if signed is None else _day(signed.signed_at),
            ),
            Signature(
                label=printed.DEPARTMENT_HEAD,
                name="" if seen is None else seen.seen_by,
                day=None if seen is None else _day(seen.seen_at),
            ),
        ),
        footer=f"整理编号 {review.review_id} · {review.digest[:16]}",
    )


def _day(instant: datetime) -> date:
    return instant.astimezone(ESTATE_ZONE).date()


def _cells(line: LineView) -> tuple[Cell, ...]:
    decided = printed.DECISIONS[line.decision] + f"（{line.decided_by}）" if line.decision else ""
    return (
        "" if line.card_number is None else card_number_text(line.card_number),
        line.name,
        "" if line.holder_class is None else printed.CLASSES[line.holder_class],
        line.unit,
        printed.LISTED_FOR.get(line.reason, line.reason),
        line.day,
        " ".join(word for word in (line.note, decided) if word),
    )


def _sections(review: ReviewView, lists: Lists) -> Iterator[Section]:
    figures = review.figures
    said = {} if review.signature is None else review.signature.explanations
    yield _table(Part.STOCK, _STOCK, [_stock(review)], _explained(said, Part.STOCK))
    yield _table(Part.BUSINESS, _COUNTED, _business(figures))
    receipts = (*_receipts(figures), *_explained(said, Part.RECEIPTS))
    yield _listed(Part.RECEIPTS, lists, receipts)
    earlier = f"本季度到期 {figures.expired} 张，更早到期 {figures.expired_before} 张。"
    yield _listed(Part.EXPIRED, lists, (earlier,))
    yield _listed(Part.LEAVERS, lists, (f"由{printed.FRONT_DESK_HEAD}逐卡决定后停用。",))
    yield _listed(Part.PASSES, lists, (_passes(figures),))
    yield _listed(Part.PARKING, lists, ())
    yield _listed(Part.UNSIGNED, lists, ())
    yield _table(Part.GATES, _GATES, _gates(figures), _explained(said, Part.GATES))
    denied = (
        f"已停用的卡放行 {figures.let_in_denied} 次，清单以外的卡放行 {figures.let_in_unknown} 次。"
    )
    yield Section(paragraphs=(denied,), columns=_LISTED, rows=lists.get(Part.GATES, ()))


def _explained(said: Mapping[Part, str], part: Part) -> tuple[str, ...]:
    return (f"差异说明：{said[part]}",) if part in said else ()


def _table(
    part: Part,
    columns: tuple[Column, ...],
    rows: Iterable[tuple[Cell, ...]],
    paragraphs: tuple[str, ...] = (),
) -> Section:
    return Section(
        heading=_HEADINGS[part], paragraphs=paragraphs, columns=columns, rows=rows_of(rows)
    )


def _listed(part: Part, lists: Lists, paragraphs: tuple[str, ...]) -> Section:
    return _table(part, _LISTED, lists.get(part, ()), paragraphs)


def _number(title: str) -> Column:
    return Column(title=title, align=Align.RIGHT)


_STOCK: Final = tuple(
    _number(title)
    for title in ("期初", "收入", "其中格式化收回", "发出", "报废", "应有", "实点", "差异")
)
_COUNTED: Final = (Column(title="业务"), *(_number(printed.CLASSES[each]) for each in HolderClass))
_GATES: Final = (
    Column(title="门禁站点"),
    Column(title="最近上报", width=1.4),
    _number("所用清单版本"),
    _number("落后的卡数"),
)


def _stock(review: ReviewView) -> tuple[Cell, ...]:
    stock = review.figures.stock
    counted = None if review.signature is None else review.signature.counted
    return (
        stock.start,
        stock.received,
        stock.made_blank,
        stock.issued,
        stock.scrapped,
        stock.end,
        counted,
        None if counted is None else counted - stock.end,
    )


def _business(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    found = {(each.business, each.holder_class): each.number for each in figures.business}
    for business in Business:
        counts = (found.get((business, each), 0) for each in HolderClass)
        yield (printed.BUSINESS[business], *counts)


def _receipts(figures: Figures) -> tuple[str, ...]:
    of = figures.receipts
    cards = f"应收工本费 {of.chargeable} 张，免费 {of.free} 张；正式收据 {of.receipts} 份，"
    received, earned = Amount(fen=of.receipts_fen), Amount(fen=of.earned_fen)
    return (cards + f"合计 {received} 元；账上工本费 {earned} 元。",)


def _passes(figures: Figures) -> str:
    if figures.passes_out is None:
        return "门禁规则中没有登记临时出入卡，本栏无数据。"
    return f"备案期已过、未交回 {figures.passes_out} 张。"


def _gates(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    for gate in figures.gates:
        heard = None if gate.heard_at is None else gate.heard_at.astimezone(ESTATE_ZONE)
        yield (gate.station, heard or "未上报", gate.version, gate.behind)
