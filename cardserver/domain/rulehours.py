"""Schedules as people write them: ``workday = ["08:00-12:00", "14:00-18:00"]``."""

import re
from itertools import pairwise
from typing import Final

from cardserver.domain.ruleflaws import FlawWord, Section
from cardserver.domain.schedules import DAY_MINUTES, Schedule, Span, Spans

_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORKDAYS: Final = 5
_SPAN: Final = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_MINUTES: Final = 60


def read_schedules(top: Section) -> dict[str, Schedule]:
    """All schedules of a document by name; flaws are noted in it."""
    found = {}
    for name, section in top.named("schedule"):
        found[name] = _schedule(name, section)
        section.done()
    return found


def _schedule(name: str, section: Section) -> Schedule:
    workday, weekend = _spans(section, "workday"), _spans(section, "weekend")
    week = []
    for number, day in enumerate(_WEEK):
        spans = _spans(section, day)
        if spans is None:
            spans = workday if number < _WORKDAYS else weekend
        if spans is None:
            section.flaw(FlawWord.SCHEDULE_INCOMPLETE, day)
        week.append(spans or ())
    make_up = _spans(section, "make_up")
    return Schedule(
        name=name,
        week=tuple(week),
        holiday=_spans(section, "holiday"),
        make_up=workday if make_up is None else make_up,
    )


def _spans(section: Section, key: str) -> Spans | None:
    """The spans of a day, () for a day that is shut, None where nothing is written."""
    written = section.texts(key)
    if not section.has(key):
        return None
    spans = [span for text in written if (span := _span(section, key, text))]
    _check_overlap(section, key, spans)
    return tuple(sorted(spans, key=lambda span: span.begins))


def _span(section: Section, key: str, text: str) -> Span | None:
    match = _SPAN.fullmatch(text)
    if match is not None:
        hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
        begins, ends = hour * _MINUTES + minute, end_hour * _MINUTES + end_minute
        minutes_fit = minute < _MINUTES and end_minute < _MINUTES
        if minutes_fit and begins < DAY_MINUTES and 0 <= ends <= DAY_MINUTES and begins != ends:
            return Span(begins=begins, ends=ends)
    section.flaw(FlawWord.SPAN_UNREADABLE, key, text)
    return None


def _check_overlap(section: Section, key: str, spans: list[Span]) -> None:
    ordered = sorted(spans, key=lambda span: span.begins)
    for before, after in pairwise(ordered):
        if before.over_midnight or after.begins < before.ends:
            section.flaw(FlawWord.SPANS_OVERLAP, key, after)
