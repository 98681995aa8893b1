"""A form leaves the desk as a PDF to print, a workbook or a CSV file."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from flask import Response, current_app

from printer.form import Form
from printer.form_font import find_fonts
from printer.form_pdf import pdf
from printer.form_sheet import CSV_TYPE, XLSX_TYPE, csv_text, xlsx

PDF_TYPE: Final = "application/pdf"
SHEETS: Final[dict[str, tuple[str, Callable[[Form], bytes]]]] = {
    "xlsx": (XLSX_TYPE, xlsx),
    "csv": (CSV_TYPE, csv_text),
}
KINDS: Final = ("pdf", *SHEETS)
FORM_FONT: Final = "FORM_FONT"
"""Where the app keeps the font file of the station's settings; None looks for one."""


def sent(form: Form, kind: str, name: str, *, now: datetime) -> Response:
    """The form as a file of one of `KINDS`; `name` without its ending. Raises FontMissing."""
    if kind in SHEETS:
        content_type, write = SHEETS[kind]
        body = write(form)
    else:
        fonts = find_fonts(current_app.config.get(FORM_FONT))
        content_type, body = PDF_TYPE, pdf(form, fonts, made_at=now)
    response = Response(body, content_type=content_type)
    how = "inline" if kind == "pdf" else "attachment"
    response.headers["Content-Disposition"] = (
        f"{how}; filename*=UTF-8''{quote(f'{name}.{kind}', safe='')}"
    )
    return response
