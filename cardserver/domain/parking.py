"""Spaces, the agreements about them and the tariffs that price them (PARK-06, -09, -11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.money import check_amount
from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import VerificationMethod


@unique
class SpaceKind(StrEnum):
    """What a space is; each has its own tariff (PARK-09)."""

    RAISED_FLOOR = "raised-floor"  # 架空层
    UNDERGROUND = "underground"  # 地下
    SURFACE = "surface"  # 地面
    BOUGHT = "bought"  # 已购
    GIFTED = "gifted"  # 地产赠送


@unique
class AgreementType(StrEnum):
    """Which agreement is signed for a space (PARK-11)."""

    RENT = "rent"  # 《车位租用协议书》
    SERVICE = "service"  # 《车位服务协议书》


_PRIVATE: Final = frozenset({SpaceKind.BOUGHT, SpaceKind.GIFTED})


def agreement_type(kind: SpaceKind) -> AgreementType:
    """Bought and gifted spaces take a service agreement, all others a rent agreement (PARK-11)."""
    return AgreementType.SERVICE if kind in _PRIVATE else AgreementType.RENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Fen a month for one kind of space, from a day on until the next tariff of that kind."""

    kind: SpaceKind
    monthly_fee_fen: int
    first: date


def fee_on(tariffs: Iterable[Tariff], kind: SpaceKind, day: date) -> int:
    """The monthly fee of a kind of space on a day. Raises RuleViolation ``tariff-missing``."""
    valid = [each for each in tariffs if each.kind is kind and each.first <= day]
    if not valid:
        raise RuleViolation("tariff-missing", rule="PARK-09", message=f"no tariff for {kind}")
    return max(valid, key=lambda each: each.first).monthly_fee_fen


def check_new_tariff(known: Iterable[Tariff], new: Tariff, today: date) -> None:
    """Raise RuleViolation unless `new` may join the table (PARK-06a).

    ``tariff-zero`` for no price at all, ``tariff-in-past`` for a first day that is over,
    ``tariff-overlaps`` where a tariff of that kind already begins on that day or later.
    """
    if check_amount(new.monthly_fee_fen) == 0:
        raise RuleViolation("tariff-zero", rule="PARK-06a")
    if new.first < today:
        raise RuleViolation("tariff-in-past", rule="PARK-06a", message=f"today is {today}")
    latest = max((each.first for each in known if each.kind is new.kind), default=None)
    if latest is not None and latest >= new.first:
        raise RuleViolation(
            "tariff-overlaps", rule="PARK-06a", message=f"a tariff begins on {latest} already"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an agreement says that may be changed later; `ends` is its last day.

    `stated_fee_fen` is 0 where the tariff decides (PARK-06); a service agreement may state a fee
    of its own (PARK-10). `bank_collected`: the bank collects it with the property fee.
    """

    plate: str
    begins: date
    ends: date
    stated_fee_fen: int = 0
    bank_collected: bool = False


def check_terms(kind: SpaceKind, terms: Terms) -> None:
    """Raise RuleViolation for terms that cannot be (PARK-10, PARK-11)."""
    check_amount(terms.stated_fee_fen)
    if terms.ends < terms.begins:
        raise RuleViolation("agreement-upside-down", rule="PARK-11")
    private = agreement_type(kind) is AgreementType.SERVICE
    if terms.stated_fee_fen and not private:
        raise RuleViolation("fee-by-tariff", rule="PARK-06")
    if terms.bank_collected and not private:
        raise RuleViolation("bank-private-only", rule="PARK-10")


def check_space_free(others: Iterable[tuple[str, date, date]], terms: Terms) -> None:
    """One agreement on a space at a time: `others` are number, first and last day of each.

    Raises RuleViolation ``space-taken`` (PARK-09).
    """
    for number, begins, ends in others:
        if begins <= terms.ends and terms.begins <= ends:
            raise RuleViolation(
                "space-taken", rule="PARK-09", message=f"agreement {number} runs until {ends}"
            )


_ON_FILE: Final = frozenset({HolderClass.OWNER, HolderClass.FAMILY})
_ASKED_OWNER: Final = frozenset({VerificationMethod.PHONE, VerificationMethod.OWNER_PRESENT})


def needs_owner_call(
    holder_class: HolderClass, lease_end: date | None, today: date, *, licence_of_other: bool
) -> bool:
    """PARK-01a: is the owner to be telephoned before a first parking right?

    Not for the owner himself, listed family and a tenant with a valid lease whose own name stands
    in the vehicle licence.
    """
    leased = holder_class is HolderClass.TENANT and lease_end is not None and lease_end >= today
    return licence_of_other or not (holder_class in _ON_FILE or leased)


def check_owner_asked(method: VerificationMethod) -> None:
    """Raise RuleViolation ``owner-call-missing`` unless the owner was asked (PARK-01a)."""
    if method not in _ASKED_OWNER:
        raise RuleViolation("owner-call-missing", rule="PARK-01a")


@unique
class Gap(StrEnum):
    """What becomes of the days between the end of a parking right and its renewal (PARK-05b)."""

    BACK_DATED = "back-dated"  # the car stayed inside: paid from the day after the end
    TEMPORARY = "temporary"  # …or each day at the temporary tariff, and the months from today
    WAIVED = "waived"  # …and the front desk's head let the days go
    COLLECTED = "collected"  # the bank collected the month; it follows the old end


@unique
class SpaceState(StrEnum):
    """How a space stands today."""

    FREE = "free"
    RENTED = "rented"  # an agreement runs and its parking right too
    NO_CARD = "no-card"  # an agreement runs; no card carries its right yet
    BANK = "bank"  # as rented, collected by the bank
    EXPIRED = "expired"  # an agreement runs; its parking right has ended


def space_state(*, agreed: bool, bank: bool, last: date | None, today: date) -> SpaceState:
    """The state of a space whose card's parking right ends on `last` (None: no such card)."""
    if not agreed:
        return SpaceState.FREE
    if last is None:
        return SpaceState.NO_CARD
    if bank:
        return SpaceState.BANK
    return SpaceState.RENTED if today <= last else SpaceState.EXPIRED


def month_end(day: date) -> date:
    """The last day of the calendar month."""
    following = day.replace(day=28) + timedelta(days=4)
    return following.replace(day=1) - timedelta(days=1)


def inside_until(moves: Iterable[tuple[date, bool]], gap_first: date, today: date) -> date | None:
    """The last day of a gap on which the car still stood inside (PARK-05b).

    `moves` are the car's drives as the lanes recorded them, oldest first: the day, and True for
    out. None where it was not inside when the gap began, or left on the gap's first day.
    """
    inside = False
    for day, out in moves:
        if day >= gap_first:
            if not (inside and out):
                break
            return day if day > gap_first else None
        inside = not out
    return today if inside else None
