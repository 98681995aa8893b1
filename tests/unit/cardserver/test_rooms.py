"""Rooms as people type them become numbers with dashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.rooms import dashed, last_of_part
from cardserver.domain.searchkeys import unit_keys


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "3-2-1201",
            "3 2 1201",
            "3栋2单元1201",
            "3栋 2单元 1201室",
            "3#2-1201",
            "3号楼2单元1201房",
        ),
        *("３－２－１２０１", "3/2/1201", "3.2.1201", "3座2梯1201号", "3—2—1201"),
    ],
)
def test_every_way_of_writing_a_room_becomes_its_numbers_with_dashes(typed: str) -> None:
    assert dashed(typed) == "3-2-1201"
    assert dashed(f"王秀兰 {typed}") == "王秀兰 3-2-1201"


@pytest.mark.parametrize(
    "typed",
    [
        "秀兰",
        "13812345678",
        "粤b·a1234",
        "a1234",
        "30701",
        "房玄龄 楼月",
        "",
        "123x",
    ],
)
def test_what_names_no_room_stays_as_it_was_typed(typed: str) -> None:
    assert dashed(typed) == typed


def test_a_building_alone_is_not_all_buildings_that_begin_with_its_digit() -> None:
    assert (dashed("3栋"), dashed("3栋2单元"), dashed("A座"), dashed("3")) == (
        "3-",
        "3-2-",
        "a-",
        "3",
    )


def test_only_a_room_and_no_entrance_names_the_end_of_an_address() -> None:
    assert [last_of_part(word) for word in ("2-1201", "3-2-1201", "2-101a")] == [
        "1201",
        "1201",
        "101a",
    ]
    assert {last_of_part(word) for word in ("1201", "3-2", "3-2-", "1390-0001201", "王")} == {""}


@given(st.integers(1, 199), st.integers(1, 9), st.integers(1, 33), st.integers(1, 12))
def test_a_label_typed_as_another_estate_writes_it_is_one_of_its_keys(
    building: int, entrance: int, floor: int, door: int
) -> None:
    room = f"{floor}{door:02d}"
    labels = [
        f"{building}栋{entrance}单元{room}",
        f"{building}-{entrance}-{room}",
        f"{building}号楼{entrance}单元{room}室",
        f"{building} {entrance} {room}",
    ]
    for typed in labels:
        assert all(dashed(typed) in unit_keys(label) for label in labels if " " not in label)


@given(st.text(alphabet="3a12- #栋号楼单元室\u3000", max_size=120))
def test_any_text_is_read_at_once_and_reading_it_twice_changes_nothing(typed: str) -> None:
    assert dashed(dashed(typed)) == dashed(typed)
