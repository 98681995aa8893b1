"""What a gate computes once the bytes of a card are read: is the record ours, and may it pass?

Every card is met for the first time, so nothing of one can be kept for the next: on Classic the
card's own record key is derived first (AN10922), then the seal is verified; on DESFire an Ed25519
signature. The baseline is the bare CMAC of one record under a known key, and the bare signature
check, each by the same library.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from benchmarks.estate import demo_gate_keys
from benchmarks.measure import Effort, Figure, Measure, cpu_s
from cardserver.domain.admission import CardEntry, Lane, Presented, Snapshot, decide
from cardserver.domain.cardlist import CardList
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.record import PAYLOAD_SIZE, CardRecord, Medium, sealed_message
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.vault import demo_vault

Call = Callable[[], object]

TAPPED: Final = 2_000
FEW, MANY = 10_000, 1_000_000
SAMPLE: Final = 100_000
"""Taps in one round of the comparison: more cards than the processor's caches hold."""

_NOW: Final = datetime(2025, 6, 9, 4, tzinfo=UTC)
_LANE: Final = Lane(lane_id=LaneId("door"), right=RightKind.DOOR, zone=0)
_PERIOD: Final = ValidityPeriod(first=date(2025, 1, 1), after_last=date(2027, 1, 1))


def _uid(number: int) -> bytes:
    return b"\x04" + number.to_bytes(6, "big")


def _record(number: int) -> CardRecord:
    return CardRecord(
        kind=RightKind.DOOR,
        holder_class=HolderClass.OWNER,
        key_version=1,
        card_number=CardNumber(number),
        zones=1,
        period=_PERIOD,
        sequence=1,
    )


def _known(numbers: Iterable[int]) -> Snapshot:
    """An issue list of these cards, each an entry of its own."""
    sequences, pending = {RightKind.DOOR: 1}, dict[RightKind, ValidityPeriod]()
    cards = {
        _uid(number): CardEntry(
            card_number=CardNumber(number),
            status=CardStatus.LIVE,
            sequences=sequences,
            pending=pending,
        )
        for number in numbers
    }
    return Snapshot(
        version=1,
        taken_at=_NOW,
        time_floor=_NOW - timedelta(minutes=1),
        zone=ZoneInfo("Asia/Shanghai"),
        cards=cards,
    )


def _listed(numbers: Iterable[int]) -> Snapshot:
    """The same in few bytes, as a gate keeps the list of a whole estate."""
    known = _known(numbers)
    return replace(known, cards=CardList.of(known.cards.items()))


def _rate(name: str, medium: Medium, bare: Callable[..., Call], effort: Effort) -> Figure:
    numbers = range(1, effort.part_of(TAPPED) + 1)
    vault, keys, snapshot = demo_vault(), demo_gate_keys(), _known(numbers)
    read = [(vault.seal_record(_record(each), _uid(each), medium), _uid(each)) for each in numbers]

    def tap_all() -> None:
        for data, uid in read:
            record = keys.open_record(data, uid, medium)
            decide(Presented(uid=uid, record=record), _LANE, snapshot, _NOW)

    ours_s, bare_s = cpu_s([tap_all, bare(read)], effort)
    taps = len(numbers)
    return Figure(name=name, value=taps / ours_s, unit="per second", baseline=taps / bare_s)


def _bare_cmac(read: Sequence[tuple[bytes, bytes]]) -> Call:
    key = algorithms.AES(bytes(range(16)))
    messages = [(sealed_message(uid, data), data[PAYLOAD_SIZE:]) for data, uid in read]

    def check_all() -> None:
        for message, seal in messages:
            mac = CMAC(key)
            mac.update(message)
            _ = mac.finalize()[: len(seal)] == seal

    return check_all


def _bare_signature(read: Sequence[tuple[bytes, bytes]]) -> Call:
    key = demo_vault().public_key(1)
    messages = [(sealed_message(uid, data), data[PAYLOAD_SIZE:]) for data, uid in read]

    def check_all() -> None:
        for message, signature in messages:
            key.verify(signature, message)

    return check_all


def _growth(effort: Effort) -> Figure:
    taps = effort.part_of(SAMPLE)
    calls = [_taps_at(effort.part_of(known), taps) for known in (FEW, MANY)]
    few_s, many_s = cpu_s(calls, effort)
    return Figure(name="decide.growth", value=many_s / few_s, unit="times", baseline=1)


def _taps_at(known: int, taps: int) -> Call:
    """So many taps of cards drawn from a list of `known`; the UID as fresh bytes each, as read."""
    snapshot = _listed(range(1, known + 1))
    draw = Random(known)  # noqa: S311 - a repeatable crowd
    drawn = [draw.randrange(1, known + 1) for _ in range(taps)]
    presented = [Presented(uid=_uid(each), record=_record(each)) for each in drawn]

    def tap_all() -> None:
        for each in presented:
            decide(each, _LANE, snapshot, _NOW)

    return tap_all


MEASURES: Final[Mapping[str, Measure]] = {
    "decide.rate.classic": partial(_rate, "decide.rate.classic", Medium.CLASSIC, _bare_cmac),
    "decide.rate.desfire": partial(_rate, "decide.rate.desfire", Medium.DESFIRE, _bare_signature),
    "decide.growth": _growth,
}
