"""The document of the rules is judged whole, and every mistake has its word and its place."""

import json
import textwrap
import tomllib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.domain import ruledocument
from cardserver.domain.gaterules import PassbackMode
from cardserver.domain.ids import LaneId
from cardserver.domain.rights import HolderClass, RightKind, zone_mask
from cardserver.domain.ruledocument import MAX_DOCUMENT, RulesFlawed, read_rules
from cardserver.domain.ruleflaws import FlawWord
from cardserver.domain.schedules import Calendar

GOOD = """
duress = "refuse"
clone = "block"

[[area]]
id = "garage"
right = "parking"
passback = "hard"
limit = 200
when_full = ["staff"]

[[area]]
id = "cellar"
right = "parking"
within = "garage"

[[lane]]
id = "in"
area = "garage"
direction = "entry"
passback = "timed"
minutes = 3

[[lane]]
id = "out"
area = "garage"
direction = "exit"

[[lane]]
id = "pool"
direction = "entry"
schedule = "renovation"

[estate.parking]
passback = "soft"

[spaces]
one_car = false

[schedule.renovation]
workday = ["14:00-18:00", "08:00-12:00"]
weekend = []
saturday = ["22:00-02:00"]
holiday = []

[[hours]]
schedule = "renovation"
classes = ["merchant"]
lanes = ["pool"]

[[worker]]
card = 1234
filing = "2025-017"
first = 2025-06-01
last = 2025-08-31
zones = [3, 5]
schedule = "renovation"

[[interlock]]
lanes = ["in", "pool"]

[reminder]
days = 14
[reminder.text]
zh-Hans = "还有{left}天。"
zh-Hant = "還有{left}天。"
en = "Until {last}."
"""


def flaws(document: str) -> list[tuple[FlawWord, str]]:
    with pytest.raises(RulesFlawed) as caught:
        read_rules(document, Calendar())
    return [(each.word, each.where) for each in caught.value.flaws]


def test_a_good_document_is_read_whole() -> None:
    rules = read_rules(GOOD, Calendar(), version=4, by="周敏")
    assert (rules.version, rules.by, rules.one_car_per_space) == (4, "周敏", False)
    assert rules.around("cellar") == ("cellar", "garage")
    assert rules.areas["garage"].when_full == {HolderClass.STAFF}
    assert rules.lanes["in"].passback.minutes == 3
    assert rules.lanes["pool"].area == ""
    assert rules.estate[RightKind.PARKING].mode is PassbackMode.SOFT
    week = rules.timetable.schedules["renovation"].week
    assert [str(span) for span in week[0]] == ["08:00-12:00", "14:00-18:00"]
    assert [str(span) for span in week[5]] == ["22:00-02:00"]
    held = rules.workers[1234]
    assert (held.first, held.last) == (date(2025, 6, 1), date(2025, 8, 31))
    assert held.zones == zone_mask(3, 5)
    assert rules.interlocked_with("in") == {LaneId("pool")}
    assert rules.reminder.texts["en"].format(last="8 May", left="") == "Until 8 May."


def test_the_same_rules_may_be_written_as_json() -> None:
    plain = json.dumps(tomllib.loads(GOOD), default=str, ensure_ascii=False)
    assert read_rules(plain, Calendar()) == read_rules(GOOD, Calendar())


def test_an_empty_document_sets_nothing() -> None:
    rules = read_rules("", Calendar())
    assert (rules.areas, rules.lanes, rules.workers, rules.hours) == ({}, {}, {}, ())


def test_the_example_in_the_description_needs_only_the_names_it_leaves_out() -> None:
    example = (ruledocument.__doc__ or "").split("::\n")[1].split("What is not")[0]
    words = {word for word, _ in flaws(textwrap.dedent(example))}
    assert words == {
        FlawWord.SCHEDULE_UNKNOWN,
        FlawWord.LANE_UNKNOWN,
        FlawWord.LANGUAGE_MISSING,
    }


AREA = '[[area]]\nid = "a"\nright = "parking"\n'
LANE = '[[lane]]\nid = "l"\ndirection = "entry"\n'
WEEK = '[schedule.s]\nworkday = ["08:00-12:00"]\nweekend = []\n'
WORKER = (
    '[[worker]]\ncard = 1\nfiling = "f"\nfirst = 2025-06-01\nlast = 2025-06-30\nzones = [1]\n'
    'schedule = "s"\n'
)
TEXTS = '[reminder.text]\nzh-Hans = "x"\nzh-Hant = "x"\nen = "{last.year}"\n'


@pytest.mark.parametrize(
    ("document", "word", "where"),
    [
        ("[[area]", FlawWord.UNREADABLE, ""),
        ('{"area": [}', FlawWord.UNREADABLE, ""),
        ("# " + "x" * MAX_DOCUMENT, FlawWord.TOO_LONG, ""),
        ("colour = 1", FlawWord.KEY_UNKNOWN, "colour"),
        (AREA + "colour = 1", FlawWord.KEY_UNKNOWN, "area[1].colour"),
        ("[spaces]\ntwo = 1", FlawWord.KEY_UNKNOWN, "spaces.two"),
        ("[[area]]\nright = 'door'", FlawWord.KEY_MISSING, "area[1].id"),
        (AREA + "limit = '9'", FlawWord.OTHER_KIND, "area[1].limit"),
        (AREA + "limit = true", FlawWord.OTHER_KIND, "area[1].limit"),
        ("area = 1", FlawWord.OTHER_KIND, "area"),
        ("spaces = 1", FlawWord.OTHER_KIND, "spaces"),
        ("[spaces]\none_car = 1", FlawWord.OTHER_KIND, "spaces.one_car"),
        (AREA + "limit = 0", FlawWord.OUT_OF_RANGE, "area[1].limit"),
        (AREA.replace('"a"', '""'), FlawWord.OUT_OF_RANGE, "area[1].id"),
        ("[reminder]\ndays = 91", FlawWord.OUT_OF_RANGE, "reminder.days"),
        (AREA + "passback = 'firm'", FlawWord.NOT_A_CHOICE, "area[1].passback"),
        ("duress = 'loud'", FlawWord.NOT_A_CHOICE, "duress"),
        (AREA + "when_full = ['guests']", FlawWord.NOT_A_CHOICE, "area[1].when_full"),
        (AREA + AREA, FlawWord.NAMED_TWICE, "area[2].id"),
        (LANE + LANE, FlawWord.NAMED_TWICE, "lane[2].id"),
        (AREA + "within = 'b'", FlawWord.AREA_UNKNOWN, "area a"),
        (LANE + "area = 'b'", FlawWord.AREA_UNKNOWN, "lane l"),
        (AREA + "within = 'a'", FlawWord.AREA_IN_ITSELF, "area a"),
        (
            AREA + AREA.replace('"a"', '"b"').replace("parking", "door") + "within = 'a'",
            FlawWord.AREA_OF_OTHER_RIGHT,
            "area b",
        ),
        (LANE + "schedule = 's'", FlawWord.SCHEDULE_UNKNOWN, "lane l"),
        ("[schedule.s]\nworkday = []", FlawWord.SCHEDULE_INCOMPLETE, "schedule.s.saturday"),
        (WEEK + "friday = ['8-12']", FlawWord.SPAN_UNREADABLE, "schedule.s.friday"),
        (WEEK + "friday = ['08:00-08:00']", FlawWord.SPAN_UNREADABLE, "schedule.s.friday"),
        (WEEK + "friday = ['24:00-25:00']", FlawWord.SPAN_UNREADABLE, "schedule.s.friday"),
        (
            WEEK + "friday = ['08:00-12:00', '11:59-13:00']",
            FlawWord.SPANS_OVERLAP,
            "schedule.s.friday",
        ),
        ("[[interlock]]\nlanes = ['x', 'y']", FlawWord.LANE_UNKNOWN, "interlock"),
        (WEEK + "[[hours]]\nschedule = 's'\nlanes = ['x']", FlawWord.LANE_UNKNOWN, "hours"),
        (AREA + "passback = 'timed'", FlawWord.MINUTES_MISSING, "area[1].minutes"),
        (AREA + "minutes = 3", FlawWord.MINUTES_UNUSED, "area[1].minutes"),
        (LANE + "[[interlock]]\nlanes = ['l']", FlawWord.ONE_LANE_ONLY, "interlock[1].lanes"),
        (LANE + "[[interlock]]\nlanes = ['l', 'l']", FlawWord.NAMED_TWICE, "interlock[1].lanes"),
        (
            WEEK + WORKER.replace("last = 2025-06-30", "last = 2025-05-30"),
            FlawWord.DAYS_BACKWARDS,
            "worker[1].last",
        ),
        (WEEK + WORKER + WORKER, FlawWord.NAMED_TWICE, "worker[2].card"),
        (
            WEEK + WORKER.replace("zones = [1]", "zones = [32]"),
            FlawWord.OUT_OF_RANGE,
            "worker[1].zones",
        ),
        ("[reminder.text]\nen = 'x'", FlawWord.LANGUAGE_MISSING, "reminder.text"),
        (TEXTS, FlawWord.PLACE_UNKNOWN, "reminder.text.en"),
    ],
)
def test_each_mistake_has_its_word_and_its_place(document: str, word: FlawWord, where: str) -> None:
    assert flaws(document)[0] == (word, where)


def test_all_mistakes_are_told_at_once() -> None:
    document = AREA + "limit = 0\ncolour = 1\n" + LANE + "area = 'b'\nschedule = 's'\n"
    assert {word for word, _ in flaws(document)} == {
        FlawWord.OUT_OF_RANGE,
        FlawWord.KEY_UNKNOWN,
        FlawWord.AREA_UNKNOWN,
        FlawWord.SCHEDULE_UNKNOWN,
    }


def test_areas_in_a_circle_are_found_wherever_one_begins() -> None:
    circle = "".join(
        f'[[area]]\nid = "{name}"\nright = "door"\nwithin = "{around}"\n'
        for name, around in [("a", "b"), ("b", "c"), ("c", "b")]
    )
    assert {word for word, _ in flaws(circle)} == {FlawWord.AREA_IN_ITSELF}


def judged(document: str) -> bool:
    """Taken, or refused with its flaws; anything else is raised."""
    try:
        read_rules(document, Calendar())
    except RulesFlawed as error:
        return bool(error.flaws)
    return True


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    ["area", "lane", "estate", "spaces", "schedule", "hours", "worker", "interlock", "reminder"]
)
tables = st.dictionaries(
    st.sampled_from(["id", "right", "within", "passback", "minutes", "limit", "lanes", "text"]),
    values,
)


@settings(max_examples=40)
@given(st.dictionaries(keys, tables | st.lists(tables, max_size=2) | values))
def test_no_document_does_more_than_be_refused(document: dict[str, object]) -> None:
    assert judged(json.dumps(document))


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    assert judged(text)
