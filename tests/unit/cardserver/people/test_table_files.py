"""What an uploaded file is, and what stands in it: each trouble has its own clear answer."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.ownerfile import Header, TableRow, find_header, plan_rows, read_person
from cardserver.services.tablefiles import read_table
from tests.databases.frontdesk import refused
from tests.unit.cardserver.people.workbooks import packed, workbook

HEAD = ["房号", "业主姓名", "联系电话", "身份证号"]
ROW = ["3-1201", "王秀兰", "13900001201", "110101195503079991"]
CSV = "\n".join([",".join(HEAD), ",".join(ROW)])


def cells(data: bytes, name: str) -> list[list[str]]:
    return [list(row.cells) for row in read_table(data, name)]


def flaws(data: bytes) -> list[str]:
    return [row.flaw for row in read_table(data, "业主.xlsx")]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_is_read_in_the_encodings_that_offices_use(codec: str) -> None:
    assert cells(CSV.encode(codec), "业主.csv") == [HEAD, ROW]


def test_a_name_with_a_four_byte_character_survives_gb18030() -> None:
    rare = CSV.replace("王秀兰", "𠮷㼆")
    data = rare.encode("gb18030")
    assert len("𠮷".encode("gb18030")) == 4
    assert cells(data, "业主.csv")[1][1] == "𠮷㼆"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_with_each_delimiter(delimiter: str) -> None:
    assert cells(CSV.replace(",", delimiter).encode(), "a.csv") == [HEAD, ROW]


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.csv", "file-empty"),
        (b" \r\n ", "a.csv", "file-empty"),
        (workbook([HEAD, ROW]), "a.csv", "file-kind"),
        (CSV.encode(), "a.xlsx", "file-kind"),
        (CSV.encode(), "a.exe", "file-kind"),
        (b"\x89PNG\r\n\x1a\n", "a.csv", "file-kind"),
        (b"%PDF-1.7", "a.csv", "file-kind"),
        (b"a\0b,c", "a.csv", "file-kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx", "file-old"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "file-old"),
        (b"\xff\xfea", "a.csv", "file-encoding"),
        (b"\x81\x20,\xff\xff", "a.csv", "file-encoding"),
        (b'"a,b\n', "a.csv", "file-broken"),
        (b"PK\x03\x04 and then nothing", "a.xlsx", "file-broken"),
        (packed({"word/document.xml": "<w/>"}), "a.xlsx", "file-kind"),
        (packed({"xl/workbook.xml": "<w"}), "a.xlsx", "file-broken"),
    ],
    ids=lambda value: "data" if isinstance(value, bytes) else None,  # a workbook holds its hour
)
def test_a_file_that_is_not_what_it_says_is_told_so(data: bytes, name: str, reason: str) -> None:
    with refused(reason):
        read_table(data, name)


def test_a_workbook_is_read_with_numbers_as_they_were_typed() -> None:
    data = workbook([HEAD, ["3-1201", "王秀兰", 13900001201, "110101195503079991"]])
    assert cells(data, "业主.xlsx") == [HEAD, ROW]


def test_an_identity_number_that_the_table_rounded_is_never_taken() -> None:
    data = workbook([HEAD, ["3-1201", "王秀兰", "1390000", 110101195503079991]])
    assert flaws(data) == ["", "number-rounded"]


def test_a_formula_is_found_in_its_row_and_nowhere_else() -> None:
    data = workbook([HEAD, ROW, ROW], formulas={"B3": "A1&amp;A2"})
    assert flaws(data) == ["", "", "formula-cell"]


def test_merged_cells_are_found_in_their_rows() -> None:
    data = workbook([HEAD, ROW, ROW, ROW], merged="A2:A3")
    assert flaws(data) == ["", "merged-cells", "merged-cells", ""]


def test_a_merged_title_above_the_header_is_no_trouble() -> None:
    data = workbook([["翠湖花园业主资料", "", "", ""], HEAD, ROW], merged="A1:D1")
    plan = plan_rows(read_table(data, "业主.xlsx"), {})
    assert (plan.header.line, plan.counts()["new"]) == (2, 1)


def test_a_merged_header_is_told_so() -> None:
    with refused("header-merged"):
        plan_rows(read_table(workbook([HEAD, ROW], merged="A1:B1"), "a.xlsx"), {})


def test_a_workbook_that_declares_entities_is_not_read() -> None:
    parts = {"xl/workbook.xml": '<!DOCTYPE w [<!ENTITY a "b">]><workbook/>'}
    with refused("file-broken"):
        read_table(packed(parts | {"xl/_rels/workbook.xml.rels": "<R/>"}), "a.xlsx")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('<c r="XFD1048576"/>', "file-too-large"),  # half a terabyte, were room made for it
        ('<c r="A1048576"/><c r="Z1"/>', "file-too-large"),
        ('<c r="ZZZ1"/>', "file-too-large"),
        ('<c r="A9999999"/>', "file-broken"),
        ('<c r="A99999999999999999"/>', "file-broken"),
        ('<c r="1A"/>', "file-broken"),
        ('<c r="A0"/>', "file-broken"),
    ],
)
def test_a_cell_beyond_any_table_is_refused_before_room_is_made_for_it(
    cell: str, reason: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook([HEAD, ROW]))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet = next(name for name in parts if name.startswith("xl/worksheets/"))
    parts[sheet] = parts[sheet].replace("</sheetData>", f"<row>{cell}</row></sheetData>")
    with refused(reason):
        read_table(packed(parts), "a.xlsx")


@pytest.mark.parametrize("missing", ["xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
def test_a_workbook_without_one_of_its_parts_is_broken(missing: str) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook([HEAD, ROW]))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert missing in parts
    del parts[missing]
    with refused("file-broken"):
        read_table(packed(parts), "a.xlsx")


@settings(max_examples=60)
@given(st.data())
def test_a_workbook_with_a_few_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    changed = bytearray(workbook([HEAD, ROW]))
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(RuleViolation):
        read_table(bytes(changed), "a.xlsx")


def test_missing_and_doubled_columns_are_named() -> None:
    rows = [TableRow(1, ["房号", "姓名", "备注"])]
    with pytest.raises(Exception, match="联系电话、身份证号"):
        find_header(rows)
    with pytest.raises(Exception, match="业主姓名"):
        find_header([TableRow(1, [*HEAD, "姓名"])])


def test_columns_in_any_order_under_their_other_names_and_those_unread_are_said() -> None:
    rows = [TableRow(1, ["備註", "手機", "身份證號", " 業主姓名 ", "房號*"])]
    _, header = find_header(rows)
    assert dict(header.places) == {"phone": 1, "id_number": 2, "name": 3, "unit": 4}
    assert header.unread == ("備註",)


def test_a_file_without_a_row_is_told_so() -> None:
    with refused("file-without-rows"):
        plan_rows(read_table(",".join(HEAD).encode(), "a.csv"), {})


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.xlsx", "a.txt", "b"]))
def test_no_bytes_do_more_than_be_refused(data: bytes, name: str) -> None:
    for each in (data, b"PK\x03\x04" + data):
        with suppress(RuleViolation):
            assert all(row.line > 0 for row in read_table(each, name))


@pytest.mark.parametrize("name", ["\u202e兰秀王", "\u200b", "王\ufffe"])
def test_a_row_whose_name_nobody_can_read_as_it_is_is_refused(name: str) -> None:
    places = {"unit": 0, "name": 1, "phone": 2, "id_number": 3}
    header = Header(line=1, places=places)
    with refused("characters-unclear"):
        read_person(TableRow(line=2, cells=("9-0101", name, "", "")), header)
