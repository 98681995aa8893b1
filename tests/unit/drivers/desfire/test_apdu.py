"""Short APDUs against the coding rules of ISO/IEC 7816-4:2013, 5.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.apdu import Response, command, parse_response, require_ok
from drivers.errors import ApduRefused, FrameError


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((0xFF, 0xCA, 0x00, 0x00, b"", 0), "ffca000000"),
        ((0xFF, 0xB0, 0x00, 0x04, b"", 16), "ffb0000410"),
        ((0x90, 0x5A, 0x00, 0x00, b"\x01\x02\x03", 256), "905a00000301020300"),
        ((0xFF, 0xD6, 0x00, 0x04, b"\xaa" * 2, None), "ffd6000402aaaa"),
        ((0x00, 0xA4, 0x04, 0x00, b"", None), "00a40400"),
    ],
)
def test_the_four_cases_are_coded(
    parts: tuple[int, int, int, int, bytes, int | None], expected: str
) -> None:
    assert command(*parts).hex() == expected


@pytest.mark.parametrize(
    "parts",
    [
        (0x100, 0, 0, 0, b"", None),
        (0, -1, 0, 0, b"", None),
        (0, 0, 0, 0, bytes(256), None),
        (0, 0, 0, 0, b"", 257),
        (0, 0, 0, 0, b"", -1),
    ],
)
def test_what_does_not_fit_is_refused(
    parts: tuple[int, int, int, int, bytes, int | None],
) -> None:
    with pytest.raises(ValueError):
        command(*parts)


@given(st.binary(max_size=300))
def test_any_answer_is_a_response_or_a_frame_error(raw: bytes) -> None:
    try:
        response = parse_response(raw)
    except FrameError:
        assert len(raw) < 2
    else:
        assert response.data + response.sw.to_bytes(2, "big") == raw


def test_a_refusal_names_its_status_word_and_card() -> None:
    assert require_ok(Response(b"data", 0x9000)) == b"data"
    with pytest.raises(ApduRefused) as caught:
        require_ok(Response(b"", 0x6982), uid=b"\x01")
    assert (caught.value.sw, caught.value.uid) == (0x6982, b"\x01")


def test_a_response_does_not_show_its_data() -> None:
    assert "secret" not in repr(Response(b"secret", 0x9000))
