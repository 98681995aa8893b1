"""Access bits against the published tables and vectors.

Vectors: libfreefare test/test_mifare_classic_create_trailer_block.c (trailer with FF0780), the sets
in wide use (FF0780, 7F0788, 787788, 08778F). Tables: NXP MF1S50yyX/V1, tables 6 to 8, as
libfreefare and proxmark3 decode them.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards.mifare_classic_access import (
    DATA_RIGHTS,
    FACTORY_ACCESS,
    FACTORY_TRAILER,
    LOCKED_ACCESS,
    TRAILER_RIGHTS,
    Keys,
    Trailer,
    TrailerRefused,
    decode_access,
    encode_access,
)

CONDITIONS = st.tuples(*[st.integers(0, 7)] * 4)
WHO = {"-": Keys.NONE, "A": Keys.A, "B": Keys.B, "AB": Keys.AB}

DATA_TABLE = """
000 AB AB AB AB
010 AB - - -
100 AB B - -
110 AB B B AB
001 AB - - AB
011 B B - -
101 B - - -
111 - - - -
"""
TRAILER_TABLE = """
000 A A - A A
010 - A - A -
100 B AB - - B
110 - AB - - -
001 A A A A A
011 B AB B - B
101 - AB B - -
111 - AB - - -
"""


def rows(table: str) -> list[Any]:
    parsed = [line.split() for line in table.strip().splitlines()]
    return [
        pytest.param(int(bits, 2), [WHO[name] for name in who], id=bits) for bits, *who in parsed
    ]


@pytest.mark.parametrize(("condition", "who"), rows(DATA_TABLE))
def test_a_data_block_gives_the_published_rights(condition: int, who: list[Keys]) -> None:
    rights = DATA_RIGHTS[condition]
    assert [rights.read, rights.write, rights.increment, rights.decrement] == who


@pytest.mark.parametrize(("condition", "who"), rows(TRAILER_TABLE))
def test_a_trailer_gives_the_published_rights(condition: int, who: list[Keys]) -> None:
    rights = TRAILER_RIGHTS[condition]
    assert [
        rights.key_a_write,
        rights.access_read,
        rights.access_write,
        rights.key_b_read,
        rights.key_b_write,
    ] == who


@pytest.mark.parametrize(
    ("access", "conditions"),
    [
        ("FF0780", (0b000, 0b000, 0b000, 0b001)),
        ("7F0788", (0b000, 0b000, 0b000, 0b011)),
        ("787788", (0b100, 0b100, 0b100, 0b011)),
        ("08778F", (0b110, 0b110, 0b110, 0b011)),
    ],
)
def test_the_sets_in_wide_use_are_coded_as_published(
    access: str, conditions: tuple[int, ...]
) -> None:
    assert encode_access(conditions) == bytes.fromhex(access)
    assert decode_access(bytes.fromhex(access)) == conditions


@given(CONDITIONS)
def test_every_condition_survives_the_round_trip(conditions: tuple[int, ...]) -> None:
    assert decode_access(encode_access(conditions)) == conditions


@given(CONDITIONS, st.integers(0, 23))
def test_one_wrong_bit_is_always_noticed(conditions: tuple[int, ...], bit: int) -> None:
    access = int.from_bytes(encode_access(conditions), "big") ^ 1 << bit
    with pytest.raises(TrailerRefused):
        decode_access(access.to_bytes(3, "big"))


@given(st.binary(max_size=8))
def test_any_bytes_are_conditions_or_refused(raw: bytes) -> None:
    try:
        conditions = decode_access(raw)
    except TrailerRefused:
        return
    assert encode_access(conditions) == raw


def test_the_trailer_of_libfreefare_is_coded_alike() -> None:
    trailer = Trailer(
        key_a=b"\xff" * 6,
        access=FACTORY_ACCESS,
        user_byte=0x42,
        key_b=bytes.fromhex("DEADBEEFFFFF"),
    )
    assert trailer.encode().hex() == "ffffffffffffff078042deadbeefffff"


def test_a_factory_trailer_is_the_transport_state() -> None:
    assert FACTORY_TRAILER.encode().hex().upper() == "FFFFFFFFFFFFFF078069FFFFFFFFFFFF"


@given(CONDITIONS)
def test_only_trailers_that_stay_changeable_are_written(conditions: tuple[int, ...]) -> None:
    trailer = Trailer(key_a=b"A" * 6, access=encode_access(conditions), key_b=b"B" * 6)
    if conditions[3] in {0b001, 0b011}:
        assert len(trailer.encode()) == 16
    else:
        with pytest.raises(TrailerRefused, match="never be changed"):
            trailer.encode()


def test_a_trailer_whose_copies_contradict_is_never_written() -> None:
    with pytest.raises(TrailerRefused, match="contradict"):
        Trailer(key_a=b"A" * 6, access=bytes.fromhex("FF0781"), key_b=b"B" * 6).encode()


@pytest.mark.parametrize("size", [0, 5, 7, 16])
def test_a_key_of_another_length_is_a_mistake_of_the_caller(size: int) -> None:
    with pytest.raises(ValueError, match="6 bytes"):
        Trailer(key_a=b"A" * size, access=LOCKED_ACCESS, key_b=b"B" * 6).encode()


@pytest.mark.parametrize("conditions", [(0, 0, 0), (0, 0, 0, 8), (-1, 0, 0, 0)])
def test_other_conditions_are_a_mistake_of_the_caller(conditions: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="access conditions"):
        encode_access(conditions)


def test_a_locked_sector_is_read_by_a_and_written_by_b_alone() -> None:
    *data, trailer = decode_access(LOCKED_ACCESS)
    for condition in data:
        assert DATA_RIGHTS[condition].read is Keys.AB
        assert Keys.A not in DATA_RIGHTS[condition].write
        assert DATA_RIGHTS[condition].increment is Keys.NONE
        assert DATA_RIGHTS[condition].decrement is Keys.NONE
    rights = TRAILER_RIGHTS[trailer]
    assert not rights.key_b_is_data
    assert Keys.A not in rights.key_a_write | rights.access_write | rights.key_b_write


def test_keys_are_not_in_the_text_of_a_trailer() -> None:
    assert "ffff" not in repr(FACTORY_TRAILER).lower()
