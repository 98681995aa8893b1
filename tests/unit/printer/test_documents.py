"""The office's papers, printed by the virtual printer and compared with the paper on file.

The papers are in ``tests/paper``. After a change that is meant, delete the file and run the test
twice: the first run writes the new paper and fails, so that it is looked at.
"""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from printer import documents
from printer.documents import ReceiptCopy, ReceiptItem, mask_plate
from printer.errors import ReceiptInvalid
from printer.layout import preview
from printer.profile import load_profile
from printer.receipt import Qr, Receipt, Text, reprinted
from printer.spool import Outcome, print_job
from printer.width import columns
from simulators.paper_model import PAPER_58, PAPER_80
from tests.unit.printer.printer_desk import Desk

PAPERS = Path(__file__).parents[2] / "paper"
COMPANY = "翠湖物业服务有限公司"
AT = datetime(2025, 6, 9, 14, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


def receipt(**changes: object) -> Receipt:
    values: dict[str, object] = {
        "company": COMPANY,
        "number": "SK20250609-0012",
        "issued_on": date(2025, 6, 9),
        "payer": "翠湖花园3栋1201 张晓",
        "items": [
            ReceiptItem(
                name="门禁卡工本费",
                unit_price_fen=2000,
                quantity=2,
                card_numbers=("YK00012345", "YK00012346"),
                per_card=True,
            )
        ],
        "way_of_payment": "现金",
        "operator": "李敏",
        "station": "前台1",
        "received_fen": 10000,
        "last_days": {"门禁": date(2027, 6, 8)},
    }
    return documents.formal_receipt(**{**values, **changes})  # type: ignore[arg-type]


def slip(**changes: object) -> Receipt:
    values: dict[str, object] = {
        "company": COMPANY,
        "number": "CZ20250609-K1-0007",
        "printed_at": AT,
        "station": "自助机1",
        "card_number": "YK00012345",
        "plate": "粤B12345",
        "first_day": date(2025, 6, 9),
        "last_day": date(2025, 7, 8),
        "amount_fen": 30000,
        "qr_text": "CZ20250609-K1-0007",
        "notes": {10000: 2, 5000: 2},
        "received_fen": 30000,
        "phone": "0755-0000 0000",
    }
    return documents.topup_slip(**{**values, **changes})  # type: ignore[arg-type]


def pending(**changes: object) -> Receipt:
    values: dict[str, object] = {
        "company": COMPANY,
        "number": "DH20250609-K1-0001",
        "printed_at": AT,
        "station": "自助机1",
        "business": "停车月卡充值",
        "card_number": "YK00012345",
        "received_fen": 20000,
        "reason": "卡片写入未完成",
        "phone": "0755-0000 0000",
        "qr_text": "DH20250609-K1-0001",
    }
    return documents.pending_slip(**{**values, **changes})  # type: ignore[arg-type]


def trial(profile_name: str) -> Receipt:
    return documents.test_page(load_profile(profile_name), station="前台1", printed_at=AT)


PAPER_ON_FILE = {
    "formal-receipt": receipt(),
    "formal-receipt-stub": receipt(copy=ReceiptCopy.STUB, remark="换开", last_days={}),
    "formal-receipt-reprint": reprinted(receipt(), 1, note=documents.RECEIPT_REPRINT_NOTE),
    "formal-receipt-rare-name": receipt(payer="3栋1201 𠮷\x1b@㐀￥¥"),
    "topup-slip": slip(),
    "topup-slip-card": slip(way_of_payment="微信支付", notes=None, received_fen=None),
    "topup-slip-credit": slip(notes=None, received_fen=35000, credit_kept_fen=5000),
    "topup-slip-from-credit": slip(
        way_of_payment="现金、卡内余额", notes=None, received_fen=30000, credit_used_fen=5000
    ),
    "pending-slip": pending(),
}
PRINTERS = {"80": ("epson-tm-t82", PAPER_80), "58": ("generic-58", PAPER_58)}


@pytest.mark.parametrize("name", [*PAPER_ON_FILE, "test-page"])
@pytest.mark.parametrize("width", PRINTERS)
def test_the_paper_is_the_one_on_file(name: str, width: str) -> None:
    profile_name, model = PRINTERS[width]
    desk = Desk(model)
    document = PAPER_ON_FILE.get(name) or trial(profile_name)
    result = print_job(desk.line, load_profile(profile_name), document, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    desk.printer.tear_off()
    [sheet] = desk.printer.sheets
    on_file = PAPERS / f"{name}-{width}.txt"
    if not on_file.exists():
        on_file.write_text(sheet.text, encoding="utf-8")
        pytest.fail(f"{on_file.name} was written: look at it")
    assert sheet.text == on_file.read_text(encoding="utf-8")


@pytest.mark.parametrize("profile_name", ["epson-tm-t88", "generic-80", "generic-58", "zjiang-58"])
@pytest.mark.parametrize("document", PAPER_ON_FILE.values(), ids=PAPER_ON_FILE)
def test_the_preview_shows_what_the_printer_prints(document: Receipt, profile_name: str) -> None:
    profile = load_profile(profile_name)
    desk = Desk(replace(PAPER_80, dots=profile.dots))
    print_job(desk.line, profile, document, clock=desk.clock)
    printed = (desk.printer.sheets or [desk.printer.hanging])[0].text
    shown = preview(document, profile)
    assert _words(printed.replace("[QR ", "[")) == _words(shown)


def test_a_preview_for_the_screen_names_a_code_instead_of_spelling_it() -> None:
    shown = preview(slip(qr_text="YIKA " * 30), load_profile("generic-58"), qr="[二维码]")
    assert "YIKA" not in shown
    assert max(map(columns, shown.splitlines())) <= load_profile("generic-58").columns
    assert "[二维码]" in shown


def test_two_cards_cost_forty_yuan_and_both_numbers_stand_on_the_receipt() -> None:
    shown = preview(receipt(), load_profile("generic-80"))
    assert "40.00" in shown
    assert "人民币肆拾元整" in shown
    assert "YK00012345" in shown
    assert "YK00012346" in shown


def test_a_receipt_names_each_right_of_the_card_with_its_own_last_day_ic_08() -> None:
    both = {"门禁": date(2027, 6, 8), "停车": date(2025, 7, 8)}
    words = preview(receipt(last_days=both), load_profile("generic-80"))
    assert "门禁有效期至：2027年6月8日(含当日)" in words
    assert "停车有效期至：2025年7月8日(含当日)" in words


def test_a_receipt_says_what_the_card_ends_with_ic_05a() -> None:
    with_lease = receipt(ends_with="有效期与租赁合同同日到期。")
    words = preview(with_lease, load_profile("generic-58"))
    assert words.index("2027年6月8日") < words.index("有效期与租赁合同同日到期。")


def test_a_last_day_and_its_remark_are_not_torn_apart_on_narrow_paper_ic_08() -> None:
    both = {"门禁": date(2027, 12, 31), "停车": date(2025, 7, 8)}
    shown = preview(receipt(last_days=both), load_profile("generic-58"))
    assert shown.count("(含当日)") == len(both)


def test_what_goes_with_a_free_card_says_what_it_ends_with_too_ic_05a() -> None:
    slip = documents.card_slip(
        company="翠湖物业",
        printed_at=AT,
        holder="陈立",
        unit="5-0803",
        card_number="YK00000007",
        last_days={"门禁": date(2026, 1, 31)},
        ends_with="有效期与租赁合同同日到期。",
        phone="0755-12345678",
    )
    words = preview(slip, load_profile("generic-58"))
    assert words.index("2026年1月31日") < words.index("有效期与租赁合同同日到期。")


def test_change_is_said_as_the_agent_says_it() -> None:
    assert documents.change_sentence(10000, 8000) == "一共收您100元,找您80元。"
    assert Text("一共收您100元,找您60元。") in receipt().lines
    assert documents.spoken_yuan(150) == "1.50元"


@pytest.mark.parametrize("copy", ReceiptCopy)
def test_each_copy_says_whose_it_is(copy: ReceiptCopy) -> None:
    shown = preview(receipt(copy=copy), load_profile("generic-80"))
    labels = {"stub": "第一联 存根联", "customer": "第二联 客户联", "accounts": "第三联 记账联"}
    assert [label for label in labels.values() if label in shown] == [labels[copy]]


def test_the_slip_says_where_invoices_are_and_carries_its_number_as_a_code() -> None:
    assert Qr("CZ20250609-K1-0007") in slip().lines
    shown = preview(slip(), load_profile("generic-58"))
    assert "凭此条可到前台换领发票" in shown
    assert "粤B1**45" in shown
    assert "粤B12345" not in shown


@pytest.mark.parametrize(
    ("plate", "masked"),
    [
        ("粤B12345", "粤B1**45"),
        ("粤BD12345", "粤BD***45"),
        ("使0123", "使****"),
        ("A1", "A*"),
        ("", ""),
    ],
)
def test_a_plate_is_masked_in_its_middle(plate: str, masked: str) -> None:
    assert mask_plate(plate) == masked


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"number": " "}, "FEE-32"),
        ({"operator": ""}, "FEE-32"),
        ({"items": []}, "FEE-32"),
        ({"payer": ""}, "FEE-22"),
        ({"way_of_payment": ""}, "FEE-22"),
        ({"received_fen": 3999}, "FEE-04"),
        ({"items": [ReceiptItem(name="卡", unit_price_fen=2000, per_card=True)]}, "IC-09"),
    ],
)
def test_a_receipt_that_the_rules_forbid_is_not_built(
    changes: dict[str, object], rule: str
) -> None:
    with pytest.raises(ReceiptInvalid) as refused:
        receipt(**changes)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"number": ""}, "PARK-07"),
        ({"card_number": ""}, "PARK-07"),
        ({"last_day": date(2025, 6, 8)}, "CAL-01"),
        ({"received_fen": 29999}, "FEE-04"),
    ],
)
def test_a_slip_that_the_rules_forbid_is_not_built(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(ReceiptInvalid) as refused:
        slip(**changes)
    assert refused.value.rule == rule


def test_a_pending_slip_needs_a_number_and_says_that_it_is_no_receipt() -> None:
    with pytest.raises(ReceiptInvalid):
        pending(number="")
    assert "不是收据" in preview(pending(card_number=""), load_profile("generic-58"))


@pytest.mark.parametrize("document", [*PAPER_ON_FILE.values(), trial("generic-80")])
def test_no_paper_uses_the_words_that_are_not_to_be_used(document: Receipt) -> None:
    shown = preview(document, load_profile("generic-80"))
    assert "久等" not in shown
    assert "必须" not in shown


def _words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]
