"""Small XLSX files, written by hand so that a test can put anything into them."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="{office}/{kind}" Target="{target}"/></Relationships>'
)
_BOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="业主" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
Cell = str | int | float


def workbook(
    rows: Sequence[Sequence[Cell]], *, formulas: dict[str, str] | None = None, merged: str = ""
) -> bytes:
    """A workbook with one sheet; `formulas` by cell, `merged` a range such as ``A2:A3``."""
    lines = []
    for number, cells in enumerate(rows, start=1):
        parts = []
        for column, value in enumerate(cells):
            name = f"{chr(65 + column)}{number}"
            formula = f"<f>{(formulas or {})[name]}</f>" if name in (formulas or {}) else ""
            if isinstance(value, str):
                text = f"<is><t>{escape(value)}</t></is>"
                kind = ' t="str"' if formula else ' t="inlineStr"'
                body = f"{formula}<v>{escape(value)}</v>" if formula else text
                parts.append(f'<c r="{name}"{kind}>{body}</c>')
            else:
                parts.append(f'<c r="{name}">{formula}<v>{value}</v></c>')
        lines.append(f'<row r="{number}">{"".join(parts)}</row>')
    tail = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData>{tail}</worksheet>'
    return packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELS.format(
                office=_OFFICE, kind="officeDocument", target="xl/workbook.xml"
            ),
            "xl/workbook.xml": _BOOK,
            "xl/_rels/workbook.xml.rels": _RELS.format(
                office=_OFFICE, kind="worksheet", target="worksheets/sheet1.xml"
            ),
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


def packed(parts: dict[str, str]) -> bytes:
    """Parts in a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()
