"""What is shown of a person: enough to recognise, no more (IC-23b)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.holder import mask_name, mask_phone, mask_plate, mask_tail


@pytest.mark.parametrize(
    ("name", "shown"), [("张晓明", "张**"), ("王", "王"), ("", ""), ("欧阳修", "欧**")]
)
def test_a_name_shows_its_first_character(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13812345678", "138****5678"), ("80001234", "800*1234"), ("110", "***"), ("", "")],
)
def test_a_phone_number_shows_head_and_tail(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("粤B12345", "粤B***45"), ("粤BD12345", "粤B****45"), ("AB12", "A***"), ("A", "A"), ("", "")],
)
def test_a_plate_shows_place_and_end(plate: str, shown: str) -> None:
    assert mask_plate(plate) == shown


@given(st.text(max_size=30))
def test_a_mask_keeps_the_length_and_shows_at_most_seven_characters(text: str) -> None:
    for mask in (mask_name, mask_phone, mask_plate, mask_tail):
        shown = mask(text)
        assert len(shown) == len(text)
        same = sum(mine == theirs and mine != "*" for mine, theirs in zip(shown, text, strict=True))
        assert same <= 7


@given(st.text(min_size=1, max_size=4))
def test_a_short_identity_number_shows_nothing(text: str) -> None:
    assert mask_tail(text) == "*" * len(text)
