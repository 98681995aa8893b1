"""The issue list in few bytes says exactly what was put into it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.domain import cardlist
from cardserver.domain.admission import CardEntry, ListedRight
from cardserver.domain.cardlist import CardList, cards_of_space
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ids import CardNumber
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.wire_cards import Period
from cardserver.wire_gates import SnapshotCard

days = st.dates(date(2020, 1, 1), date(2199, 1, 1))
periods = st.tuples(days, days).map(
    lambda pair: ValidityPeriod.inclusive(first=min(pair), last=max(pair))
)
kinds = st.sampled_from(RightKind)
rights = st.builds(
    ListedRight,
    holder_class=st.sampled_from(HolderClass),
    zones=st.integers(0, 2**32 - 1),
    period=periods,
)
numbers = st.integers(1, 2**32 - 1).map(CardNumber)
entries = st.builds(
    CardEntry,
    card_number=numbers,
    status=st.sampled_from(CardStatus),
    sequences=st.dictionaries(kinds, st.integers(1, 2**32 - 1)),
    pending=st.dictionaries(kinds, periods),
    key_version=st.integers(1, 255),
    secure_channel=st.sampled_from([None, "ev1", "ev2"]),
    until=st.none() | days,
    rights=st.dictionaries(kinds, rights),
    space=st.integers(0, 4) | st.integers(0, 2**32 - 1),
    before=st.lists(numbers, max_size=2).map(tuple),
)
uids = st.one_of(st.binary(min_size=4, max_size=10), st.sampled_from([bytes(4), bytes(7)]))
lists = st.dictionaries(uids, entries, max_size=5)


@settings(max_examples=40)
@given(cards=lists, strange=uids)
def test_a_list_gives_back_every_card_and_no_other(
    cards: dict[bytes, CardEntry], strange: bytes
) -> None:
    listed = CardList.of(cards.items())
    assert dict(listed) == cards
    assert len(listed) == len(cards)
    assert listed.get(strange) == cards.get(strange)
    assert (strange in listed) is (strange in cards)


@settings(max_examples=40)
@given(cards=lists, changes=st.lists(lists, max_size=3), few=st.booleans())
def test_changes_go_before_what_was_and_the_list_they_are_laid_over_stays(
    cards: dict[bytes, CardEntry], changes: list[dict[bytes, CardEntry]], few: bool
) -> None:
    """Whether the changes lie beside the block or are worked into a new one."""
    kept, cardlist._BESIDE_AT_MOST = cardlist._BESIDE_AT_MOST, 4096 if few else 0  # type: ignore[misc]
    try:
        listed, expected = CardList.of(cards.items()), dict(cards)
        before = listed
        for changed in changes:
            listed = listed.with_changes(changed.items())
            expected |= changed
    finally:
        cardlist._BESIDE_AT_MOST = kept  # type: ignore[misc]
    assert dict(listed) == expected
    assert len(listed) == len(expected)
    assert dict(before) == cards
    for space in {entry.space for entry in expected.values()}:
        assert sorted(listed.of_space(space)) == sorted(cards_of_space(expected, space))
    replacements = {(old, entry.card_number) for entry in expected.values() for old in entry.before}
    assert set(listed.replacements()) == replacements


def entry(number: int, **more: object) -> CardEntry:
    plain = CardEntry(card_number=CardNumber(number), status=CardStatus.LIVE)
    return replace(plain, **more)  # type: ignore[arg-type]


def test_gate_02a_the_cards_of_a_space_are_the_live_ones() -> None:
    listed = CardList.of(
        [
            (b"\x01" * 4, entry(1, space=7)),
            (b"\x02" * 4, entry(2, space=7, status=CardStatus.REPLACED)),
            (b"\x03" * 4, entry(3, space=8)),
        ]
    )
    assert listed.of_space(7) == (1,)
    assert listed.of_space(0) == ()
    assert set(listed.with_changes([(b"\x03" * 4, entry(3, space=7))]).of_space(7)) == {1, 3}


def test_uids_that_only_differ_by_zeros_behind_are_different_cards() -> None:
    listed = CardList.of([(bytes(4), entry(1)), (bytes(7), entry(2)), (bytes(10), entry(3))])
    assert [listed[bytes(size)].card_number for size in (4, 7, 10)] == [1, 2, 3]
    assert listed.get(bytes(5)) is None
    with pytest.raises(KeyError):
        listed[bytes(5)]


def told(uid: bytes, entry: CardEntry) -> SnapshotCard:
    """The card as it comes down the wire."""
    return SnapshotCard(
        uid=uid,
        number=entry.card_number,
        status=entry.status,
        sequences=dict(entry.sequences),
        pending={kind: Period.of(period) for kind, period in entry.pending.items()},
        key_version=entry.key_version,
        secure_channel=entry.secure_channel,  # type: ignore[arg-type]
        until=entry.until,
        rights={
            kind: (each.holder_class, each.zones, each.period.first, each.period.last)
            for kind, each in entry.rights.items()
        },
        space=entry.space,
        before=entry.before,
    )


@settings(max_examples=40)
@given(cards=lists)
def test_cards_are_packed_as_they_come_or_as_what_they_say(cards: dict[bytes, CardEntry]) -> None:
    shapes = [told(uid, entry) for uid, entry in cards.items()]
    assert dict(CardList.of_rows(each.row() for each in shapes)) == cards
    assert {each.uid: each.to_domain() for each in shapes} == cards


def test_a_right_that_ends_before_it_begins_is_refused() -> None:
    wrong = (HolderClass.OWNER, 1, date(2025, 6, 9), date(2025, 6, 8))
    card = told(b"\x01" * 4, entry(1)).model_copy(update={"rights": {RightKind.DOOR: wrong}})
    with pytest.raises(RuleViolation):
        card.row()


def test_a_uid_that_no_card_has_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 10"):
        CardList.of([(bytes(11), entry(1))])


def test_days_without_room_are_kept_as_the_nearest_there_is() -> None:
    old = ValidityPeriod.inclusive(first=date(1999, 1, 1), last=date(9999, 1, 1))
    right = ListedRight(holder_class=HolderClass.STAFF, zones=1, period=old)
    card = entry(1, rights={RightKind.DOOR: right}, until=date(1990, 1, 1))
    listed = CardList.of([(bytes(4), card)])[bytes(4)]
    assert listed.until == date(2020, 1, 1)
    assert listed.rights[RightKind.DOOR].period.first == date(2020, 1, 1)
    assert listed.rights[RightKind.DOOR].period.last.year == 2199
    assert RightKind.PARKING not in listed.rights
