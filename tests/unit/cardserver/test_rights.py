"""Holder classes, zones and the two rights of a card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.ids import CardNumber, card_number_text
from cardserver.domain.rights import (
    RIGHT_OF,
    SLOT_OF,
    VALIDITY_YEARS,
    HolderClass,
    RightKind,
    zone_mask,
)


@given(zones=st.sets(st.integers(0, 31)))
def test_each_zone_is_one_bit(zones: set[int]) -> None:
    mask = zone_mask(*zones)
    assert {zone for zone in range(64) if mask >> zone & 1} == zones


@pytest.mark.parametrize("zone", [-1, 32, 1000])
def test_a_zone_beyond_the_record_is_refused(zone: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 31"):
        zone_mask(0, zone)


def test_park_04a_the_two_rights_lie_in_two_slots() -> None:
    assert {right: int(slot) for right, slot in SLOT_OF.items()} == {
        RightKind.DOOR: 0,
        RightKind.PARKING: 1,
    }
    assert all(RIGHT_OF[SLOT_OF[right]] is right for right in RightKind)


def test_ic_02_to_06_and_13a_each_class_has_its_years() -> None:
    assert VALIDITY_YEARS == {
        HolderClass.OWNER: 2,
        HolderClass.FAMILY: 2,
        HolderClass.TENANT: 1,
        HolderClass.MERCHANT: 1,
        HolderClass.STAFF: 1,
    }


@pytest.mark.parametrize(("number", "text"), [(1234, "00001234"), (4294967295, "4294967295")])
def test_a_card_number_has_eight_digits_at_least(number: int, text: str) -> None:
    assert card_number_text(CardNumber(number)) == text
