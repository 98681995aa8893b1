"""The application directory against the figures of libfreefare test/test_mad.c and
test/test_mifare_classic_mad.c (the first taken there from NXP's document, the others from cards).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards import mad
from drivers.errors import FrameError

DOCUMENT = {1: 0x0801, 2: 0x0801, 3: 0x0801, 7: 0x0004}
DOCUMENT |= {8: 0x1003, 9: 0x1003, 10: 0x1002, 11: 0x1002, 15: 0x3011}


@pytest.mark.parametrize(
    ("aids", "publisher", "crc"),
    [
        (DOCUMENT, 1, 0x89),
        (dict.fromkeys(range(1, 6), 0xE103), 1, 0xC4),
        (dict.fromkeys(range(1, 7), 0xE103), 1, 0xAB),
    ],
)
def test_published_directories_have_the_published_checksum(
    aids: dict[int, int], publisher: int, crc: int
) -> None:
    raw = mad.Directory(aids=aids, publisher=publisher).encode()
    assert raw[0] == crc
    assert mad.decode(raw) == mad.Directory(aids=aids, publisher=publisher)


def test_the_checksum_of_a_checksummed_message_is_zero() -> None:
    assert mad.crc8(bytes([0x42, mad.crc8(b"\x42")])) == 0


def test_an_aid_stands_with_its_application_code_first() -> None:
    raw = mad.Directory(aids={1: 0x0801}).encode()
    assert raw[2:4] == b"\x01\x08"


@given(
    st.dictionaries(st.integers(1, 15), st.integers(1, 0xFFFF)),
    st.integers(0, 15),
)
def test_every_directory_survives_the_round_trip(aids: dict[int, int], publisher: int) -> None:
    directory = mad.Directory(aids=aids, publisher=publisher)
    assert mad.decode(directory.encode()) == directory


@given(st.binary(max_size=40))
def test_any_bytes_are_a_directory_or_refused(raw: bytes) -> None:
    try:
        directory = mad.decode(raw)
    except FrameError:
        return
    assert set(directory.aids) <= set(mad.SECTORS)


@pytest.mark.parametrize("sector", [0, 16])
def test_a_sector_that_the_directory_cannot_list_is_a_mistake_of_the_caller(sector: int) -> None:
    with pytest.raises(ValueError, match="sectors 1 to 15"):
        mad.Directory(aids={sector: 1}).encode()
