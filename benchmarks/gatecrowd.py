"""A crowd's cards and a full set of rules, for gates to be measured with."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cardserver.domain.admission import CardEntry, ListedRight, Snapshot
from cardserver.domain.cardlist import CardList
from cardserver.domain.gaterules import (
    Area,
    DuressMode,
    GateRules,
    HoursRule,
    LaneRule,
    Passback,
    PassbackMode,
    WorkerPass,
)
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.schedules import Calendar, Schedule, Span, Timetable
from cardserver.domain.validity import ValidityPeriod

NOON: Final = datetime(2025, 6, 9, 4, tzinfo=UTC)
PERIOD: Final = ValidityPeriod(first=date(2025, 1, 1), after_last=date(2027, 1, 1))
_WORKERS: Final = 200
_HARD: Final = Passback(mode=PassbackMode.HARD)
_DAY: Final = (Span(begins=360, ends=1380),)
IN, OUT = LaneId("car-in"), LaneId("car-out")


def uid_of(number: int) -> bytes:
    """The UID of the card with this number."""
    return b"\x04" + number.to_bytes(6, "big")


def entry_of(number: int) -> CardEntry:
    """That card in the list: live, with two rights; every card has a space of its own."""
    right = ListedRight(holder_class=HolderClass.OWNER, zones=3, period=PERIOD)
    return CardEntry(
        card_number=CardNumber(number),
        status=CardStatus.LIVE,
        sequences=dict.fromkeys(RightKind, 1),
        rights=dict.fromkeys(RightKind, right),
        space=number,
    )


def cards_of(count: int) -> CardList:
    """The list of the cards 1 to `count`."""
    return CardList.of((uid_of(each), entry_of(each)) for each in range(1, count + 1))


def full_rules() -> GateRules:
    """Every rule set: schedules and holidays, areas, passback at three levels, quotas, the rest."""
    schedule = Schedule(name="day", week=(_DAY,) * 7, holiday=_DAY, make_up=_DAY)
    holidays = frozenset(date(2025, 10, day) for day in range(1, 9))
    areas = (
        Area(area_id="park", right=RightKind.PARKING, passback=_HARD, limit=5_000),
        Area(area_id="floor", right=RightKind.PARKING, parent="park", passback=_HARD, limit=900),
    )
    lanes = [(IN, "park", Direction.ENTRY), (OUT, "park", Direction.EXIT)]
    lanes += [(LaneId(f"floor-{n}"), "floor", Direction.ENTRY) for n in range(8)]
    return GateRules(
        version=1,
        timetable=Timetable(
            schedules={"day": schedule},
            calendar=Calendar(holidays=holidays, years=frozenset({2025})),
        ),
        areas={each.area_id: each for each in areas},
        lanes={
            lane: LaneRule(
                lane_id=lane, area=area, direction=direction, passback=_HARD, schedule="day"
            )
            for lane, area, direction in lanes
        },
        estate={RightKind.PARKING: _HARD},
        hours=(HoursRule(schedule="day", classes=frozenset({HolderClass.OWNER})),),
        interlocks=tuple(
            frozenset({LaneId(f"floor-{n}"), LaneId(f"floor-{n + 1}")}) for n in range(7)
        ),
        workers={
            number: WorkerPass(
                card_number=CardNumber(number),
                first=date(2025, 6, 1),
                last=date(2025, 6, 30),
                zones=1,
                schedule="day",
                filing=f"2025-{number}",
            )
            for number in range(-_WORKERS, 0)
        },
        duress=DuressMode.REFUSE,
    )


def snapshot_of(cards: CardList) -> Snapshot:
    """The list and all the rules, as of noon of a June day."""
    return Snapshot(
        version=1,
        taken_at=NOON,
        time_floor=NOON,
        zone=ZoneInfo("Asia/Shanghai"),
        cards=cards,
        rules=full_rules(),
    )
