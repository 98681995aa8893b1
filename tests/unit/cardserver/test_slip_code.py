"""The code on a top-up slip: signed by the server, read and judged by a desk alone (PARK-07a)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.keys import EstateId
from cardserver.domain.record import Medium
from cardserver.domain.slipcode import HEAD, LONGEST, SlipFacts, Verdict, code_of, is_code, judge
from cardserver.vault import demo_vault
from tests.unit.cardserver.keys.record_strategies import EXAMPLE

VAULT = demo_vault(2)
OURS = VAULT.estate_id
KEYS = {each: VAULT.public_key(each).public_bytes_raw() for each in (1, 2)}
FACTS = SlipFacts(
    estate=OURS,
    key_version=2,
    number=12,
    card_number=3456,
    amount_fen=30000,
    first=date(2025, 6, 9),
    last=date(2025, 7, 8),
)


def signed(facts: SlipFacts) -> str:
    return code_of(facts, VAULT.sign(facts.message(), facts.key_version))


CODE = signed(FACTS)

facts_of_slips = st.builds(
    SlipFacts,
    estate=st.just(OURS),
    key_version=st.sampled_from([1, 2]),
    number=st.integers(1, 10**12 - 1),
    card_number=st.integers(1, 2**31),
    amount_fen=st.integers(0, 10**10),
    first=st.dates(date(1970, 1, 1)),
    last=st.dates(date(1970, 1, 1)),
)


@given(facts=facts_of_slips)
def test_every_signed_slip_is_genuine_and_says_what_was_signed(facts: SlipFacts) -> None:
    code = signed(facts)
    assert judge(code, OURS, KEYS) == (Verdict.GENUINE, facts)
    assert len(code) < LONGEST


def test_a_code_holds_only_what_qr_codes_hold_densest() -> None:
    assert CODE.startswith("YIKA-SLIP2 DEMO 2 00000012 00003456 30000 20250609 20250708 ")
    assert set(CODE) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -")


@given(at=st.integers(0, len(CODE) - 1), other=st.sampled_from("0123456789ABCDEFGHIJKLMNOPQ -"))
def test_a_code_with_any_character_changed_is_not_genuine(at: int, other: str) -> None:
    changed = CODE[:at] + other + CODE[at + 1 :]
    verdict, facts = judge(changed, OURS, KEYS)
    same = " ".join(changed.split()) == CODE
    assert (verdict is Verdict.GENUINE) is same
    assert (facts is None) is not same


@pytest.mark.parametrize(
    "typed",
    [CODE.lower(), f"  {CODE}\r\n", CODE.replace(" ", "  "), CODE.replace("2", "\uff12")],
    ids=["small letters", "with an end of line", "wide gaps", "full-width figures"],
)
def test_a_scanner_that_types_is_understood_whatever_its_layout(typed: str) -> None:
    assert is_code(typed)
    assert judge(typed, OURS, KEYS) == (Verdict.GENUINE, FACTS)


def test_another_estates_slip_is_told_from_a_forged_one() -> None:
    other = EstateId("MOON0001")
    assert judge(CODE, other, {}) == (Verdict.OTHER_ESTATE, None)
    assert judge(CODE.replace("DEMO", "MOON0001"), OURS, KEYS) == (Verdict.OTHER_ESTATE, None)
    assert judge(CODE.replace("DEMO", "MOON0001"), other, KEYS) == (Verdict.NOT_OURS, None)


def test_a_key_that_is_not_here_yet_is_named_as_such() -> None:
    assert judge(CODE, OURS, {1: KEYS[1]}) == (Verdict.KEY_UNKNOWN, None)
    assert judge(CODE, OURS, {2: KEYS[1]}) == (Verdict.NOT_OURS, None)
    assert judge(CODE, OURS, {2: b"no key"}) == (Verdict.NOT_OURS, None)


def test_a_signature_on_a_card_proves_no_slip_and_the_other_way_round() -> None:
    record = VAULT.seal_record(EXAMPLE, bytes(7), Medium.DESFIRE)
    assert judge(code_of(FACTS, record[-64:]), OURS, KEYS) == (Verdict.NOT_OURS, None)
    assert FACTS.message().startswith(b"yika-slip-1\0")


@given(st.text(max_size=450))
def test_anything_typed_is_judged_and_nothing_breaks(typed: str) -> None:
    assert judge(typed, OURS, KEYS) == (Verdict.NOT_OURS, None)
    assert judge(f"{HEAD} {typed}", OURS, KEYS)[1] is None


@pytest.mark.parametrize(
    "typed", ["12", "00000012", "YIKA-SLIP 00000012 00003456 30000 2025-06-09"]
)
def test_a_number_or_a_code_of_before_is_no_signed_code(typed: str) -> None:
    assert not is_code(typed)


def test_a_slip_has_one_code_and_no_second_spelling_of_its_last_letter() -> None:
    """512 bits of signature leave three bits of the last letter unused; they are nothing else."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    genuine = [each for each in letters if judge(CODE[:-1] + each, OURS, KEYS)[1] is not None]
    assert genuine == [CODE[-1]]
