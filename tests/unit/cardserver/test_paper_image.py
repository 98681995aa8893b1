"""What is taken for a picture of a paper: told by its bytes, kept without what rides along."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cardserver.domain.errors import RuleViolation
from cardserver.domain.paperimage import MAX_BYTES, ImageKind, cleaned, purge_day
from tests.databases.pictures import WHERE, jpeg, pdf, png

PICTURES = {
    "photograph": (ImageKind.JPEG, jpeg()),
    "progressive": (ImageKind.JPEG, jpeg(progressive=True)),
    "screen": (ImageKind.PNG, png()),
    "scan": (ImageKind.PDF, pdf()),
}


def reason_of(data: bytes) -> str:
    with pytest.raises(RuleViolation) as refused:
        cleaned(data)
    return refused.value.reason


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_told_by_its_bytes_and_cleaning_is_done_once(name: str) -> None:
    kind, data = PICTURES[name]
    found, picture = cleaned(data)
    assert found is kind
    assert cleaned(picture) == (kind, picture)


@pytest.mark.parametrize("name", ["photograph", "progressive", "screen"])
def test_place_and_remarks_go_and_every_pixel_stays(name: str) -> None:
    _, data = PICTURES[name]
    _, picture = cleaned(data)
    assert WHERE in data
    assert WHERE not in picture
    before, after = (Image.open(io.BytesIO(each)) for each in (data, picture))
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("name", PICTURES)
def test_what_hides_behind_the_end_of_a_picture_goes(name: str) -> None:
    _, data = PICTURES[name]
    assert cleaned(data + b"PK\x03\x04 something else") == cleaned(data)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_breaks_off_is_refused_wherever_it_breaks_off(name: str) -> None:
    _, data = PICTURES[name]
    _, picture = cleaned(data)
    for end in range(16, len(picture) - 8, 37):
        assert reason_of(picture[:end]) == "image-broken"


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a......",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"<html><script>",
        b"\xff\xd9",
        "身份证".encode(),
    ],
)
def test_another_kind_of_file_is_refused_whatever_it_is_called(data: bytes) -> None:
    assert reason_of(data) == "image-unknown"


def test_nothing_and_too_much_are_refused() -> None:
    assert reason_of(b"") == "file-empty"
    assert reason_of(jpeg() + bytes(MAX_BYTES)) == "image-too-large"


def test_a_picture_with_a_wrong_sum_or_without_pixels_is_refused() -> None:
    data = bytearray(png())
    data[40] ^= 1
    assert reason_of(bytes(data)) == "image-broken"
    assert reason_of(b"\xff\xd8\xff\xd9") == "image-broken"
    assert reason_of(b"\x89PNG\r\n\x1a\n") == "image-broken"


@given(
    st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_a_picture_or_one_refusal(head: bytes, tail: bytes) -> None:
    found, reason = None, ""
    try:
        found = cleaned(head + tail)
    except RuleViolation as refused:
        reason = refused.reason
    if found is None:
        assert reason in {"file-empty", "image-unknown", "image-broken"}
    else:
        assert cleaned(found[1]) == found


@pytest.mark.parametrize(
    ("stored", "months", "goes"),
    [
        (date(2025, 6, 9), 12, date(2026, 6, 9)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
    ],
)
def test_the_day_to_go_is_the_same_date_or_the_months_last(
    stored: date, months: int, goes: date
) -> None:
    assert purge_day(stored, months) == goes


def test_where_none_are_stored_there_is_no_day() -> None:
    with pytest.raises(RuleViolation) as refused:
        purge_day(date(2025, 6, 9), 0)
    assert refused.value.reason == "images-off"
