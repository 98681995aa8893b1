"""What the estate's rules add to a card's own right, example by example (GATE-01, 02a, 03)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cardserver.domain.admission import (
    CardEntry,
    Decision,
    Direction,
    Identify,
    Lane,
    ListedRight,
    Presented,
    Problem,
    Reason,
    Snapshot,
    Standing,
    decide,
)
from cardserver.domain.gaterules import ClonePolicy, DuressMode, GateRules
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.reasons import GRANTING, RULE_OF
from cardserver.domain.record import CardRecord
from cardserver.domain.rights import CardStatus, HolderClass, RightKind, zone_mask
from cardserver.domain.ruledocument import read_rules
from cardserver.domain.schedules import Calendar, hours_text
from cardserver.domain.validity import ValidityPeriod

SHANGHAI = ZoneInfo("Asia/Shanghai")
UID = bytes.fromhex("04A1B2C3D4E5F6")
NUMBER = CardNumber(1234)
NOON = datetime(2025, 7, 1, 12, tzinfo=SHANGHAI)  # a Tuesday
PERIOD = ValidityPeriod.inclusive(first=date(2025, 6, 9), last=date(2027, 6, 8))

DOOR = Lane(lane_id=LaneId("door"), right=RightKind.DOOR, zone=3)
ENTRY = Lane(lane_id=LaneId("in"), right=RightKind.PARKING, zone=3)
EXIT = Lane(lane_id=LaneId("out"), right=RightKind.PARKING, zone=3, direction=Direction.EXIT)
CELLAR = Lane(lane_id=LaneId("down"), right=RightKind.PARKING, zone=3)

GARAGE = """
[[area]]
id = "garage"
right = "parking"
PASSBACK
[[area]]
id = "cellar"
right = "parking"
within = "garage"
[[lane]]
id = "in"
area = "garage"
direction = "entry"
[[lane]]
id = "out"
area = "garage"
direction = "exit"
[[lane]]
id = "down"
area = "cellar"
direction = "entry"
"""


def rules(document: str) -> GateRules:
    return read_rules(document, Calendar())


def garage(passback: str = "", more: str = "") -> GateRules:
    return rules(more + GARAGE.replace("PASSBACK", passback))


def tap(
    lane: Lane,
    given: GateRules,
    *,
    now: datetime = NOON,
    standing: Standing = Standing(),  # noqa: B008 - a value
    entry: CardEntry | None = None,
    holder_class: HolderClass = HolderClass.OWNER,
    duress: bool = False,
) -> Decision:
    record = CardRecord(
        kind=lane.right,
        holder_class=holder_class,
        key_version=1,
        card_number=NUMBER,
        zones=zone_mask(3),
        period=PERIOD,
        sequence=1,
    )
    listed = entry or CardEntry(card_number=NUMBER, status=CardStatus.LIVE)
    snapshot = Snapshot(
        version=1,
        taken_at=NOON,
        time_floor=NOON - timedelta(days=30),
        zone=SHANGHAI,
        cards={UID: listed},
        rules=given,
    )
    presented = Presented(uid=UID, record=record, duress=duress)
    return decide(presented, lane, snapshot, now, standing=standing)


def was(location: str, lane: str = "in", minutes_ago: int = 5, **more: object) -> Standing:
    last_at = NOON - timedelta(minutes=minutes_ago)
    return Standing(location=location, last_lane=lane, last_at=last_at, **more)  # type: ignore[arg-type]


INSIDE, OUTSIDE = was("garage"), was("", "out")


# --- passback ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passback", "standing", "reason"),
    [
        ("", INSIDE, Reason.GRANTED),
        ('passback = "soft"', INSIDE, Reason.GRANTED_PASSBACK),
        ('passback = "hard"', INSIDE, Reason.PASSBACK),
        ('passback = "timed"\nminutes = 10', INSIDE, Reason.PASSBACK_TIMED),
        ('passback = "timed"\nminutes = 5', INSIDE, Reason.GRANTED),
        ('passback = "hard"', was("cellar"), Reason.PASSBACK),
        ('passback = "hard"', OUTSIDE, Reason.GRANTED),
        ('passback = "hard"', Standing(), Reason.GRANTED),
    ],
)
def test_gate_02a_a_card_that_is_inside_comes_in_again_only_as_the_area_says(
    passback: str, standing: Standing, reason: Reason
) -> None:
    assert tap(ENTRY, garage(passback), standing=standing).reason is reason


@pytest.mark.parametrize(
    ("passback", "reason"),
    [
        ('passback = "hard"', Reason.GRANTED_PASSBACK),
        ('passback = "hard"\nexits = true', Reason.PASSBACK),
    ],
)
def test_gate_02a_nobody_is_locked_in_for_a_passage_that_was_not_seen(
    passback: str, reason: Reason
) -> None:
    assert tap(EXIT, garage(passback), standing=OUTSIDE).reason is reason
    assert tap(EXIT, garage(passback), standing=INSIDE).reason is Reason.GRANTED


def test_passback_of_the_estate_looks_at_every_area() -> None:
    everywhere = garage(more='[estate.parking]\npassback = "hard"\n')
    assert tap(CELLAR, everywhere, standing=INSIDE).reason is Reason.GRANTED
    assert tap(CELLAR, everywhere, standing=OUTSIDE).reason is Reason.PASSBACK
    assert tap(ENTRY, everywhere, standing=was("cellar")).reason is Reason.PASSBACK
    assert tap(CELLAR, garage('passback = "hard"'), standing=OUTSIDE).reason is Reason.GRANTED


def test_passback_of_a_lane_is_the_same_lane_twice_in_a_row() -> None:
    twice = rules(GARAGE.replace("PASSBACK", "") + 'passback = "timed"\nminutes = 3\n')
    assert tap(CELLAR, twice, standing=was("cellar", "down", 2)).reason is Reason.PASSBACK_TIMED
    assert tap(CELLAR, twice, standing=was("cellar", "down", 3)).reason is Reason.GRANTED
    assert tap(CELLAR, twice, standing=was("garage", "in", 2)).reason is Reason.GRANTED


def test_a_passage_told_by_a_clock_that_ran_ahead_is_held_against_nobody() -> None:
    hard = garage('passback = "hard"')
    assert tap(ENTRY, hard, standing=was("garage", minutes_ago=-4)).reason is Reason.PASSBACK
    assert tap(ENTRY, hard, standing=was("garage", minutes_ago=-6)).reason is Reason.GRANTED


def test_a_passback_says_where_the_card_went_last() -> None:
    assert tap(ENTRY, garage('passback = "hard"'), standing=INSIDE).last_seen == "in"


# --- spaces and quotas ---------------------------------------------------------------------------

WITH_SPACE = CardEntry(card_number=NUMBER, status=CardStatus.LIVE, space=7)


def test_gate_02a_of_one_space_one_car_is_inside() -> None:
    taken = Standing(space_taken_by=CardNumber(99))
    assert tap(ENTRY, garage(), entry=WITH_SPACE, standing=taken).reason is Reason.SPACE_TAKEN
    assert tap(CELLAR, garage(), entry=WITH_SPACE, standing=taken).reason is Reason.GRANTED
    assert tap(EXIT, garage(), entry=WITH_SPACE, standing=taken).reason is Reason.GRANTED
    assert tap(ENTRY, garage(), standing=taken).reason is Reason.GRANTED  # no space, no taking
    off = garage(more="[spaces]\none_car = false\n")
    assert tap(ENTRY, off, entry=WITH_SPACE, standing=taken).reason is Reason.GRANTED


@pytest.mark.parametrize(("inside", "reason"), [(9, Reason.GRANTED), (10, Reason.AREA_FULL)])
def test_gate_02_an_area_is_full_at_its_limit(inside: int, reason: Reason) -> None:
    full = Standing(inside=inside)
    assert tap(ENTRY, garage("limit = 10"), standing=full).reason is reason
    assert tap(EXIT, garage("limit = 10"), standing=full).reason is Reason.GRANTED


def test_gate_02_who_has_a_space_or_is_counted_already_finds_room() -> None:
    full = Standing(inside=10)
    limited = garage('limit = 10\nwhen_full = ["staff"]')
    assert tap(ENTRY, limited, standing=full, entry=WITH_SPACE).reason is Reason.GRANTED
    assert tap(ENTRY, limited, standing=full, holder_class=HolderClass.STAFF).granted
    assert tap(ENTRY, limited, standing=was("garage", inside=10)).reason is Reason.GRANTED
    all_alike = garage("limit = 10\nown_space = false")
    assert tap(ENTRY, all_alike, standing=full, entry=WITH_SPACE).reason is Reason.AREA_FULL


# --- hours ---------------------------------------------------------------------------------------

SHOP = """
[schedule.shop]
workday = ["08:00-20:00"]
weekend = ["10:00-18:00"]
[[hours]]
schedule = "shop"
classes = ["merchant"]
"""


@pytest.mark.parametrize(
    ("hour", "holder_class", "reason"),
    [
        (19, HolderClass.MERCHANT, Reason.GRANTED),
        (20, HolderClass.MERCHANT, Reason.OUTSIDE_HOURS),
        (20, HolderClass.OWNER, Reason.GRANTED),
    ],
)
def test_gate_01_a_schedule_holds_for_its_holders(
    hour: int, holder_class: HolderClass, reason: Reason
) -> None:
    decision = tap(DOOR, rules(SHOP), now=NOON.replace(hour=hour), holder_class=holder_class)
    assert decision.reason is reason
    if not decision.granted:
        assert hours_text(decision.hours) == "08:00-20:00"


def test_gate_02a_after_hours_an_exit_is_open_and_noted() -> None:
    late = NOON.replace(hour=23)
    decision = tap(EXIT, rules(SHOP), now=late, holder_class=HolderClass.MERCHANT)
    assert decision.reason is Reason.EXIT_OUTSIDE_HOURS
    assert decision.granted


def test_hours_of_a_lane_hold_for_everybody() -> None:
    pool = rules(
        '[schedule.pool]\nworkday = ["08:00-20:00"]\nweekend = []\n'
        '[[lane]]\nid = "door"\ndirection = "entry"\nschedule = "pool"\n'
    )
    assert tap(DOOR, pool).granted
    assert tap(DOOR, pool, now=NOON.replace(hour=21)).reason is Reason.OUTSIDE_HOURS


# --- worker passes -------------------------------------------------------------------------------

WORKER = """
[schedule.renovation]
workday = ["08:00-12:00", "14:00-18:00"]
weekend = []
[[worker]]
card = 1234
filing = "2025-017"
first = 2025-06-20
last = LAST
zones = [3]
schedule = "renovation"
"""


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("2025-06-19 10:00", Reason.NOT_YET_VALID),
        ("2025-06-20 08:00", Reason.GRANTED),
        ("2025-07-10 11:59", Reason.GRANTED),
        ("2025-07-10 12:00", Reason.WORKER_HOURS),
        ("2025-07-12 10:00", Reason.WORKER_HOURS),
        ("2025-07-31 17:59", Reason.GRANTED),
        ("2025-08-01 10:00", Reason.WORKER_PERIOD_OVER),
    ],
)
def test_gate_03_a_worker_comes_in_the_filing_period_and_the_renovation_hours(
    local: str, reason: Reason
) -> None:
    given = rules(WORKER.replace("LAST", "2025-07-31"))
    now = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    assert tap(DOOR, given, now=now).reason is reason


def test_gate_03_an_extension_noted_on_the_pass_goes_on_to_its_day() -> None:
    later = datetime(2025, 8, 29, 10, tzinfo=SHANGHAI)
    assert tap(DOOR, rules(WORKER.replace("LAST", "2025-10-31")), now=later).granted


def test_gate_03_a_worker_goes_to_the_filed_building_alone_and_leaves_at_any_hour() -> None:
    given = rules(WORKER.replace("LAST", "2025-07-31").replace("[3]", "[4]"))
    now = NOON.replace(hour=10)
    assert tap(DOOR, given, now=now).reason is Reason.WRONG_ZONE
    leaving = replace(DOOR, direction=Direction.EXIT)
    assert tap(leaving, given, now=now.replace(hour=23)).reason is Reason.GRANTED


# --- numbers only, duress, copies, reminders -----------------------------------------------------


def listed(**more: object) -> CardEntry:
    right = ListedRight(holder_class=HolderClass.OWNER, zones=zone_mask(3), period=PERIOD)
    entry = CardEntry(card_number=NUMBER, status=CardStatus.LIVE, rights={RightKind.DOOR: right})
    return replace(entry, **more)  # type: ignore[arg-type]


NUMBER_ONLY = replace(DOOR, identify=Identify.UID)


@pytest.mark.parametrize(
    ("lane", "entry", "now", "reason"),
    [
        (NUMBER_ONLY, listed(), NOON, Reason.GRANTED),
        (NUMBER_ONLY, None, NOON, Reason.UNKNOWN_CARD),
        (NUMBER_ONLY, listed(status=CardStatus.BLOCKED), NOON, Reason.BLOCKED),
        (NUMBER_ONLY, listed(rights={}), NOON, Reason.NO_RIGHT),
        (replace(NUMBER_ONLY, zone=4), listed(), NOON, Reason.WRONG_ZONE),
        (NUMBER_ONLY, listed(), NOON - timedelta(days=25), Reason.NOT_YET_VALID),
        (NUMBER_ONLY, listed(), NOON + timedelta(days=900), Reason.EXPIRED),
        (NUMBER_ONLY, listed(until=date(2025, 6, 30)), NOON, Reason.EXPIRED),
        (DOOR, listed(), NOON, Reason.NO_RIGHT),  # where a record is asked for, a number is none
    ],
)
def test_gate_01_a_lane_that_gets_a_number_only_decides_by_the_list(
    lane: Lane, entry: CardEntry | None, now: datetime, reason: Reason
) -> None:
    cards = {} if entry is None else {UID: entry}
    floor = NOON - timedelta(days=60)
    snapshot = Snapshot(version=1, taken_at=NOON, time_floor=floor, zone=SHANGHAI, cards=cards)
    assert decide(Presented(uid=UID), lane, snapshot, now).reason is reason


@pytest.mark.parametrize(
    ("mode", "reason", "alarm"),
    [
        (DuressMode.OPEN, Reason.GRANTED, True),
        (DuressMode.REFUSE, Reason.DURESS, True),
        (DuressMode.OFF, Reason.GRANTED, False),
    ],
)
def test_a_duress_code_alarms_and_shows_nothing_at_the_lane(
    mode: DuressMode, reason: Reason, alarm: bool
) -> None:
    decision = tap(DOOR, rules(f'duress = "{mode}"'), duress=True)
    assert (decision.reason, decision.duress) == (reason, alarm)


def test_a_duress_code_with_a_card_that_is_refused_anyway_still_alarms() -> None:
    blocked = CardEntry(card_number=NUMBER, status=CardStatus.BLOCKED)
    decision = tap(DOOR, rules('duress = "refuse"'), entry=blocked, duress=True)
    assert (decision.reason, decision.duress) == (Reason.BLOCKED, True)


@pytest.mark.parametrize("policy", ClonePolicy)
def test_a_card_whose_counter_was_seen_twice_is_blocked_only_where_the_estate_wants_it(
    policy: ClonePolicy,
) -> None:
    decision = tap(DOOR, rules(f'clone = "{policy}"'), standing=Standing(clone=True))
    blocked = policy is ClonePolicy.BLOCK
    assert decision.reason is (Reason.CLONE_SUSPECTED if blocked else Reason.GRANTED)


@pytest.mark.parametrize(("left", "remind"), [(13, True), (14, False)])
def test_ic_12c_the_days_of_the_reminder_are_the_estates(left: int, remind: bool) -> None:
    now = datetime(2027, 6, 8, 12, tzinfo=SHANGHAI) - timedelta(days=left)
    assert tap(DOOR, rules("[reminder]\ndays = 14"), now=now).remind is remind


def test_gate_02a_the_note_of_an_expired_month_goes_before_other_notes() -> None:
    late = datetime(2027, 7, 1, 23, tzinfo=SHANGHAI)
    soft = garage('passback = "soft"')
    was_out = OUTSIDE._replace(last_at=late - timedelta(minutes=1))
    assert tap(EXIT, soft, now=late, standing=was_out).reason is Reason.EXIT_OUTSIDE_PERIOD


def test_gate_02a_an_expired_card_inside_gets_out_whatever_the_rules_say() -> None:
    late = datetime(2027, 7, 1, 23, tzinfo=SHANGHAI)
    strict = garage('passback = "hard"\nexits = true\nlimit = 1', more=SHOP)
    inside = INSIDE._replace(last_at=late - timedelta(hours=9), inside=1)
    assert tap(EXIT, strict, now=late, standing=inside, holder_class=HolderClass.MERCHANT).granted


def test_every_reason_has_the_rule_behind_it() -> None:
    assert set(RULE_OF) == set(Reason)
    assert {Decision(reason=reason).granted for reason in GRANTING} == {True}
    problem = decide(
        Presented(uid=UID, problem=Problem.FORGED),
        DOOR,
        Snapshot(version=1, taken_at=NOON, time_floor=NOON, zone=SHANGHAI, cards={}),
        NOON,
    )
    assert problem.rule == "IC-21a"
