"""Hypothesis strategies for records and UIDs, shared by the tests of codec, vault and gate keys."""

from datetime import date

from hypothesis import strategies as st

from cardserver.domain.ids import MAX_CARD_NUMBER, CardNumber
from cardserver.domain.record import EPOCH, CardRecord, Medium
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod

LAST_DAY = date(2199, 6, 6)
"""65535 days after the record's epoch."""

uids = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=7, max_size=7))
media = st.sampled_from(Medium)
days = st.dates(min_value=EPOCH, max_value=LAST_DAY)
periods = st.tuples(days, days).map(
    lambda pair: ValidityPeriod.inclusive(first=min(pair), last=max(pair))
)


def records(*, versions: st.SearchStrategy[int]) -> st.SearchStrategy[CardRecord]:
    """Every record that has room on a card, with these key versions."""
    return st.builds(
        CardRecord,
        kind=st.sampled_from(RightKind),
        holder_class=st.sampled_from(HolderClass),
        key_version=versions,
        card_number=st.integers(1, MAX_CARD_NUMBER).map(CardNumber),
        zones=st.integers(0, 2**32 - 1),
        period=periods,
        sequence=st.integers(1, 2**32 - 1),
    )


EXAMPLE = CardRecord(
    kind=RightKind.DOOR,
    holder_class=HolderClass.OWNER,
    key_version=1,
    card_number=CardNumber(1234),
    zones=0b11,
    period=ValidityPeriod.inclusive(first=date(2025, 6, 9), last=date(2027, 6, 8)),
    sequence=1,
)
