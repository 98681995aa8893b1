"""The wording rules (ETIQ-01 to ETIQ-23) over every text that a person at a screen can read.

The left column of the ETIQ table is what must not be said, in any of the three languages; the right
column is the pattern, and ETIQ-23a words the frequent cases. Residents' texts are held to all of
it, clerks' texts to the same, since a clerk reads them aloud.
"""

import re

import pytest

from kiosk.station.i18n import LANGUAGE_NAMES, catalogue, text
from tests.unit.kiosk import words_used

LANGUAGES = list(LANGUAGE_NAMES)

# What each rule forbids: in Chinese (simplified | traditional), and in English.
FORBIDDEN = {
    "ETIQ-01 no company's rule": (
        r"公司.{0,4}[规規]定|部[门門].{0,4}[规規]定|[规規]定",
        r"company('s)? (rule|policy)|our (rule|policy)|regulations?",
    ),
    "ETIQ-02 no price that simply is so": (r"就是[这這][个個]?[价價]", r"price is just"),
    "ETIQ-03 no office questions": (r"[干幹]什[么麼]|叫什[么麼]", r"what do you want"),
    "ETIQ-04 nobody is called ignorant": (
        r"都不知道|都不懂|[连連].{0,4}不[会會]",
        r"you (do not|don't) (even )?(know|understand)",
    ),
    "ETIQ-05 nobody is left with not knowing": (
        r"不知道|[问問][别別]人",
        r"(I|we) (do not|don't) know",
    ),
    "ETIQ-06 nobody is passed around": (
        r"不[归歸].{0,2}管|不[关關]|[没沒][办辦]法",
        r"not our (job|department|affair)|nothing (we|I) can do",
    ),
    "ETIQ-07 nobody else's affair": (
        r"是(政府|[邻鄰]居|[别別]人)的事",
        r"(neighbour|government)'s affair",
    ),
    "ETIQ-08 no plain cannot": (
        r"不能提供|[无無]法提供|[无無]法[办辦]理",
        r"(cannot|can't) (provide|be provided)|not possible",
    ),
    "ETIQ-09 no trip in vain": (r"改[天日]再[来來]", r"come (back )?another day"),
    "ETIQ-10 no only tomorrow": (r"只能(明天|改[天日])|明天再[来來]", r"only tomorrow"),
    "ETIQ-11 no closed counter": (r"下班|午休|[关關][门門]了", r"we are closed|at lunch"),
    "ETIQ-13 no being busy as an excuse": (r"太忙|忙不[过過][来來]", r"too busy"),
    "ETIQ-14 no lack of staff": (r"[没沒]有?人手|[没沒]人", r"no one is free|nobody is free"),
    "ETIQ-15 thanks for patience instead of being sorry": (
        r"久等",
        r"keep(ing)? you waiting|sorry for the wait",
    ),
    "ETIQ-16 no must": (
        r"必[须須]|一定要|[应應][当當]",
        r"\bmust\b|\bhave to\b|\brequired\b",
    ),
    "ETIQ-17 nobody is wrong": (
        r"[错錯][误誤]?|(?<![对對])不[对對](?![对對])|[失]败|失敗|[无無]效|非法",
        r"\b(errors?|invalid|wrong|illegal)\b|\bfail(ed|ure)?\b(?! by itself)|your (mistake|fault)",
    ),
    "ETIQ-18 no refusal of a number as a secret": (r"不能告[诉訴]", r"(cannot|can't) tell you"),
    "ETIQ-19 no stop at once": (r"立[即刻]停|[马馬]上停(?!用)", r"stop (it )?at once"),
    "ETIQ-20 no such room does not exist": (
        r"[没沒]有[这這][个個间間]房",
        r"no such (room|resident)",
    ),
    "ETIQ-21 no traffic police": (
        r"禁止|不准|不[许許]|不得|[严嚴]禁",
        r"\bforbidden\b|\bprohibited\b|not allowed",
    ),
    "ETIQ-22a you are addressed with respect": (r"你", r"$^"),
}

# How a text leaves a way on (ETIQ-22a): ask, offer, name a place or a person, or what happens next.
WAY_ON = {
    "zh-Hans": r"请|可以|好吗|预约|前台|门岗|工作人员|会.*(接着|自动)|欢迎",
    "zh-Hant": r"請|可以|好嗎|預約|前台|門崗|工作人員|會.*(接著|自動)|歡迎",
    "en": r"[Pp]lease|\bcan\b|[Mm]ay |desk|guard|staff|glad|technician|will be|welcome",
}

REFUSALS = [
    *(f"reason.{reason}" for reason in words_used.REFUSING if reason != "expired"),
    *(f"expired.{right}" for right in words_used.GROUPS["expired."]),
    "gate.shut-way",
    "gate.again",
    "gate.reader-away",
    "gate.way",
    "gate.away",
    "kiosk.away",
    "kiosk.way",
    "kiosk.no-change",
    "kiosk.months.beyond",
    "kiosk.owed.way",
    "kiosk.owed.no-slip",
    "kiosk.done.no-slip",
    "kiosk.lay-back.text",
    *(key for key in catalogue("zh-Hans") if key.startswith(("sorry.", "closed."))),
    *(key for key in catalogue("zh-Hans") if key.startswith(("problem.", "apology."))),
]
NO_REFUSALS = {"apology.title", "apology.back"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", FORBIDDEN)
def test_no_text_says_what_the_wording_rules_forbid(rule: str, language: str) -> None:
    pattern = re.compile(FORBIDDEN[rule][language == "en"], re.IGNORECASE)
    said = {key: words for key, words in catalogue(language).items() if pattern.search(words)}
    assert said == {}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("ETIQ-01 no company's rule", "这是公司规定"),
        ("ETIQ-06 nobody is passed around", "這事沒辦法"),
        ("ETIQ-15 thanks for patience instead of being sorry", "抱歉让您久等了"),
        ("ETIQ-16 no must", "您必須先登記"),
        ("ETIQ-17 nobody is wrong", "操作错误"),
        ("ETIQ-17 nobody is wrong", "金额不对"),
        ("ETIQ-19 no stop at once", "马上停下"),
        ("ETIQ-21 no traffic police", "禁止通行"),
        ("ETIQ-22a you are addressed with respect", "你的卡"),
    ],
)
def test_the_measure_finds_what_it_is_for(rule: str, words: str) -> None:
    assert re.search(FORBIDDEN[rule][0], words)


@pytest.mark.parametrize(
    "words", ["This failed.", "You must pay.", "Invalid card", "not allowed", "sorry for the wait"]
)
def test_the_measure_finds_it_in_english(words: str) -> None:
    assert any(re.search(pattern, words, re.IGNORECASE) for _, pattern in FORBIDDEN.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_names_a_way_on_etiq_22a(language: str) -> None:
    dead_ends = {
        key: words
        for key in set(REFUSALS) - NO_REFUSALS
        if not re.search(WAY_ON[language], words := text(language, key))
    }
    assert dead_ends == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_holds_a_bare_code(language: str) -> None:
    codes = words_used.reasons_of_the_server() | words_used.device_codes()
    codes |= words_used.server_codes() | words_used.words_of_the_counter()
    hyphenated = {code for code in codes if "-" in code}
    assert len(hyphenated) > 60
    found = {
        key: words
        for key, words in catalogue(language).items()
        for code in hyphenated
        if code in words and re.search(rf"(?<![\w-]){code}(?![\w-])", words)
    }
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_waits_is_thanked_for_patience_etiq_15(language: str) -> None:
    thanks = {
        "zh-Hans": "谢谢您的耐心等待",
        "zh-Hant": "謝謝您的耐心等待",
        "en": "for your patience",
    }
    for key in ("kiosk.writing.thanks", "closed.starting", "kiosk.away", "reason.no-journal"):
        assert thanks[language] in text(language, key)


# --- frequent cases, as ETIQ-23a words them ------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("expired.door", "您的门禁卡有效期到{last}，我们很愿意为您延期，请到前台办理。"),
        ("expired.parking", "您的车位使用期到{last}，请到自助机或前台充值，谢谢您。"),
        ("sorry.card", "也许卡片放得不够稳，请再放一次，好吗？"),
        ("sorry.card-unknown", "请到前台，让我们帮您看一下这张卡，好吗？"),
        ("reason.unknown-card", "请到前台，让我们帮您看一下这张卡，好吗？"),
    ],
)
def test_a_frequent_text_is_worded_as_etiq_23a_says(key: str, words: str) -> None:
    assert text("zh-Hans", key) == words


def test_a_space_paid_through_the_bank_is_explained_with_its_last_day_etiq_23a() -> None:
    words = text("zh-Hans", "sorry.bank-collected", last="2027年5月8日")
    assert words.startswith("您的车位费随物业费一起托收，有效期到2027年5月8日")
    assert words.endswith("感谢您的理解。")


def test_a_slip_that_did_not_come_out_is_promised_etiq_23a() -> None:
    words = text("zh-Hans", "kiosk.done.no-slip", number="00000007")
    assert "您的充值已经记好" in words
    assert "前台会为您补上" in words


def test_a_missing_paper_is_asked_for_gladly_etiq_16() -> None:
    assert text("zh-Hans", "problem.paper-missing").startswith("我们很愿意办理，首先需要")


def test_an_unknown_room_is_checked_once_more_etiq_20() -> None:
    assert "请再核对房号" in text("zh-Hans", "desk.search.none", query="9999")


def test_money_received_and_given_back_is_said_as_fee_04_says() -> None:
    said = text("zh-Hans", "desk.money.said", received="100", change="80")
    assert said == "一共收您100元，找您80元。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_there_is_no_change_is_said_with_another_way_fee_04a(language: str) -> None:
    for key in ("kiosk.no-change", "kiosk.attract.no-change"):
        assert text(language, key)
    assert re.search(WAY_ON[language], text(language, "kiosk.no-change"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_note_that_goes_through_the_checker_is_never_called_counterfeit_fee_03a(
    language: str,
) -> None:
    pattern = "假(?!日|的日子|期|通知|和)|偽|伪|counterfeit|forged"
    found = [words for words in catalogue(language).values() if re.search(pattern, words)]
    assert found == []
