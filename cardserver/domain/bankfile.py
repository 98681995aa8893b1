"""The bank's collection list as a table: which column is which, and what a row says (PARK-10a)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.ownerfile import TableRow

MAX_LINES: Final = 500
"""Lines of one list; more spaces come as several lists."""

_NAMES: Final = {
    "number": ("协议编号", "合同编号", "协议号", "agreement"),
    "amount": ("金额", "扣款金额", "托收金额", "amount"),
    "result": ("结果", "扣款结果", "托收结果", "result"),
    "note": ("原因", "备注", "note"),
}
_NEEDED: Final = ("number", "amount", "result")
_YES: Final = frozenset({"成功", "已扣", "success", "ok", "y"})
_NO: Final = frozenset({"失败", "不成功", "未扣", "failed", "n"})
_YUAN: Final = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?")
_NUMBER_SIZE: Final = 60
_NOTE_SIZE: Final = 400


@unique
class RowFlaw(StrEnum):
    """What cannot be read in a row."""

    NUMBER = "number"
    AMOUNT = "amount"
    RESULT = "result"
    CELLS = "cells"  # merged, a formula, or a number the spreadsheet has rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRow:
    """One row of the file; `flaw` None when all of it could be read."""

    number: str
    amount_fen: int = 0
    collected: bool = False
    note: str = ""
    flaw: RowFlaw | None = None


def bank_rows(table: Sequence[TableRow]) -> list[BankRow]:
    """What the rows say, header and empty rows left out.

    Raises RuleViolation ``bank-columns`` where number, amount or result have no column,
    ``list-empty``, ``list-too-long``.
    """
    rows = [row for row in table if any(cell.strip() for cell in row.cells)]
    if not rows:
        raise RuleViolation("list-empty", rule="PARK-10a")
    columns = _columns(rows[0].cells)
    if len(rows) == 1:
        raise RuleViolation("list-empty", rule="PARK-10a")
    if len(rows) - 1 > MAX_LINES:
        raise RuleViolation("list-too-long", rule="PARK-10a", message=f"at most {MAX_LINES}")
    return [_row(row, columns) for row in rows[1:]]


def _columns(header: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = _plain(cell)
        for word, known in _NAMES.items():
            if name in known:
                found.setdefault(word, place)
    if any(word not in found for word in _NEEDED):
        raise RuleViolation("bank-columns", rule="PARK-10a")
    return found


def _row(row: TableRow, columns: dict[str, int]) -> BankRow:
    def cell(word: str) -> str:
        place = columns.get(word, len(row.cells))
        return row.cells[place].strip() if place < len(row.cells) else ""

    number = "".join(each for each in cell("number") if each.isprintable())[:_NUMBER_SIZE]
    note = "".join(each for each in cell("note") if each.isprintable())[:_NOTE_SIZE]
    amount = _fen(cell("amount"))
    result = _plain(cell("result"))
    flaw = None
    if row.flaw:
        flaw = RowFlaw.CELLS
    elif not number:
        flaw = RowFlaw.NUMBER
    elif amount is None:
        flaw = RowFlaw.AMOUNT
    elif result not in _YES | _NO:
        flaw = RowFlaw.RESULT
    return BankRow(
        number=number, amount_fen=amount or 0, collected=result in _YES, note=note, flaw=flaw
    )


def _fen(typed: str) -> int | None:
    plain = unicodedata.normalize("NFKC", typed).replace(",", "").removesuffix("元").strip("¥ ")
    match = _YUAN.fullmatch(plain)
    if match is None:
        return None
    yuan, cents = match.groups(default="")
    return int(yuan) * 100 + int(cents.ljust(2, "0"))


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().lower()
