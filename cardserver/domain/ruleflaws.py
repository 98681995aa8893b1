"""Reading a document key by key: each mistake is written down, and the reading goes on.

So whoever writes rules sees all that is to be put right at once, each with its place and its word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final, TypeVar

MAX_ID: Final = 60
_SHOWN: Final = 60


@unique
class FlawWord(StrEnum):
    """What is to be put right; stable, and the key of its words in every language."""

    UNREADABLE = "unreadable"  # neither TOML nor JSON
    TOO_LONG = "too-long"
    KEY_UNKNOWN = "key-unknown"
    KEY_MISSING = "key-missing"
    OTHER_KIND = "other-kind"  # a number where a text belongs, and the like
    OUT_OF_RANGE = "out-of-range"
    NOT_A_CHOICE = "not-a-choice"
    NAMED_TWICE = "named-twice"
    AREA_UNKNOWN = "area-unknown"
    AREA_IN_ITSELF = "area-in-itself"
    AREA_OF_OTHER_RIGHT = "area-of-other-right"  # a car park around a house
    SCHEDULE_UNKNOWN = "schedule-unknown"
    SCHEDULE_INCOMPLETE = "schedule-incomplete"  # a day of the week says nothing
    SPAN_UNREADABLE = "span-unreadable"
    SPANS_OVERLAP = "spans-overlap"
    LANE_UNKNOWN = "lane-unknown"
    MINUTES_MISSING = "minutes-missing"  # a timed passback without its minutes
    MINUTES_UNUSED = "minutes-unused"  # minutes, and the passback is not timed
    ONE_LANE_ONLY = "one-lane-only"  # an interlock of a single lane
    DAYS_BACKWARDS = "days-backwards"  # the last day lies before the first
    LANGUAGE_MISSING = "language-missing"
    PLACE_UNKNOWN = "place-unknown"  # a {word} that nobody fills


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFlaw:
    """One mistake: its word, where it stands (``area[2].limit``), and what was found there."""

    word: FlawWord
    where: str
    found: str = ""


E = TypeVar("E", bound=StrEnum)


@dataclass(slots=True, kw_only=True)
class Section:
    """A table of the document, its place, and where flaws are collected.

    Every reading method gives the value, or a harmless stand-in after it noted the flaw.
    """

    values: Mapping[str, object]
    where: str
    flaws: list[RuleFlaw]
    asked: set[str] = field(default_factory=set)

    def flaw(self, word: FlawWord, key: str = "", found: object = "") -> None:
        """Note a mistake here, or at one of the keys."""
        where = ".".join(part for part in (self.where, key) if part)
        shown = "" if found == "" else str(found)[:_SHOWN]
        self.flaws.append(RuleFlaw(word=word, where=where, found=shown))

    def text(self, key: str, default: str | None = None, *, longest: int = MAX_ID) -> str:
        """A text of 1 to 60 characters, or so many; without a default it is needed."""
        value = self._get(key, default)
        if not isinstance(value, str):
            return self._other_kind(key, value, default or "")
        if value != default and not 0 < len(value) <= longest:
            self.flaw(FlawWord.OUT_OF_RANGE, key, value)
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number between two, both included."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            return self._other_kind(key, value, low)
        if not low <= value <= high:
            self.flaw(FlawWord.OUT_OF_RANGE, key, value)
            return low
        return value

    def yes(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        return value if isinstance(value, bool) else self._other_kind(key, value, default)

    def choice(self, key: str, words: type[E], default: E | None = None) -> E:
        """One of a closed set of words."""
        value = self._get(key, default)
        return self._word(key, value, words, default or next(iter(words)))

    def choices(self, key: str, words: type[E]) -> frozenset[E]:
        """Any of a closed set of words; none where the key is missing."""
        first = next(iter(words))
        return frozenset(self._word(key, each, words, first) for each in self._list(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is missing."""
        found = self._list(key)
        if any(not isinstance(each, str) for each in found):
            self._other_kind(key, found, None)
        return tuple(each for each in found if isinstance(each, str))

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """A list of whole numbers between two."""
        found = self._list(key)
        good = [each for each in found if isinstance(each, int) and not isinstance(each, bool)]
        if len(good) < len(found):
            self._other_kind(key, found, None)
        for each in good:
            if not low <= each <= high:
                self.flaw(FlawWord.OUT_OF_RANGE, key, each)
        return tuple(each for each in good if low <= each <= high)

    def day(self, key: str) -> date:
        """A day: a date of TOML, or its ISO text."""
        value = self._get(key, None)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        return self._other_kind(key, value, date.min)

    def section(self, key: str) -> "Section":
        """A table within; an empty one where it is missing."""
        value = self._get(key, {})
        return self._section(key, value)

    def sections(self, key: str) -> Iterator["Section"]:
        """A list of tables, each with its number from 1 as its place."""
        for number, value in enumerate(self._list(key), 1):
            yield self._section(f"{key}[{number}]", value)

    def named(self, key: str) -> Iterator[tuple[str, "Section"]]:
        """Tables by their own names."""
        within = self.section(key)
        for name in within.values:
            yield name, within.section(name)

    def has(self, key: str) -> bool:
        """True where the key is written down."""
        return key in self.values

    def done(self) -> None:
        """Everything this table may say was asked for: what is left over is a mistake."""
        for key in self.values.keys() - self.asked:
            self.flaw(FlawWord.KEY_UNKNOWN, key)

    def _get(self, key: str, default: object) -> object:
        self.asked.add(key)
        return self.values.get(key, default)

    def _list(self, key: str) -> list[object]:
        value = self._get(key, [])
        return value if isinstance(value, list) else self._other_kind(key, value, [])

    def _section(self, key: str, value: object) -> "Section":
        table = value if isinstance(value, dict) else self._other_kind(key, value, {})
        where = ".".join(part for part in (self.where, key) if part)
        return Section(values=table, where=where, flaws=self.flaws)

    def _word(self, key: str, value: object, words: type[E], stand_in: E) -> E:
        if isinstance(value, str) and value in {word.value for word in words}:
            return words(value)
        if isinstance(value, str):
            self.flaw(FlawWord.NOT_A_CHOICE, key, value)
            return stand_in
        return self._other_kind(key, value, stand_in)

    def _other_kind(self, key: str, value: object, stand_in: "_T") -> "_T":
        word = FlawWord.KEY_MISSING if value is None else FlawWord.OTHER_KIND
        self.flaw(word, key, "" if value is None else value)
        return stand_in


_T = TypeVar("_T")
