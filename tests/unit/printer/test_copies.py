"""The three copies of a formal receipt, and what every one of them says."""

from datetime import date

import pytest

from printer.documents import (
    RECEIPT_REPRINT_NOTE,
    ReceiptCopy,
    ReceiptItem,
    formal_receipt,
)
from printer.errors import ReceiptInvalid
from printer.layout import preview
from printer.profile import load_profile
from printer.receipt import Cut, Receipt, in_one_job, reprinted

CARD_COST = ReceiptItem(
    name="IC卡工本费", unit_price_fen=2000, card_numbers=("00000001",), per_card=True
)


def receipt(copy: ReceiptCopy = ReceiptCopy.CUSTOMER, **more: object) -> Receipt:
    known = {
        "company": "翠湖物业服务有限公司",
        "number": "310001",
        "issued_on": date(2025, 6, 9),
        "payer": "王秀兰 3-1201",
        "items": (CARD_COST,),
        "way_of_payment": "现金",
        "operator": "张晓",
        "station": "前台1",
    }
    return formal_receipt(copy=copy, **{**known, **more})  # type: ignore[arg-type]


def text(paper: Receipt) -> str:
    return preview(paper, load_profile("generic-80"))


def test_three_labelled_copies_of_one_number_come_out_as_one_job_fee_24a() -> None:
    job = in_one_job([receipt(copy) for copy in ReceiptCopy])
    said = text(job)
    labels = ("第一联 存根联", "第二联 客户联", "第三联 记账联")
    assert [said.index(label) for label in labels] == sorted(said.index(label) for label in labels)
    assert said.count("No. 310001") == 3
    assert sum(isinstance(line, Cut) for line in job.lines) == 2
    assert job.number == "310001"


def test_a_reprint_is_marked_with_its_counter_and_stands_for_no_copy_fee_24a() -> None:
    said = text(reprinted(receipt(), 2, note=RECEIPT_REPRINT_NOTE))
    assert "补打" in said
    assert "2" in said.splitlines()[0]
    assert "不代替第二联" in said


def test_a_receipt_has_date_payer_item_way_amount_twice_and_signature_fee_22() -> None:
    said = text(receipt())
    for words in ("2025年6月9日", "王秀兰", "IC卡工本费", "现金", "人民币贰拾元整", "付款人签名"):
        assert words in said
    assert "￥" in said


def test_card_cost_without_a_card_number_is_not_printed_ic_09() -> None:
    nameless = ReceiptItem(name="IC卡工本费", unit_price_fen=2000, per_card=True)
    with pytest.raises(ReceiptInvalid, match="card number"):
        receipt(items=(nameless,))


def test_two_cards_are_forty_yuan_and_both_numbers_ic_09() -> None:
    two = ReceiptItem(
        name="IC卡工本费",
        unit_price_fen=2000,
        quantity=2,
        card_numbers=("00000001", "00000002"),
        per_card=True,
    )
    said = text(receipt(items=(two,)))
    assert "人民币肆拾元整" in said
    assert "00000001、00000002" in said


def test_nothing_without_a_number_looks_like_a_receipt_fee_32() -> None:
    for number in ("", "  "):
        with pytest.raises(ReceiptInvalid):
            receipt(number=number)
