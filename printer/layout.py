"""A receipt set in columns: every line fits the paper, and every character can be printed.

    Receipt  --lay_out-->  PaperLine | PaperQr | PaperCut ...  --escpos.encode-->  bytes

Words wrap; amounts and numbers in a table stay in one piece or raise `TextTooWide` before anything
is sent. Characters the printer does not have are marked 〓 and named in a footnote (see
`printer.charset`). Lines never end in spaces, which cost time on a serial line.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, assert_never

from printer.capitals import capitals, figures
from printer.charset import GETA, settle
from printer.errors import ReceiptInvalid, TextTooWide
from printer.profile import Profile, QrKind
from printer.receipt import (
    CENTRED,
    HEADING,
    PLAIN,
    STRONG,
    Align,
    Amount,
    Blank,
    CopyLabel,
    Cut,
    Field,
    Line,
    Pair,
    Qr,
    Receipt,
    ReprintMark,
    Rule,
    Signature,
    Style,
    Table,
    Text,
    Title,
)
from printer.width import columns, pad, wrap

TITLE: Final = Style(align=Align.CENTRE, width=2, height=2, bold=True)
TALL_TITLE: Final = Style(align=Align.CENTRE, height=2, bold=True)
SUM: Final = Style(width=2, height=2, bold=True)
TALL_SUM: Final = Style(height=2, bold=True)

_GUTTER: Final = 2  # columns between two columns of a table
_NARROWEST: Final = 8  # a column of words narrower than four hanzi is hard to read


class PaperLine(NamedTuple):
    """One printed line; at its `style` it fits the paper."""

    text: str
    style: Style


class PaperQr(NamedTuple):
    """A QR code on a line of its own."""

    text: str


class PaperGap(NamedTuple):
    """A little empty paper, so that tall lines do not touch their neighbours."""

    dots: int


class PaperCut(NamedTuple):
    """Cut the paper."""


_GAP: Final = PaperGap(8)
_QUIET_ZONE: Final = PaperGap(24)  # four modules of six dots above and under a QR code

PaperItem = PaperLine | PaperQr | PaperGap | PaperCut


def lay_out(receipt: Receipt, profile: Profile) -> list[PaperItem]:
    """Set `receipt` for the paper and the characters of `profile`.

    Raises:
        NotEncodable: a character is missing and the profile refuses to mark it.
        TextTooWide: an amount does not fit on a line.
        AmountInvalid: an amount is negative or too large.
        ReceiptInvalid: a table or a QR code is malformed.
    """
    page = _Page(profile)
    for line in receipt.lines:
        page.lay(line)
    page.footnote()
    return page.items


def preview(receipt: Receipt, profile: Profile, *, qr: str = "") -> str:
    """The paper as plain text, for a screen: wide characters are spaced.

    A QR code is its text, or the word `qr` in its place.
    """
    shown: list[str] = []
    for item in lay_out(receipt, profile):
        match item:
            case PaperLine():
                shown.append(_shown(item, profile.columns))
            case PaperQr():
                indent = max(0, profile.columns - columns(qr)) // 2
                shown.append(f"{' ' * indent}{qr}" if qr else f"[{item.text}]")
            case PaperCut():
                shown.append("")
            case PaperGap():
                pass
    return "\n".join(shown) + "\n"


def _shown(line: PaperLine, width: int) -> str:
    spaced = "".join(
        character + " " * (columns(character) * (line.style.width - 1)) for character in line.text
    )
    room = width - columns(spaced)
    indent = {Align.LEFT: 0, Align.CENTRE: room // 2, Align.RIGHT: room}[line.style.align]
    return (" " * indent + spaced).rstrip()


class _Page:
    """The lines so far, and the characters that are missing from them."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.width = profile.columns
        self.items: list[PaperItem] = []
        self._missing: dict[str, None] = {}

    def words(self, text: str) -> str:
        """`text` as the printer can print it."""
        settled = settle(text, self.profile.charset, self.profile.rare)
        if settled.missing:
            self._missing.update(dict.fromkeys(settled.missing))
        return settled.text

    def put(self, text: str, style: Style = PLAIN) -> None:
        """Add a line that is known to fit."""
        line = PaperLine(text.rstrip(" "), style)
        if style.height == 1:
            self.items.append(line)
        else:
            self.items += (_GAP, line, _GAP)

    def put_wrapped(self, text: str, style: Style = PLAIN) -> None:
        """Add words in as many lines as they need."""
        for line in wrap(text, self.width // style.width):
            self.put(line, style)

    def footnote(self) -> None:
        """Name what 〓 stands for, before the last cut or at the end."""
        if not self._missing:
            return
        points = " ".join(f"U+{ord(character):04X}" for character in self._missing)
        cut = self.items.pop() if isinstance(self.items[-1], PaperCut) else None
        self.put_wrapped(f"{GETA} 打印机字库缺字: {points}")
        if cut is not None:
            self.items.append(cut)

    def lay(self, line: Line) -> None:  # noqa: C901, PLR0912 - one case for each kind of line
        """Add one line of the receipt."""
        match line:
            case Text():
                self.put_wrapped(self.words(line.text), line.style)
            case Field():
                _lay_field(self, line.label, line.value, STRONG if line.bold else PLAIN)
            case Pair():
                _lay_pair(self, line)
            case Table():
                _lay_table(self, line)
            case Amount():
                _lay_amount(self, line)
            case Title():
                _lay_title(self, self.words(line.text))
            case Rule():
                self.put(("=" if line.double else "-") * self.width)
            case Signature():
                _lay_signature(self, f"{self.words(line.label)}：")
            case CopyLabel():
                self.put_wrapped(self.words(line.text), HEADING)
            case ReprintMark():
                self.put_wrapped(f"补打 第{line.count}次", TITLE)
                if line.note:
                    self.put_wrapped(self.words(line.note), CENTRED)
            case Qr():
                _lay_qr(self, line)
            case Blank():
                for _ in range(line.lines):
                    self.put("")
            case Cut():
                self.items.append(PaperCut())
            case _:
                assert_never(line)


def _lay_title(page: _Page, text: str) -> None:
    style = TITLE if columns(text) * TITLE.width <= page.width else TALL_TITLE
    page.put_wrapped(text, style)


def _lay_field(page: _Page, label: str, value: str, style: Style) -> None:
    head = f"{page.words(label)}："
    hang = columns(head)
    if hang > page.width - _NARROWEST:
        page.put_wrapped(head, style)
        head, hang = "  ", 2
    for line in wrap(page.words(value), page.width - hang):
        page.put(head + line, style)
        head = " " * hang


def _lay_pair(page: _Page, pair: Pair) -> None:
    style = STRONG if pair.bold else PLAIN
    left, right = page.words(pair.left), page.words(pair.right)
    _put_spread(page, left, right, style)


def _put_spread(page: _Page, left: str, right: str, style: Style) -> None:
    """Words left, figures right; on two lines where one is too short."""
    width = page.width // style.width
    room = width - columns(right)
    if room < 0:
        raise TextTooWide(text=right, columns=width)
    if columns(left) + 1 > room:
        page.put_wrapped(left, style)
        left = ""
    page.put(pad(left, room) + right, style)


def _lay_signature(page: _Page, label: str) -> None:
    *above, last = wrap(label, page.width - _NARROWEST)
    for line in above:
        page.put(line)
    page.put(last + "_" * (page.width - columns(last)))


def _lay_amount(page: _Page, amount: Amount) -> None:
    label, sum_ = page.words(amount.label), f"￥{figures(amount.amount_fen)}"
    large = columns(label) + columns(sum_) < page.width // SUM.width
    _put_spread(page, label, sum_, SUM if large else TALL_SUM)
    _lay_field(page, "大写", f"人民币{capitals(amount.amount_fen)}", PLAIN)


def _lay_qr(page: _Page, qr: Qr) -> None:
    if not qr.text or not qr.text.isprintable():
        raise ReceiptInvalid(f"a QR code cannot hold {qr.text!r}", rule="qr")
    if page.profile.qr is QrKind.TEXT:
        page.put_wrapped(page.words(qr.text), CENTRED)
    else:
        page.items += (_QUIET_ZONE, PaperQr(qr.text), _QUIET_ZONE)


def _lay_table(page: _Page, table: Table) -> None:
    words_at = [index for index, column in enumerate(table.columns) if not column.figures]
    if len(words_at) != 1 or {len(row) for row in table.rows} - {1, len(table.columns)}:
        raise ReceiptInvalid("a table has one column of words, and full rows", rule="table")
    at = words_at[0]
    heading = tuple(column.heading for column in table.columns)
    rows = [tuple(map(page.words, row)) for row in (heading, *table.rows)]
    numbers = [row[:at] + row[at + 1 :] for row in rows if len(row) > 1]
    widths = [max(map(columns, column)) + _GUTTER for column in zip(*numbers, strict=True)]
    room = page.width - sum(widths)
    for row in rows:
        if len(row) != len(table.columns):
            _put_note(page, row[0])
        elif room < _NARROWEST:
            _put_stacked_row(page, row[at], row[:at] + row[at + 1 :])
        else:
            _put_row(page, row[at], row[:at] + row[at + 1 :], room, widths)


def _put_note(page: _Page, text: str) -> None:
    for line in wrap(text, page.width - _GUTTER):
        page.put(" " * _GUTTER + line)


def _put_row(
    page: _Page, words: str, numbers: Sequence[str], room: int, widths: Sequence[int]
) -> None:
    """Words on the left, running on over further lines; figures right in their columns."""
    first, *more = wrap(words, room)
    figure_cells = (
        pad(cell, width, right=True) for cell, width in zip(numbers, widths, strict=True)
    )
    page.put(pad(first, room) + "".join(figure_cells))
    for line in more:
        page.put(line)


def _put_stacked_row(page: _Page, words: str, numbers: Sequence[str]) -> None:
    """The words on lines of their own, the figures under them, right."""
    page.put_wrapped(words)
    joined = (" " * _GUTTER).join(numbers)
    if columns(joined) > page.width:
        raise TextTooWide(text=joined, columns=page.width)
    page.put(pad(joined, page.width, right=True))
