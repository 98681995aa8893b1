"""The papers of a shift, printed by the virtual printer and compared with the paper on file.

After a change that is meant, delete the file in ``tests/paper`` and run the test twice.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from printer import shift_report
from printer.errors import ReceiptInvalid
from printer.layout import preview
from printer.profile import load_profile
from printer.receipt import Receipt
from printer.shift_report import Account, Closing, Moved, Numbers
from printer.spool import Outcome, print_job
from simulators.paper_model import PAPER_58, PAPER_80
from tests.unit.printer.printer_desk import Desk

PAPERS = Path(__file__).parents[2] / "paper"
COMPANY = "翠湖物业服务有限公司"
OPENED = datetime(2025, 6, 9, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
CLOSED = datetime(2025, 6, 9, 18, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
NUMBERS = [
    Numbers(name="收款收据", first=12, last=14, count=3),
    Numbers(name="充值凭条", first=7, last=7, count=1),
]


MOVED = (("收款", 5, 480_00), ("找零", 2, -120_00), ("上缴出纳", 1, -300_00))


def account(expected_fen: int | None) -> Account:
    """Of a drawer that was counted, or is still to be."""
    return Account(
        station="前台1",
        operator="李敏",
        shift=31,
        opened=OPENED,
        until=CLOSED,
        float_fen=200_00,
        moved=[
            Moved(name=name, count=count, fen=None if expected_fen is None else fen)
            for name, count, fen in MOVED
        ],
        earned=[("IC卡工本费", 60_00), ("车位月租费", 300_00)],
        papers=NUMBERS,
        expected_fen=expected_fen,
    )


def z(number: int = 31, approved_by: str = "何静", **on_file: int) -> Receipt:
    closing = Closing(
        counted_fen=259_00,
        counts=2,
        difference_fen=-1_00,
        comment="找零时少收一元",
        books=1,
        seals=2,
        left_open=["登记表待签名 F1 000018"],
        closed_by="李敏",
        approved_by=approved_by,
        chained="9f3c" * 16,
        **on_file,
    )
    return shift_report.z_report(COMPANY, number, account(260_00), closing)


def slip(**changes: object) -> Receipt:
    values: dict[str, object] = {
        "company": COMPANY,
        "title": "借支单",
        "number": "JZ000003",
        "at": CLOSED,
        "station": "前台1",
        "operator": "李敏",
        "amount_fen": 50_00,
        "person_label": "领款人",
        "person": "赵强",
        "approved_by": "高远",
        "reason": "急诊垫付",
    }
    return shift_report.movement_slip(**{**values, **changes})  # type: ignore[arg-type]


def check() -> Receipt:
    return shift_report.spot_check(
        company=COMPANY,
        number=4,
        at=CLOSED,
        station="前台1",
        operator="李敏",
        cashier="宋梅",
        shift=31,
        expected_fen=260_00,
        counted_fen=260_00,
        comment="",
        papers=NUMBERS,
        books=[("收据 A-17", 12, 1, 37)],
    )


PAPER_ON_FILE = {
    "shift-x": shift_report.x_report(COMPANY, account(None)),
    "shift-z": z(),
    "shift-loan": slip(),
    "shift-spot-check": check(),
}
PRINTERS = {"80": ("epson-tm-t82", PAPER_80), "58": ("generic-58", PAPER_58)}


@pytest.mark.parametrize("name", PAPER_ON_FILE)
@pytest.mark.parametrize("width", PRINTERS)
def test_the_paper_of_a_shift_is_the_one_on_file(name: str, width: str) -> None:
    profile_name, model = PRINTERS[width]
    desk = Desk(model)
    result = print_job(desk.line, load_profile(profile_name), PAPER_ON_FILE[name], clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    desk.printer.tear_off()
    [sheet] = desk.printer.sheets
    on_file = PAPERS / f"{name}-{width}.txt"
    if not on_file.exists():
        on_file.write_text(sheet.text, encoding="utf-8")
        pytest.fail(f"{on_file.name} was written: look at it")
    assert sheet.text == on_file.read_text(encoding="utf-8")


def test_an_x_before_the_count_tells_no_expected_amount_and_is_no_receipt_fee_33() -> None:
    shown = preview(PAPER_ON_FILE["shift-x"], load_profile("generic-80"))
    for words in ("应有现金", "收支合计", "480.00"):
        assert words not in shown
    for words in ("收款", "5笔", "现金数额清点后列出", "300.00", "(不是收据)"):
        assert words in shown


def test_an_x_after_the_count_tells_what_moved_and_what_should_be_there_fee_33() -> None:
    shown = preview(shift_report.x_report(COMPANY, account(260_00)), load_profile("generic-80"))
    for words in ("应有现金", "收支合计", "+480.00", "260.00"):
        assert words in shown


def test_no_paper_of_a_shift_goes_without_number_and_names_fee_32() -> None:
    with pytest.raises(ReceiptInvalid):
        z(number=0)
    for missing in ("number", "person", "operator"):
        with pytest.raises(ReceiptInvalid):
            slip(**{missing: ""})


def test_who_gave_leave_is_named_only_where_it_was_somebody_else() -> None:
    profile = load_profile("generic-80")
    assert "授权人：何静" in preview(z(), profile)
    assert "授权人" not in preview(z(approved_by="李敏"), profile)


def test_a_count_that_differs_from_the_books_on_file_is_named_fee_35() -> None:
    agreed = preview(z(books_on_file=1, seals_before=2), load_profile("generic-80"))
    assert "在册" not in agreed
    assert "上次" not in agreed
    differs = preview(z(books_on_file=3, seals_before=1), load_profile("generic-80"))
    assert "在册 3，相差" in differs
    assert "-2" in differs
    assert "上次 1，相差" in differs


@pytest.mark.parametrize("profile_name", ["generic-80", "generic-58"])
def test_papers_that_are_void_are_counted_below_the_others_fee_23(profile_name: str) -> None:
    some = replace(account(None), papers=[replace(NUMBERS[0], void=1), NUMBERS[1]])
    shown = preview(shift_report.x_report(COMPANY, some), load_profile(profile_name)).splitlines()
    line = next(place for place, line in enumerate(shown) if line.startswith("收款收据"))
    assert shown[line].split() == ["收款收据", "000012-000014", "3"]
    assert shown[line + 1].split() == ["其中作废", "1"]
    assert shown[line + 2].split() == ["充值凭条", "000007-000007", "1"]
