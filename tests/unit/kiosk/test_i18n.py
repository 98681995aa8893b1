"""The catalogues: complete in every language, used to the last text, and short where space is."""

import re
import string
import unicodedata
from collections.abc import Callable
from datetime import date

import pytest

from kiosk.station.i18n import (
    DEFAULT_LANGUAGE,
    LANGUAGE_NAMES,
    catalogue,
    choose_language,
    count_text,
    day_text,
    text,
    worded,
)
from tests.unit.kiosk import words_used
from tests.unit.kiosk.words_used import GROUPS, SAID_BY_PAGES

OTHERS = [language for language in LANGUAGE_NAMES if language != DEFAULT_LANGUAGE]
COMPLETE = catalogue(DEFAULT_LANGUAGE)
TABLES_OF_CODES = {"problem.*", "sorry.*", "closed.*"}
OF_MACHINES = {
    "tap-differs",  # between a gate and the server; no person waits for it
    *("chain-broken", "event-differs", "not-consecutive", "too-many-events"),
    "record-invalid",
    "record-key-unknown",
}
ALL_GROUPS = GROUPS | SAID_BY_PAGES


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def columns(words: str) -> int:
    """Width in half characters, as a screen shows it."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


# --- complete ------------------------------------------------------------------------------------


def test_every_catalogue_in_the_folder_can_be_chosen_and_the_other_way_round() -> None:
    folder = words_used.ROOT / "kiosk" / "translations"
    assert {path.stem for path in folder.iterdir()} == set(LANGUAGE_NAMES)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_holds_the_same_keys_as_the_complete_one(language: str) -> None:
    assert set(catalogue(language)) == set(COMPLETE)


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_has_the_same_placeholders_in_every_language(language: str) -> None:
    differing = {
        key: words
        for key, words in catalogue(language).items()
        if placeholders(words) != placeholders(COMPLETE[key])
    }
    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_no_text_is_empty_or_has_spaces_at_its_ends(language: str) -> None:
    odd = {key for key, words in catalogue(language).items() if not words or words != words.strip()}
    assert odd == set()


@pytest.mark.parametrize("words", ["這張卡沒有讀好", "換領發票", "印表機"])
def test_the_measure_for_traditional_chinese_lets_it_pass(words: str) -> None:
    assert careless(words) == set()


@pytest.mark.parametrize("words", ["这张卡", "換髮票", "在這裏", "打印", "客户"])
def test_the_measure_for_traditional_chinese_finds_what_a_conversion_leaves(words: str) -> None:
    assert careless(words) != set()


def careless(words: str) -> set[str]:
    """Letters that Big5 does not know, and words that only a converter would choose."""
    found = set(re.findall(r"髮票|髮卡|裏|打印|複印|服務器|讀卡器|賬", words))
    for letter in words:
        try:
            letter.encode("cp950")
        except UnicodeEncodeError:
            found.add(letter)
    return found


def test_traditional_chinese_is_written_for_its_readers_and_not_converted() -> None:
    on_the_paper = "「补打」"  # quoted as the printed paper says it
    texts = {key: words.replace(on_the_paper, "") for key, words in catalogue("zh-Hant").items()}
    assert {key: careless(words) for key, words in texts.items() if careless(words)} == {}


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_texts_use_chinese_punctuation(language: str) -> None:
    half = re.compile(r"(?<=[\u4e00-\u9fff])[,;:!?](?=[\u4e00-\u9fff]|$)")
    assert {key: w for key, w in catalogue(language).items() if half.search(w)} == {}


# --- used ----------------------------------------------------------------------------------------


def test_every_text_a_template_asks_for_in_full_exists() -> None:
    asked = words_used.asked_by_templates()
    assert {key for key in asked if not key.endswith("*")} - set(COMPLETE) == set()


def test_every_prefix_a_template_asks_for_is_known_with_all_that_can_follow() -> None:
    asked = words_used.asked_by_templates()
    prefixes = {key for key in asked if key.endswith("*")} - TABLES_OF_CODES
    assert {prefix.removesuffix("*") for prefix in prefixes} == set(GROUPS)


@pytest.mark.parametrize("prefix", ALL_GROUPS)
def test_everything_the_program_can_put_after_a_prefix_has_a_text(prefix: str) -> None:
    assert {name for name in ALL_GROUPS[prefix] if f"{prefix}{name}" not in COMPLETE} == set()


@pytest.mark.parametrize(
    "find",
    [
        words_used.reasons_of_the_server,
        words_used.server_codes,
        words_used.device_codes,
        words_used.words_of_the_counter,
    ],
    ids=["reasons of the server", "codes of the server", "codes of devices", "the counter's own"],
)
def test_every_code_that_can_reach_the_desk_has_words_of_its_own(
    find: Callable[[], set[str]],
) -> None:
    codes = find()
    assert len(codes) > 5, "the search still finds them"
    assert {code for code in codes - OF_MACHINES if f"problem.{code}" not in COMPLETE} == set()


def test_no_text_is_left_that_nothing_asks_for() -> None:
    grouped = {f"{prefix}{name}" for prefix, names in ALL_GROUPS.items() for name in names}
    codes = (
        words_used.reasons_of_the_server()
        | words_used.server_codes()
        | words_used.device_codes()
        | words_used.words_of_the_counter()
        | words_used.words_of_the_kiosk()
        | {f"printer-{state}" for state in words_used.paper_states()}
        | {"unexpected", "card", "device", "printer"}
    )
    of_codes = {f"{table[:-1]}{code}" for table in TABLES_OF_CODES for code in codes}
    in_code = {"date.day", "date.months", "gates.car-park", "gates.lane-id", *words_used.ages()}
    assert set(COMPLETE) - words_used.asked_by_templates() - grouped - of_codes - in_code == set()


# --- short where space is ------------------------------------------------------------------------

KIOSK_BUTTONS = (
    "kiosk.back",
    "kiosk.leave",
    "kiosk.understood",
    "kiosk.more-time",
    "kiosk.large",
    "kiosk.normal",
    "kiosk.confirm.pay",
    "kiosk.pay.stop",
)


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize(
    ("keys", "width"),
    [
        (KIOSK_BUTTONS, 16),
        ([f"kiosk.how.{step}" for step in GROUPS["kiosk.how."]], 14),
        ([f"desk.keys.{name}" for name in GROUPS["desk.keys."]], 10),
        ([f"progress.{step}" for step in GROUPS["progress."]], 18),
        ([f"light.paper.{state}" for state in GROUPS["light.paper."]], 23),
        (["gate.invite", "gate.welcome", "gate.sorry", "gate.again", "gate.reader-away"], 26),
        (["desk.search.hint"], 44),
    ],
    ids=["kiosk buttons", "kiosk steps", "desk keys", "progress", "lights", "lane", "search"],
)
def test_a_short_text_fits_its_place(language: str, keys: list[str], width: int) -> None:
    too_long = {key: text(language, key) for key in keys if columns(text(language, key)) > width}
    assert too_long == {}


# --- how a text is found -------------------------------------------------------------------------


def test_the_first_known_wish_for_a_language_is_granted_else_simplified_chinese() -> None:
    assert choose_language(None, "xx", "en") == "en"
    assert choose_language(None, "../etc/passwd") == "zh-Hans"


def test_a_key_nobody_wrote_a_text_for_is_shown_as_itself() -> None:
    assert text("en", "no.such-key") == "no.such-key"


def test_one_thing_and_several_are_said_differently() -> None:
    assert count_text("en", "count.months", 1) == "1 month"
    assert count_text("en", "count.months", 3) == "3 months"
    assert count_text("zh-Hans", "count.months", 1) == "1 个月"


def test_a_day_is_said_as_people_say_it() -> None:
    day = date(2027, 5, 8)
    said = [day_text(language, day) for language in LANGUAGE_NAMES]
    assert said == ["2027年5月8日", "2027年5月8日", "8 May 2027"]


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize("table", ["problem", "sorry", "closed"])
def test_a_code_nobody_foresaw_is_an_apology_and_never_the_code(language: str, table: str) -> None:
    words = worded(language, table, "flux-capacitor-empty")
    assert words == text(language, f"{table}.unexpected")
    assert "flux" not in words


def test_a_code_without_words_takes_those_of_its_family() -> None:
    assert worded("zh-Hans", "closed", "printer-cutter") == text("zh-Hans", "closed.printer")
    assert worded("en", "sorry", "card-integrity") == text("en", "sorry.card")
