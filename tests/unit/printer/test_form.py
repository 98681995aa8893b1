"""A4 forms: the same rows as PDF, workbook and CSV; read back by independent readers."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fpdf import FPDF
from fpdf.fonts import TTFFont
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from printer.form import Align, Amount, Column, Drawing, Form, Section, Signature, rows_of
from printer.form_font import FontFace, FontMissing, Fonts, find_fonts, open_face, widths
from printer.form_layout import MARGIN, TABLE_SIZE, Mark, TextMark, lay_out
from printer.form_pdf import pdf, settle
from printer.form_sheet import csv_text, neutral, xlsx
from printer.form_wrap import wrap

MADE = datetime(2025, 6, 9, 1, tzinfo=UTC)
COLUMNS = (
    Column(title="序号", width=0.5, align=Align.RIGHT),
    Column(title="持卡人"),
    Column(title="金额", align=Align.RIGHT),
    Column(title="有效期至"),
    Column(title="签名"),
)
DRAWN = Drawing(strokes="10,80 60,20;250,100 400,90 500,150", words="王秀兰")


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    try:
        return find_fonts()
    except FontMissing:
        pytest.skip("no Chinese font on this machine")


def form(rows: int = 1, name: str = "王秀兰", **changes: object) -> Form:
    section = Section(
        heading="一、登记",
        columns=COLUMNS,
        rows=rows_of((n, name, Amount(fen=2000), date(2027, 6, 8), DRAWN) for n in range(rows)),
    )
    values = {
        "title": "《IC卡发放(异常)情况记录表》",
        "code": "7.5.1-G01-01-F1",
        "estate": "翠湖花园",
        "facts": (("日期", "2025-06-09"),),
        "sections": (section,),
        "signatures": (Signature(label="前台负责人"), Signature(label="部门负责人", name="何静")),
        "footer": "登记链 第1行 0a1b2c3d",
    }
    return Form(**(values | changes))  # type: ignore[arg-type]


def cells_of(body: bytes) -> list[list[Any]]:
    """The cells of a workbook's one sheet, as another library reads them."""
    sheet = load_workbook(io.BytesIO(body)).worksheets[0]
    return [list(row) for row in sheet.iter_rows()]


def said(body: bytes, page: int = 0) -> str:
    """The text of a page, as a reader of another house finds it."""
    text = pypdfium2.PdfDocument(body)[page].get_textpage().get_text_bounded()
    return "".join(text.split())


# --- PDF -----------------------------------------------------------------------------------------


def test_a_form_says_its_title_code_rows_and_page_of_pages_ic_19a(fonts: Fonts) -> None:
    body = pdf(form(), fonts, made_at=MADE)
    text = said(body)
    for words in (
        "《IC卡发放(异常)情况记录表》",
        "7.5.1-G01-01-F1",
        "翠湖花园",
        "日期：2025-06-09",
        "王秀兰20.002027-06-08",
        "前台负责人：",
        "部门负责人：何静",
        "登记链第1行0a1b2c3d",
        "第1页共1页",
    ):
        assert words in text
    pages = PdfReader(io.BytesIO(body)).pages
    # pypdf reads the two bytes of a code one by one, the first of them as nothing.
    assert "王秀兰" in pages[0].extract_text().replace("\0", "")


def test_a_long_table_goes_on_with_its_header_and_loses_no_row(fonts: Fonts) -> None:
    body = pdf(form(rows=60, landscape=True), fonts, made_at=MADE)
    pages = len(PdfReader(io.BytesIO(body)).pages)
    assert pages > 2
    texts = [said(body, page) for page in range(pages)]
    assert sum(text.count("王秀兰20.00") for text in texts) == 60
    assert all("持卡人金额" in text for text in texts[:-1])
    assert all(f"第{n}页共{pages}页" in text for n, text in enumerate(texts, start=1))


@pytest.mark.parametrize("rows_above", range(28, 44))
def test_a_heading_stays_with_the_first_row_of_its_table(rows_above: int) -> None:
    above = Section(columns=COLUMNS, rows=rows_of((n, "", 0, "", "") for n in range(rows_above)))
    below = Section(heading="九、差异", columns=COLUMNS, rows=rows_of([("最先", "", 0, "", "")]))
    sheet = form(sections=(above, below), signatures=())
    laid = lay_out(sheet, lambda text, size: len(text) * size * 0.35)
    (with_heading,) = [page for page in laid.pages if "九、差异" in _texts(page)]
    assert "最先" in _texts(with_heading)


def _texts(page: tuple[Mark, ...]) -> list[str]:
    return [mark.text for mark in page if isinstance(mark, TextMark)]


def test_fonts_are_embedded_as_a_small_subset(fonts: Fonts) -> None:
    body = pdf(form(), fonts, made_at=MADE)
    assert len(body) < 100_000
    page: Any = PdfReader(io.BytesIO(body)).pages[0]
    found = list(page["/Resources"]["/Font"].values())
    assert found
    for font in found:
        inside = font.get_object()["/DescendantFonts"][0].get_object()
        descriptor = inside["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "+" in font.get_object()["/BaseFont"]  # the mark of a subset


def test_rare_hanzi_come_out_or_are_named_and_never_dropped(fonts: Fonts) -> None:
    text = said(pdf(form(name="赵㼆"), fonts, made_at=MADE))
    assert "赵㼆" in text
    poor = tuple(
        FontFace(path=font.path, face=font.face, covers=font.covers - {ord("㼆")}) for font in fonts
    )
    text = said(pdf(form(name="赵㼆𫝁"), poor, made_at=MADE))
    assert "赵〓(U+3F06)" in text
    assert settle("\x07", fonts) == "〓(U+0007)"


def test_text_is_measured_as_the_program_that_draws_it_measures(fonts: Fonts) -> None:
    text = "王秀兰《IC卡》 2025-06-09, fiWAV〓；…"
    paper = FPDF(unit="pt")
    paper.add_font("f", fname=fonts[0].path, collection_font_number=fonts[0].face,
                   unicode_range=sorted(map(ord, text)))  # fmt: skip
    paper.set_font("f", size=1000)
    measured = [paper.get_string_width(each) for each in text]
    for font in paper.fonts.values():
        assert isinstance(font, TTFFont)
        font.close()
    found = widths(fonts[0].path, fonts[0].face)
    assert [found[ord(each)] for each in text] == pytest.approx(measured)


def test_a_row_longer_than_a_page_is_split_and_not_cut_off(fonts: Fonts) -> None:
    body = pdf(form(name="龙" * 4000), fonts, made_at=MADE)
    pages = len(PdfReader(io.BytesIO(body)).pages)
    assert sum(said(body, page).count("龙") for page in range(pages)) == 4000


def test_a_row_of_another_shape_than_its_table_is_refused() -> None:
    with pytest.raises(ValueError, match="other cells"):
        Section(columns=COLUMNS, rows=(("one",),))


# --- fonts ---------------------------------------------------------------------------------------


def test_a_font_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "letter.ttf"
    path.write_text("Dear Sir or Madam")
    with pytest.raises(FontMissing, match="no font with Chinese"):
        find_fonts(path)
    with pytest.raises(FontMissing):
        find_fonts(tmp_path / "none.ttc")


def test_of_a_collection_the_simplified_face_is_taken(fonts: Fonts) -> None:
    again = open_face(fonts[0].path)
    assert again is not None
    assert again.face == fonts[0].face
    assert ord("卡") in again.covers


# --- layout --------------------------------------------------------------------------------------


def halves(text: str) -> float:
    """Hanzi are one wide, the rest half."""
    return sum(0.5 if character.isascii() else 1.0 for character in text)


@given(st.text(alphabet="王秀兰，。（）《》 ab12-", max_size=60), st.integers(1, 20))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width, halves)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(halves(line) <= width or len(line) == 1 for line in lines)


def test_closing_punctuation_does_not_begin_a_line() -> None:
    assert wrap("卡已停用。", 4, halves) == ["卡已停", "用。"]


@given(st.integers(0, 80), st.booleans())
@settings(max_examples=15, deadline=None)
def test_every_mark_lies_on_its_page(rows: int, landscape: bool) -> None:
    pages = lay_out(form(rows=rows, landscape=landscape), lambda t, size: halves(t) * size * 0.35)
    assert pages.pages
    for mark in (mark for page in pages.pages for mark in page):
        assert MARGIN - 0.1 <= mark.x <= pages.width - MARGIN + 0.1
        assert 0 <= mark.y <= pages.height - MARGIN
    cells = [m.text for page in pages.pages for m in page if isinstance(m, TextMark)]
    assert sum(m == "2027-06-08" for m in cells) == rows
    assert TABLE_SIZE in {m.size for page in pages.pages for m in page if isinstance(m, TextMark)}


# --- workbook and CSV ----------------------------------------------------------------------------


def test_a_workbook_holds_real_amounts_and_days() -> None:
    rows = [[cell.value for cell in row] for row in cells_of(xlsx(form(rows=2)))]
    header = next(n for n, row in enumerate(rows) if row[:2] == ["序号", "持卡人"])
    assert rows[0][:2] == ["《IC卡发放(异常)情况记录表》", "7.5.1-G01-01-F1"]
    assert rows[header + 1][:5] == [0, "王秀兰", 20, datetime(2027, 6, 8), "王秀兰"]  # noqa: DTZ001 - workbooks know no zones


def test_a_csv_file_begins_with_a_mark_and_reads_back() -> None:
    body = csv_text(form())
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert ["0", "王秀兰", "20.00", "2027-06-08", "王秀兰"] in rows


FORMULAS = ["=1+1", "+1", "-2", "@SUM(A1)", " =1", "\t=1", "＝1", "\r=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_a_spreadsheet_would_calculate_is_neutralised(formula: str) -> None:
    assert neutral(formula).startswith("'")
    cells = [cell for row in cells_of(xlsx(form(name=formula))) for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert neutral(formula).strip() in {str(cell.value).strip() for cell in cells}
    rows = list(csv.reader(io.StringIO(csv_text(form(name=formula)).decode("utf-8-sig"))))
    assert neutral(formula) in {cell for row in rows for cell in row}


@given(st.text(max_size=40))
@settings(max_examples=12, deadline=None)
def test_any_name_can_be_exported(name: str) -> None:
    name = name.encode("utf-8", "ignore").decode()
    assert cells_of(xlsx(form(name=name)))
    assert csv_text(form(name=name))


def test_amounts_of_either_sign_are_figures() -> None:
    assert [str(Amount(fen=fen)) for fen in (-2050, 0, 5)] == ["-20.50", "0.00", "0.05"]
