"""The bank's file: columns under the bank's words, rows that say nothing clear, files that lie."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from cardserver.domain.bankfile import MAX_LINES, BankRow, RowFlaw, bank_rows
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ownerfile import TableRow
from cardserver.services.collecting import read_file
from cardserver.wire_parking import BankFile, BankLine

HEADER = ["序号", "协议编号", "户名", "扣款金额", "扣款结果", "原因"]


def table(*rows: list[str]) -> list[TableRow]:
    return [TableRow(line, cells) for line, cells in enumerate([HEADER, *rows], 1)]


def read(data: bytes, name: str) -> tuple[BankLine, ...]:
    return read_file(BankFile(name=name, data=data)).lines


def test_a_list_is_read_by_its_column_names_park_10a() -> None:
    rows = bank_rows(
        table(
            ["1", "CW-1", "王秀兰", "1,080.5", "成功", ""],
            ["", "", "", "", "", ""],
            ["2", " CW-2 ", "陈立", "80元", "失败", "余额不足"],
        )
    )
    assert rows == [
        BankRow(number="CW-1", amount_fen=1080_50, collected=True),
        BankRow(number="CW-2", amount_fen=80_00, note="余额不足"),
    ]


@pytest.mark.parametrize(
    ("row", "flaw"),
    [
        (["1", "", "x", "80", "成功", ""], RowFlaw.NUMBER),
        (["1", "CW-1", "x", "-80", "成功", ""], RowFlaw.AMOUNT),
        (["1", "CW-1", "x", "80.001", "成功", ""], RowFlaw.AMOUNT),
        (["1", "CW-1", "x", "", "成功", ""], RowFlaw.AMOUNT),
        (["1", "CW-1", "x", "80", "处理中", ""], RowFlaw.RESULT),
        (["1", "CW-1", "x", "80"], RowFlaw.RESULT),
    ],
)
def test_a_row_that_cannot_be_read_is_shown_and_does_nothing_park_10a(
    row: list[str], flaw: RowFlaw
) -> None:
    assert [each.flaw for each in bank_rows(table(row))] == [flaw]


def test_merged_cells_are_no_rows_of_ours_park_10a() -> None:
    row = TableRow(2, ["1", "CW-1", "x", "80", "成功", ""], "merged-cells")
    assert bank_rows([*table(), row])[0].flaw is RowFlaw.CELLS


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "list-empty"),
        ([TableRow(1, HEADER)], "list-empty"),
        ([TableRow(1, ["姓名", "金额"]), TableRow(2, ["王", "80"])], "bank-columns"),
        (
            [*table(), *(TableRow(n, ["1", "x", "x", "8", "成功"]) for n in range(MAX_LINES + 1))],
            "list-too-long",
        ),
    ],
)
def test_a_table_that_is_no_list_is_refused_park_10a(rows: list[TableRow], reason: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        bank_rows(rows)
    assert (caught.value.reason, caught.value.rule) == (reason, "PARK-10a")


@given(st.integers(0, 9_999_999_99))
def test_any_amount_is_read_to_the_fen(fen: int) -> None:
    written = f"{fen // 100}.{fen % 100:02d}"
    (row,) = bank_rows(table(["1", "CW-1", "", written, "成功", ""]))
    assert (row.amount_fen, row.flaw) == (fen, None)


def test_csv_and_xlsx_say_the_same_park_10a() -> None:
    rows = [HEADER, ["1", "CW-1", "李㼆", "80", "成功", ""], ["2", "CW-2", "陈", "8", "失败", "x"]]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    text = "\r\n".join(",".join(row) for row in rows)
    expected = read(file.getvalue(), "托收.xlsx")
    assert [line.agreement_number for line in expected] == ["CW-1", "CW-2"]
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        assert read(text.encode(encoding), "托收.csv") == expected


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.csv", "file-empty"),
        (b"%PDF-1.7", "a.csv", "file-kind"),
        (b"PK\x03\x04rest", "a.xlsx", "file-broken"),
        (b"a,b", "a.xlsx", "file-kind"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_park_10a(
    data: bytes, name: str, reason: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        read(data, name)
    assert caught.value.reason == reason
