"""A table of owner data: which column is what, what a row says, and what would become of it.

Knows no file format: rows come as text (`cardserver.services.tablefiles`). Nothing is guessed: a
row that is not clear is refused with its reason, and the file is taken over as previewed or not at
all.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.people import is_readable, plain_id_number, plain_phone, shown
from cardserver.domain.rights import HolderClass

HEADER_ROWS: Final = 10
"""The header is looked for so far down: files often begin with a title."""

MAX_ROWS: Final = 200_000
_MAX_TEXT: Final = 60
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")
_SELF: Final = frozenset(
    {"", "本人", "业主", "業主", "产权人", "產權人", "户主", "戶主", "owner", "self"}
)
_COMPANIES: Final = frozenset({"单位", "單位", "公司", "企业", "企業", "company"})

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": ("房号", "房號", "房间号", "房間號", "房屋", "单元房号", "unit", "room"),
    "name": ("业主姓名", "業主姓名", "姓名", "业主", "業主", "产权人", "產權人", "name", "owner"),
    "phone": (
        "联系电话",
        "聯繫電話",
        "聯絡電話",
        "电话",
        "電話",
        "手机",
        "手機",
        "手机号",
        "手机号码",
        "phone",
    ),
    "id_number": (
        "身份证号",
        "身份證號",
        "身份证号码",
        "证件号码",
        "證件號碼",
        "证件号",
        "id number",
    ),
    "relation": ("与业主关系", "與業主關係", "关系", "關係", "relation"),
    "company": ("业主类型", "業主類型", "类型", "類型", "kind"),
}
"""Headers that are understood, by field."""

NEEDED: Final = ("unit", "name", "phone", "id_number")
_FIELD_OF: Final = {header: name for name, headers in COLUMNS.items() for header in headers}


@unique
class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as read: its line, its cells as text, and what is wrong with it as a whole."""

    line: int
    cells: Sequence[str]
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """What a row says of a person."""

    line: int
    unit: str
    name: str
    phone: str
    id_number: str
    relation: str
    company: bool

    @property
    def holder_class(self) -> HolderClass:
        """Owner, or family of one."""
        return HolderClass.FAMILY if self.relation else HolderClass.OWNER


@dataclass(frozen=True, slots=True)
class OnFile:
    """What the estate has on file of one current owner or family member."""

    holder_id: int
    name: str
    phone: str
    id_number: str
    relation: str
    company: bool
    version: int
    holder_class: HolderClass


@dataclass(slots=True)
class Outcome:
    """The fate of one row; `target` is the file it changes."""

    line: int
    fate: Fate
    unit: str = ""
    name: str = ""
    reason: str = ""
    detail: tuple[tuple[str, ...], ...] = ()
    person: Person | None = None
    target: OnFile | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands, which column holds which field, and which are not read."""

    line: int
    places: Mapping[str, int]
    unread: tuple[str, ...] = ()


def find_header(rows: Sequence[TableRow]) -> tuple[int, Header]:
    """The header among the first rows, and its place. Raises RuleViolation.

    ``columns-missing`` names what was looked for, ``columns-twice`` what stands there twice,
    ``header-merged`` a header over merged cells.
    """
    best: tuple[int, dict[str, list[int]]] | None = None
    for place, row in enumerate(rows[:HEADER_ROWS]):
        found: dict[str, list[int]] = {}
        for column, cell in enumerate(row.cells):
            name = _FIELD_OF.get(_plain(cell))
            if name is not None:
                found.setdefault(name, []).append(column)
        if best is None or len(found) > len(best[1]):
            best = place, found
    place, found = best or (0, {})
    missing = [COLUMNS[name][0] for name in NEEDED if name not in found]
    if missing:
        raise RuleViolation("columns-missing", message="、".join(missing))
    twice = [COLUMNS[name][0] for name, columns in found.items() if len(columns) > 1]
    if twice:
        raise RuleViolation("columns-twice", message="、".join(twice))
    row = rows[place]
    if row.flaw == "merged-cells":
        raise RuleViolation("header-merged", message=str(row.line))
    places = {name: columns[0] for name, columns in found.items()}
    read = set(places.values())
    unread = [cell.strip() for column, cell in enumerate(row.cells) if column not in read]
    header = Header(line=row.line, places=places, unread=tuple(filter(None, unread)))
    return place, header


def _plain(cell: str) -> str:
    return re.sub(r"[\s*＊:：()（）]+", "", cell).replace("IDnumber", "id number").lower()


def read_person(row: TableRow, header: Header) -> Person:
    """What a row says. Raises RuleViolation with the reason and, as its message, the cell."""
    if row.flaw in {"merged-cells", "formula-cell", "number-rounded"}:
        raise RuleViolation(row.flaw)
    cells, places = row.cells, header.places
    width = len(cells)
    text = {name: cells[at].strip() if at < width else "" for name, at in places.items()}
    unit, name = text["unit"], text["name"]
    if not unit:
        raise RuleViolation("row-without-unit")
    if not name:
        raise RuleViolation("row-without-name")
    if _CONTROL.search("".join(text.values())) or not is_readable(name):
        raise RuleViolation("characters-unclear")
    if max(map(len, text.values())) > _MAX_TEXT:
        raise RuleViolation("cell-too-long")
    relation = text.get("relation", "")
    return Person(
        line=row.line,
        unit=unit,
        name=name,
        phone=plain_phone(text["phone"]),
        id_number=plain_id_number(text["id_number"]),
        relation="" if relation.lower() in _SELF else relation,
        company=text.get("company", "").lower() in _COMPANIES,
    )


@dataclass(slots=True)
class Plan:
    """The fates of all rows, in the order of the file."""

    header: Header
    outcomes: list[Outcome] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each fate."""
        found = dict.fromkeys((str(fate) for fate in Fate), 0)
        for each in self.outcomes:
            found[each.fate] += 1
        return found

    def digest(self) -> str:
        """What was previewed, in one hash: row by row, fate, target with version, and changes."""
        total = hashlib.sha256()
        for each in self.outcomes:
            target = "" if each.target is None else f"{each.target.holder_id}.{each.target.version}"
            total.update(f"{each.line} {each.fate} {each.reason} {target} {each.detail}\n".encode())
        return total.hexdigest()


def plan_rows(rows: Sequence[TableRow], on_file: Mapping[str, Sequence[OnFile]]) -> Plan:
    """The fate of every row, against what is on file of each unit. Raises as `find_header`."""
    place, header = find_header(rows)
    plan = Plan(header=header)
    people: list[Person] = []
    for row in rows[place + 1 :]:
        if not any(row.cells):
            continue
        try:
            person = read_person(row, header)
        except RuleViolation as unclear:
            plan.outcomes.append(_refused(row, header, unclear.reason))
            continue
        people.append(person)
        plan.outcomes.append(
            Outcome(person.line, Fate.NEW, person.unit, person.name, person=person)
        )
    if not plan.outcomes:
        raise RuleViolation("file-without-rows")
    _judge(plan.outcomes, _by_unit(people), on_file)
    return plan


def _refused(row: TableRow, header: Header, reason: str) -> Outcome:
    def cell(name: str) -> str:
        at = header.places[name]
        return row.cells[at].strip()[:_MAX_TEXT] if at < len(row.cells) else ""

    return Outcome(
        row.line,
        Fate.REFUSED,
        _CONTROL.sub("", cell("unit")),
        _CONTROL.sub("", cell("name")),
        reason,
    )


def _by_unit(people: Iterable[Person]) -> dict[str, list[Person]]:
    units: dict[str, list[Person]] = {}
    for person in people:
        units.setdefault(person.unit, []).append(person)
    return units


def _judge(
    outcomes: Iterable[Outcome],
    file: Mapping[str, Sequence[Person]],
    on_file: Mapping[str, Sequence[OnFile]],
) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for outcome in outcomes:
        person = outcome.person
        if person is None:
            continue
        first = seen.setdefault((person.unit, person.name, person.id_number), person.line)
        try:
            _check_once(outcome, first)
            _judge_one(outcome, person, file[person.unit], on_file.get(person.unit, ()))
        except RuleViolation as refused:
            outcome.fate, outcome.reason = Fate.REFUSED, refused.reason


def _check_once(outcome: Outcome, first: int) -> None:
    if first != outcome.line:
        outcome.detail = (("line", str(first)),)
        raise RuleViolation("row-twice")


def _judge_one(
    outcome: Outcome, person: Person, together: Sequence[Person], known: Sequence[OnFile]
) -> None:
    target = _same_person(person, known)
    if target is not None:
        outcome.target = target
        outcome.detail = _differences(person, target)
        outcome.fate = Fate.CHANGED if outcome.detail else Fate.SAME
    elif person.holder_class is HolderClass.OWNER:
        owners = [each for each in known if each.holder_class is HolderClass.OWNER]
        listed = any(_same_person(each, owners) is not None for each in together)
        if owners and not listed:
            outcome.detail = tuple(("owner", each.name) for each in owners)
            raise RuleViolation("other-owner", rule="IC-22")
    elif not _has_owner(together, known):
        raise RuleViolation("owner-missing", rule="IC-03a")


def _has_owner(together: Sequence[Person], known: Sequence[OnFile]) -> bool:
    classes = {each.holder_class for each in together} | {each.holder_class for each in known}
    return HolderClass.OWNER in classes


def _same_person(person: Person, known: Sequence[OnFile]) -> OnFile | None:
    """By identity number where both have one, else by name; of the same class."""
    same_class = [each for each in known if each.holder_class is person.holder_class]
    if person.id_number:
        for each in same_class:
            if each.id_number == person.id_number:
                return each
    return next((each for each in same_class if each.name == person.name), None)


def _differences(person: Person, target: OnFile) -> tuple[tuple[str, ...], ...]:
    """Field, old and new, masked; an empty cell leaves what is on file."""
    pairs = (
        ("name", target.name, person.name),
        ("phone", target.phone, person.phone or target.phone),
        ("id_number", target.id_number, person.id_number or target.id_number),
        ("relation", target.relation, person.relation or target.relation),
        ("company", target.company, person.company or target.company),
    )
    return tuple(
        (name, shown(name, old), shown(name, new)) for name, old, new in pairs if old != new
    )
