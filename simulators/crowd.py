"""A few hundred invented neighbours, so that the demo's lists and search look like an estate's.

Always the same ones, from one seed. Numbers are outside those that telephones and identity cards
bear; nobody of this name lives there.
"""

from datetime import date
from random import Random
from typing import Final

from cardserver.db.bulk import next_ids, pour
from cardserver.db.searching import key_rows
from cardserver.db.tables import HolderRow, UnitRow
from cardserver.db.tables_people import SearchKeyRow
from cardserver.domain.rights import HolderClass
from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate, Turn, writing

_SEED: Final = 20250609
_SURNAMES: Final = "李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN: Final = "建国秀英志强丽华玉兰明芳文博雨桐子涵浩然欣怡佳宁海燕春梅永康思远晓东嘉慧"
_RELATIONS: Final = ("配偶", "儿子", "女儿", "父亲", "母亲")
_MERCHANTS: Final = {
    "商铺 S21": "晨光文具店",
    "商铺 S22": "惠民药房",
    "商铺 S23": "鲜果时光",
    "商铺 S24": "社区洗衣房",
}
_CONTRACT_END: Final = date(2028, 6, 30)
_COLUMNS: Final = (
    *("id", "name", "holder_class", "unit_id", "phone", "id_number"),
    *("relation", "company", "lease_number", "lease_start", "lease_end"),
    *("contract_end", "section", "version"),
)

Row = tuple[object, ...]


def move_in(estate: Estate) -> int:
    """Put the neighbours on file, unless they are; how many were."""
    chance = Random(_SEED)
    labels = [
        f"{building}栋{door}单元{floor:02d}{flat:02d}"
        for building in (7, 8, 9)
        for door in (1, 2)
        for floor in range(1, 11)
        for flat in (1, 2)
    ]
    with writing(estate, SETUP) as turn:
        if turn.session.query(UnitRow.id).filter_by(label=labels[0]).first() is not None:
            return 0
        units = _units(turn, [*labels, *_MERCHANTS])
        people = [person for label in labels for person in _household(chance, units[label])]
        people += [
            _person(chance, name, HolderClass.MERCHANT, units[shop], contract_end=_CONTRACT_END)
            for shop, name in _MERCHANTS.items()
        ]
        _file(turn, people, {unit: label for label, unit in units.items()})
        return len(people)


def _units(turn: Turn, labels: list[str]) -> dict[str, int]:
    connection = turn.session.connection()
    ids = next_ids(connection, UnitRow, len(labels))
    rows = [(unit, label, 1, 1) for unit, label in zip(ids, labels, strict=True)]
    pour(connection, UnitRow, ("id", "label", "zones", "version"), rows)
    return dict(zip(labels, ids, strict=True))


def _household(chance: Random, unit: int) -> list[Row]:
    people = [_person(chance, _name(chance), HolderClass.OWNER, unit)]
    people += [
        _person(chance, _name(chance), HolderClass.FAMILY, unit, relation=relation)
        for relation in chance.sample(_RELATIONS, chance.choice((0, 1, 1, 2)))
    ]
    if chance.random() < 0.2:
        tenant = _name(chance)
        people.append(_person(chance, tenant, HolderClass.TENANT, unit, leased=True))
    return people


def _name(chance: Random) -> str:
    return chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2))))


def _person(
    chance: Random,
    name: str,
    kind: HolderClass,
    unit: int,
    *,
    relation: str = "",
    leased: bool = False,
    contract_end: date | None = None,
) -> Row:
    born = f"19{chance.randrange(50, 99)}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    lease = (f"ZL-{unit:04d}", "2026-01-01", "2027-12-31") if leased else ("", None, None)
    return (
        *(name, kind.value, unit, f"1390001{chance.randrange(10_000):04d}"),
        *(f"110101{born}999{chance.randrange(10)}", relation, False),
        *lease,
        *(None if contract_end is None else contract_end.isoformat(), "", 1),
    )


def _file(turn: Turn, people: list[Row], labels: dict[int, str]) -> None:
    connection = turn.session.connection()
    ids = next_ids(connection, HolderRow, len(people))
    pour(
        connection,
        HolderRow,
        _COLUMNS,
        [(each, *row) for each, row in zip(ids, people, strict=True)],
    )
    keys: list[tuple[str, int, str]] = []
    for holder_id, (name, _, unit, phone, id_number, *_) in zip(ids, people, strict=True):
        label = labels.get(int(str(unit)), "")
        keys += key_rows(
            holder_id, name=str(name), phone=str(phone), id_number=str(id_number), unit=label
        )
    pour(connection, SearchKeyRow, ("key", "holder_id", "kind"), sorted(keys))
