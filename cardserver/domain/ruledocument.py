"""The rules of the gates as people write them: one document, TOML or JSON, judged whole.

::

    duress = "open"                     # open, refuse, off
    clone = "alarm"                     # alarm, block, off

    [[area]]
    id = "garage"
    right = "parking"                   # parking, door
    within = ""                         # the area around it
    passback = "hard"                   # off, soft, timed (with minutes), hard
    exits = false                       # true: passback refuses at exits as well
    limit = 200                         # how many may be inside
    when_full = ["staff"]               # who enters all the same
    own_space = true                    # as do cars with a space of their own

    [[lane]]
    id = "garage-in"
    area = "garage"
    direction = "entry"                 # entry, exit
    schedule = ""                       # passback, minutes, exits as above: twice in a row

    [estate.parking]                    # or estate.door: passback over all areas
    passback = "soft"

    [spaces]
    one_car = true                      # GATE-02a

    [schedule.renovation]               # monday … sunday, workday, weekend, holiday, make_up
    workday = ["08:00-12:00", "14:00-18:00"]
    weekend = []
    holiday = []

    [[hours]]
    schedule = "shop"
    classes = ["merchant"]
    lanes = ["door-1"]

    [[worker]]                          # GATE-03
    card = 1234
    filing = "2025-017"
    first = 2025-06-01
    last = 2025-08-31
    zones = [3]
    schedule = "renovation"

    [[filing]]                          # GATE-06a: what a guard sees is filed
    id = "2025-017"
    unit = "3-1-501"
    first = 2025-06-01
    last = 2025-08-31
    items = ["瓷砖", "橱柜"]

    [[interlock]]
    lanes = ["sluice-1", "sluice-2"]

    [reminder]
    days = 7
    [reminder.text]                     # all three languages, {last} and {left}
    zh-Hans = "…"

What is not written down is off, except `spaces.one_car`. Holidays are the estate's (CAL-04a).
"""

import json
import re
import tomllib
from dataclasses import replace
from datetime import date, datetime
from typing import Final, TypeVar

from cardserver.domain.gaterules import (
    OUTSIDE,
    REMINDER_DAYS,
    Area,
    ClonePolicy,
    DuressMode,
    Filing,
    GateRules,
    HoursRule,
    LaneRule,
    Passback,
    PassbackMode,
    Reminder,
    WorkerPass,
)
from cardserver.domain.ids import MAX_CARD_NUMBER, CardNumber, LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import MAX_ZONE, HolderClass, RightKind, zone_mask
from cardserver.domain.rulechecks import check_names
from cardserver.domain.ruleflaws import FlawWord, RuleFlaw, Section
from cardserver.domain.rulehours import read_schedules
from cardserver.domain.schedules import Calendar, Timetable

MAX_DOCUMENT: Final = 80_000
"""Characters; some five hundred workers. A request of ours holds no more."""

LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en")
_K = TypeVar("_K", bound=str | int)
_V = TypeVar("_V")
_MOST_INSIDE: Final = 100_000
_MOST_MINUTES: Final = 24 * 60
_MOST_DAYS: Final = 90
_LONGEST_TEXT: Final = 200
_PLACES: Final = re.compile(r"\{(last|left)\}")


class RulesFlawed(ValueError):
    """The document can't be rules; `flaws` is everything that is to be put right."""

    def __init__(self, flaws: tuple[RuleFlaw, ...]) -> None:
        super().__init__("; ".join(f"{each.where}: {each.word}" for each in flaws))
        self.flaws = flaws


def read_rules(
    document: str,
    calendar: Calendar,
    *,
    version: int = 0,
    by: str = "",
    since: datetime | None = None,
) -> GateRules:
    """The rules of a document, with its version, name and time. Raises RulesFlawed."""
    flaws: list[RuleFlaw] = []
    rules = _rules(Section(values=_parsed(document), where="", flaws=flaws), calendar)
    if flaws:
        raise RulesFlawed(tuple(flaws))
    return replace(rules, version=version, by=by, since=since)


def _parsed(document: str) -> dict[str, object]:
    if len(document) > MAX_DOCUMENT:
        raise RulesFlawed((RuleFlaw(word=FlawWord.TOO_LONG, where=""),))
    try:
        if document.lstrip().startswith("{"):
            return dict(json.loads(document))
        return tomllib.loads(document)
    except (ValueError, RecursionError) as error:
        flaw = RuleFlaw(word=FlawWord.UNREADABLE, where="", found=str(error)[:120])
        raise RulesFlawed((flaw,)) from None


def _rules(top: Section, calendar: Calendar) -> GateRules:
    schedules = read_schedules(top)
    areas, lanes = _areas(top), _lanes(top)
    spaces = top.section("spaces")
    rules = GateRules(
        timetable=Timetable(schedules=schedules, calendar=calendar),
        areas=areas,
        lanes=lanes,
        estate=_estate(top),
        hours=tuple(_hours(each) for each in top.sections("hours")),
        one_car_per_space=spaces.yes("one_car", default=True),
        interlocks=tuple(_interlock(each) for each in top.sections("interlock")),
        workers=_workers(top),
        filings=_filings(top),
        reminder=_reminder(top.section("reminder")),
        duress=top.choice("duress", DuressMode, DuressMode.OPEN),
        clone=top.choice("clone", ClonePolicy, ClonePolicy.ALARM),
    )
    spaces.done()
    top.done()
    check_names(top, rules)
    return rules


def _areas(top: Section) -> dict[str, Area]:
    found: dict[str, Area] = {}
    for each in top.sections("area"):
        area = Area(
            area_id=each.text("id"),
            right=each.choice("right", RightKind),
            parent=each.text("within", OUTSIDE),
            passback=_passback(each),
            limit=each.whole("limit", 1, _MOST_INSIDE) if each.has("limit") else None,
            when_full=each.choices("when_full", HolderClass),
            own_space=each.yes("own_space", default=True),
        )
        each.done()
        _enter(found, area.area_id, area, each, "id")
    return found


def _enter(found: dict[_K, _V], key: _K, value: _V, section: Section, field: str) -> None:
    """Keep what stands under a name; a name that stands twice is a flaw of its second place."""
    if key in found:
        section.flaw(FlawWord.NAMED_TWICE, field, key)
    found[key] = value


def _check_days(first: date, last: date, section: Section) -> None:
    if last < first:
        section.flaw(FlawWord.DAYS_BACKWARDS, "last", last)


def _lanes(top: Section) -> dict[str, LaneRule]:
    found: dict[str, LaneRule] = {}
    for each in top.sections("lane"):
        rule = LaneRule(
            lane_id=LaneId(each.text("id")),
            area=each.text("area", OUTSIDE),
            direction=each.choice("direction", Direction),
            passback=_passback(each),
            schedule=each.text("schedule", ""),
        )
        each.done()
        _enter(found, rule.lane_id, rule, each, "id")
    return found


def _passback(section: Section) -> Passback:
    mode = section.choice("passback", PassbackMode, PassbackMode.OFF)
    minutes = section.whole("minutes", 1, _MOST_MINUTES) if section.has("minutes") else 0
    if mode is PassbackMode.TIMED and not section.has("minutes"):
        section.flaw(FlawWord.MINUTES_MISSING, "minutes")
    if mode is not PassbackMode.TIMED and section.has("minutes"):
        section.flaw(FlawWord.MINUTES_UNUSED, "minutes")
    return Passback(mode=mode, minutes=minutes, exits=section.yes("exits", default=False))


def _estate(top: Section) -> dict[RightKind, Passback]:
    within = top.section("estate")
    found = {}
    for kind in RightKind:
        section = within.section(kind.value)
        if within.has(kind.value):
            found[kind] = _passback(section)
            section.done()
    within.done()
    return found


def _hours(section: Section) -> HoursRule:
    rule = HoursRule(
        schedule=section.text("schedule"),
        classes=section.choices("classes", HolderClass),
        lanes=frozenset(LaneId(each) for each in section.texts("lanes")),
    )
    section.done()
    return rule


def _interlock(section: Section) -> frozenset[LaneId]:
    lanes = section.texts("lanes")
    section.done()
    if len(set(lanes)) < len(lanes):
        section.flaw(FlawWord.NAMED_TWICE, "lanes")
    elif len(lanes) == 1 or not lanes:
        section.flaw(FlawWord.ONE_LANE_ONLY, "lanes")
    return frozenset(LaneId(each) for each in lanes)


def _workers(top: Section) -> dict[int, WorkerPass]:
    found: dict[int, WorkerPass] = {}
    for each in top.sections("worker"):
        held = WorkerPass(
            card_number=CardNumber(each.whole("card", 1, MAX_CARD_NUMBER)),
            first=each.day("first"),
            last=each.day("last"),
            zones=zone_mask(*each.wholes("zones", 0, MAX_ZONE)),
            schedule=each.text("schedule"),
            filing=each.text("filing"),
        )
        each.done()
        _check_days(held.first, held.last, each)
        _enter(found, held.card_number, held, each, "card")
    return found


def _filings(top: Section) -> dict[str, Filing]:
    found: dict[str, Filing] = {}
    for each in top.sections("filing"):
        filed = Filing(
            filing=each.text("id"),
            unit=each.text("unit"),
            first=each.day("first"),
            last=each.day("last"),
            items=each.texts("items"),
        )
        each.done()
        _check_days(filed.first, filed.last, each)
        _enter(found, filed.filing, filed, each, "id")
    return found


def _reminder(section: Section) -> Reminder:
    days = section.whole("days", 0, _MOST_DAYS, REMINDER_DAYS)
    within = section.section("text")
    texts = {
        language: within.text(language, longest=_LONGEST_TEXT)
        for language in LANGUAGES
        if within.has(language)
    }
    if texts and len(texts) < len(LANGUAGES):
        within.flaw(FlawWord.LANGUAGE_MISSING)
    for language, text in texts.items():
        if set("{}") & set(_PLACES.sub("", text)):
            within.flaw(FlawWord.PLACE_UNKNOWN, language, text)
    within.done()
    section.done()
    return Reminder(days=days, texts=texts)
