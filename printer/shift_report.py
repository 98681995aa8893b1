"""Papers of a shift: X and Z report, the slip of a numbered movement, a spot check.

None of them is a receipt, and each says so; a movement has its number (FEE-32, FEE-38a). Builders
take plain values and know no database. All times are local.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from printer.capitals import figures
from printer.errors import ReceiptInvalid
from printer.receipt import (
    CENTRED,
    HEADING,
    Amount,
    Blank,
    Column,
    Field,
    Line,
    Pair,
    Receipt,
    Rule,
    Signature,
    Table,
    Text,
    Title,
)

_NO_RECEIPT: Final = "(不是收据)"
_AFTER_THE_COUNT: Final = "现金数额清点后列出"
_HASH_SHOWN: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One kind of movement: its name, how often, and its sum (out is negative).

    `fen` is None while the drawer is still to be counted.
    """

    name: str
    count: int
    fen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Papers of one kind: from which number to which, how many, and how many of them are void."""

    name: str
    first: int
    last: int
    count: int
    void: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the end of a shift adds to its account."""

    counted_fen: int
    counts: int
    difference_fen: int
    comment: str
    books: int
    seals: int
    left_open: Sequence[str]
    closed_by: str
    approved_by: str
    chained: str
    books_on_file: int | None = None
    seals_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account of a shift; `expected_fen` None until its drawer was counted."""

    station: str
    operator: str
    shift: int
    opened: datetime
    until: datetime
    float_fen: int
    moved: Sequence[Moved]
    earned: Sequence[tuple[str, int]]
    papers: Sequence[Numbers]
    expected_fen: int | None


def x_report(company: str, account: Account) -> Receipt:
    """当班小计: the shift so far. It has no number and proves nothing."""
    lines = (*_head(company, "当班小计 X", account), *_body(account))
    return Receipt(number="", lines=lines)


def z_report(company: str, number: int, account: Account, closing: Closing) -> Receipt:
    """交班报表: the closed shift, numbered and chained to the one before (FEE-33).

    Raises ReceiptInvalid for a report without its number.
    """
    if number < 1:
        raise ReceiptInvalid("a Z report has a number", rule="FEE-33")
    shown = f"Z{number:06d}"
    lines: list[Line] = [
        *_head(company, "交班报表 Z", account, shown),
        *_body(account),
        Pair("实点", _yuan(closing.counted_fen), bold=True),
        Pair("差额", _signed(closing.difference_fen), bold=True),
        Pair("清点次数", str(closing.counts)),
    ]
    if closing.comment:
        lines.append(Field("差额说明", closing.comment))
    lines += (
        Rule(),
        *_counted("票据(本)", closing.books, "在册", closing.books_on_file),
        *_counted("印章(枚)", closing.seals, "上次", closing.seals_before),
        Text("票据和印章已锁好"),
        Rule(),
        *_left_open(closing.left_open),
        Field("交班人", closing.closed_by),
    )
    if closing.approved_by not in {"", closing.closed_by}:
        lines.append(Field("授权人", closing.approved_by))
    lines += (
        Field("校验", closing.chained[:_HASH_SHOWN]),
        Blank(),
        Signature("交班人签名"),
        Blank(),
        Signature("出纳签名"),
    )
    return Receipt(number=shown, lines=tuple(lines))


def movement_slip(
    *,
    company: str,
    title: str,
    number: str,
    at: datetime,
    station: str,
    operator: str,
    amount_fen: int,
    person_label: str,
    person: str,
    approved_by: str = "",
    reason: str = "",
) -> Receipt:
    """One numbered movement of cash, with the names of both sides (FEE-34, FEE-38a).

    Raises ReceiptInvalid for one without number or names.
    """
    if not (number and person and operator):
        raise ReceiptInvalid("a movement has a number and two names", rule="FEE-38a")
    lines: list[Line] = [
        Text(company, HEADING),
        Title(title),
        Text(_NO_RECEIPT, CENTRED),
        Rule(double=True),
        Field("编号", number),
        Field("时间", _moment(at)),
        Field("地点", station),
        Rule(),
        Amount("金额", amount_fen),
        Rule(),
        Field("经办人", operator),
        Field(person_label, person),
    ]
    if approved_by:
        lines.append(Field("批准人", approved_by))
    if reason:
        lines.append(Field("事由", reason))
    lines += (Blank(), Signature("经办人签名"), Blank(), Signature(f"{person_label}签名"))
    return Receipt(number=number, lines=tuple(lines))


def spot_check(
    *,
    company: str,
    number: int,
    at: datetime,
    station: str,
    operator: str,
    cashier: str,
    shift: int,
    expected_fen: int,
    counted_fen: int,
    comment: str,
    papers: Sequence[Numbers],
    books: Sequence[tuple[str, int, int, int]],
) -> Receipt:
    """抽查记录 of the cashier (FEE-33); `books` are label, used, void and blank."""
    lines: list[Line] = [
        Text(company, HEADING),
        Title("出纳抽查记录"),
        Text(_NO_RECEIPT, CENTRED),
        Rule(double=True),
        Field("编号", f"CC{number:06d}"),
        Field("时间", _moment(at)),
        Pair(f"当班人：{operator}", station),
        Field("班次", f"{shift:06d}"),
        Rule(),
        Pair("应有现金", _yuan(expected_fen)),
        Pair("实点现金", _yuan(counted_fen), bold=True),
        Pair("差额", _signed(counted_fen - expected_fen), bold=True),
    ]
    if comment:
        lines.append(Field("说明", comment))
    lines += (Rule(), *_papers(papers), *_books(books))
    lines += (Field("抽查人", cashier), Blank(), Signature("出纳签名"), Blank())
    lines.append(Signature("当班人签名"))
    return Receipt(number=f"CC{number:06d}", lines=tuple(lines))


def _head(company: str, title: str, account: Account, number: str = "") -> tuple[Line, ...]:
    lines: list[Line] = [Text(company, HEADING), Title(title), Text(_NO_RECEIPT, CENTRED)]
    lines.append(Rule(double=True))
    if number:
        lines.append(Field("编号", number))
    lines += (
        Field("班次", f"{account.shift:06d}"),
        Pair(f"当班人：{account.operator}", account.station),
        Field("开班", _moment(account.opened)),
        Field("截止", _moment(account.until)),
        Rule(),
    )
    return tuple(lines)


def _body(account: Account) -> tuple[Line, ...]:
    lines: list[Line] = [Pair("备用金", _yuan(account.float_fen))]
    lines += (*_moved(account.moved), Rule())
    lines += [Pair(name, _yuan(fen)) for name, fen in account.earned]
    if account.earned:
        lines.append(Rule())
    lines += _papers(account.papers)
    if account.expected_fen is not None:
        lines.append(Pair("应有现金", _yuan(account.expected_fen), bold=True))
    return tuple(lines)


def _moved(moved: Sequence[Moved]) -> tuple[Line, ...]:
    """How often, and how much, unless the drawer is still to be counted blind (FEE-33)."""
    told = [(each, each.fen) for each in moved if each.fen is not None]
    if len(told) < len(moved):
        unsaid = (Pair(each.name, f"{each.count}笔") for each in moved)
        return (*unsaid, Text(_AFTER_THE_COUNT))
    pairs = (Pair(f"{each.name} {each.count}笔", _signed(fen)) for each, fen in told)
    return (*pairs, Pair("收支合计", _signed(sum(fen for _, fen in told)), bold=True))


def _papers(papers: Sequence[Numbers]) -> tuple[Line, ...]:
    if not papers:
        return ()
    rows: list[tuple[str, str, str]] = []
    for each in papers:
        rows.append((each.name, f"{each.first:06d}-{each.last:06d}", str(each.count)))
        if each.void:
            rows.append(("其中作废", "", str(each.void)))
    columns = (
        Column(heading="票据"),
        Column(heading="号码", figures=True),
        Column(heading="张数", figures=True),
    )
    return (Table(columns=columns, rows=tuple(rows)), Rule())


def _counted(name: str, counted: int, known_as: str, known: int | None) -> tuple[Line, ...]:
    """A count against what is on file; a difference is named (FEE-35)."""
    shown = Pair(name, str(counted))
    if known is None or known == counted:
        return (shown,)
    return (shown, Pair(f"{known_as} {known}，相差", f"{counted - known:+d}", bold=True))


def _books(books: Sequence[tuple[str, int, int, int]]) -> tuple[Line, ...]:
    if not books:
        return ()
    columns = (
        Column(heading="本号"),
        *(Column(heading=word, figures=True) for word in ("已用", "作废", "空白")),
    )
    rows = tuple((label, str(used), str(void), str(blank)) for label, used, void, blank in books)
    return (Table(columns=columns, rows=rows), Rule())


def _left_open(left: Sequence[str]) -> tuple[Line, ...]:
    if not left:
        return ()
    return (Text("未了事项"), *(Text(f"- {each}") for each in left), Rule())


def _yuan(fen: int) -> str:
    return f"-{figures(-fen)}" if fen < 0 else figures(fen)


def _signed(fen: int) -> str:
    return f"+{figures(fen)}" if fen > 0 else _yuan(fen)


def _moment(moment: datetime) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"
