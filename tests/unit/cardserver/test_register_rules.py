"""The card register's rules that need no store: what is abnormal, how a row is written down."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.register import (
    TAKEN,
    AbnormalReason,
    Proof,
    RegisterEntry,
    RegisterKind,
    abnormal_reasons,
)
from cardserver.domain.registerchain import NO_ROW, canonical, chained, instant_text
from cardserver.domain.rights import HolderClass
from cardserver.domain.signature import MAX_STROKES_CHARS, Signer, check_signer, check_strokes
from cardserver.domain.verification import VerificationMethod

PLAIN = RegisterEntry(
    kind=RegisterKind.NEW_ISSUE,
    holder_class=HolderClass.MERCHANT,
    valid_from=date(2025, 6, 9),
    valid_to=date(2026, 6, 8),
)

# --- abnormal ------------------------------------------------------------------------------------


def test_a_merchants_year_is_plain_and_any_other_length_is_not_ic_06a_ic_19c() -> None:
    assert abnormal_reasons(PLAIN) == ()
    for last in (date(2026, 6, 7), date(2026, 6, 9), date(2025, 12, 31)):
        odd = replace(PLAIN, valid_to=last)
        assert abnormal_reasons(odd) == (AbnormalReason.MERCHANT_LENGTH,)
        assert abnormal_reasons(replace(odd, holder_class=HolderClass.TENANT)) == ()


ABNORMAL = {
    RegisterKind.FREE_REPLACEMENT,
    RegisterKind.LOSS_REPORT,
    RegisterKind.SCRAPPED,
    RegisterKind.WRITE_FAILURE,
    RegisterKind.CANCELLED,
    RegisterKind.UNSIGNED,
}


@pytest.mark.parametrize("kind", RegisterKind)
def test_these_kinds_are_abnormal_by_themselves_and_no_others_ic_19c(kind: RegisterKind) -> None:
    assert bool(abnormal_reasons(replace(PLAIN, kind=kind))) is (kind in ABNORMAL)


@pytest.mark.parametrize("kind", RegisterKind)
def test_a_card_on_a_telephone_call_is_abnormal_ic_19c(kind: RegisterKind) -> None:
    called = replace(PLAIN, kind=kind, proof=Proof(method=VerificationMethod.PHONE))
    assert (AbnormalReason.PHONE_CONFIRMED in abnormal_reasons(called)) is (kind in TAKEN)


def test_a_heads_override_is_named_beside_the_other_reasons_ic_19c() -> None:
    override = frozenset({AbnormalReason.HEAD_OVERRIDE})
    entry = replace(PLAIN, kind=RegisterKind.LOSS_REPORT, abnormal=override)
    assert abnormal_reasons(entry) == (AbnormalReason.LOSS, AbnormalReason.HEAD_OVERRIDE)


# --- the chain -----------------------------------------------------------------------------------

GRAINS = st.none() | st.booleans() | st.integers() | st.text() | st.dates()
CONTENT = st.dictionaries(st.text(max_size=8), GRAINS | st.lists(GRAINS, max_size=3), max_size=5)


@given(CONTENT)
def test_the_same_content_is_written_the_same_in_any_order_ic_19d(
    content: dict[str, object],
) -> None:
    backwards = dict(reversed(content.items()))
    assert canonical(content) == canonical(backwards)


@given(CONTENT, CONTENT)
def test_other_content_gives_another_hash_ic_19d(
    one: dict[str, object], other: dict[str, object]
) -> None:
    same = canonical(one) == canonical(other)
    assert (chained(NO_ROW, one) == chained(NO_ROW, other)) is same
    assert chained(NO_ROW, one) != chained(chained(NO_ROW, one), one)


def test_the_form_of_a_row_is_fixed_for_all_time_ic_19d() -> None:
    """A register written today is proven in ten years: these bytes must never change."""
    row = {
        "number": 1,
        "at": datetime(2025, 6, 9, 1, tzinfo=UTC),
        "name": "王秀兰",
        "chip": b"\x04",
    }
    assert canonical(row).decode() == (
        '{"at":"2025-06-09T01:00:00.000000Z","chip":"04","name":"王秀兰","number":1}'
    )
    assert chained(NO_ROW, row).hex() == (
        "a54a024b8a2fc2c8df039a494944df2465f67ec45a3cf023e255a2627724d6bd"
    )


def test_an_instant_is_written_in_utc_and_a_naive_one_refused() -> None:
    east = timezone(timedelta(hours=8))
    assert instant_text(datetime(2025, 6, 9, 9, tzinfo=east)) == "2025-06-09T01:00:00.000000Z"
    with pytest.raises(TypeError):
        instant_text(datetime(2025, 6, 9, 9))  # noqa: DTZ001 - that is what is refused
    with pytest.raises(TypeError):
        canonical({"x": 1.5})


# --- signatures ----------------------------------------------------------------------------------

POINTS = st.tuples(st.integers(0, 600), st.integers(0, 200))
STROKES = st.lists(st.lists(POINTS, min_size=1, max_size=30), min_size=1, max_size=10)


@given(STROKES)
def test_strokes_within_the_pad_come_back_as_they_were_ic_07a(
    strokes: list[list[tuple[int, int]]],
) -> None:
    text = ";".join(" ".join(f"{x},{y}" for x, y in stroke) for stroke in strokes)
    if len({point for stroke in strokes for point in stroke}) < 8:
        with pytest.raises(RuleViolation, match="signature-empty"):
            check_strokes(text)
    else:
        assert check_strokes(text) == text


@given(st.text(max_size=60))
def test_no_text_becomes_a_signature_by_accident_ic_07a(text: str) -> None:
    with pytest.raises(RuleViolation):
        check_strokes(text)


@pytest.mark.parametrize(
    "text", ["601,1 " * 9, "1,201 " * 9, "1,1 " * MAX_STROKES_CHARS, "-1,1", "1;1"]
)
def test_strokes_beyond_the_pad_or_without_end_are_refused_ic_07a(text: str) -> None:
    with pytest.raises(RuleViolation, match="signature"):
        check_strokes(text)


def test_who_signs_for_which_card_ic_07a_ic_15a() -> None:
    check_signer(Signer.HOLDER, "王秀兰", signed_by="王秀兰", signer=Signer.HOLDER)
    check_signer(Signer.HOLDER, "周敏", signed_by="店员", signer=Signer.REPRESENTATIVE)
    check_signer(Signer.SECTION_HEAD, "刘勇", signed_by="刘勇", signer=Signer.SECTION_HEAD)
    for expected, name, signer in (
        (Signer.SECTION_HEAD, "赵强", Signer.SECTION_HEAD),
        (Signer.SECTION_HEAD, "刘勇", Signer.REPRESENTATIVE),
        (Signer.HOLDER, "刘勇", Signer.SECTION_HEAD),
    ):
        with pytest.raises(RuleViolation, match="other-signer"):
            check_signer(expected, "刘勇", signed_by=name, signer=signer)
    with pytest.raises(RuleViolation, match="no-signature-needed"):
        check_signer(None, "", signed_by="王秀兰", signer=Signer.HOLDER)
