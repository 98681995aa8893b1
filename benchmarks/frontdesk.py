"""The front desk among a hundred thousand holders: how fast search answers, how long to import.

Search is the desk page's own request, from the page's own application to the server and back, in
one process; every round asks what people really type. The import sends a CSV of owners in parts,
previews it and takes it over, into an empty store on a disk with every safety on.
"""

import hashlib
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from benchmarks.measure import Effort, Figure, Measure
from cardserver.db.bulk import next_ids, pour, stored_instant
from cardserver.db.searching import key_rows
from cardserver.db.tables import CardRow, HolderRow, UnitRow
from cardserver.db.tables_people import SearchKeyRow
from cardserver.domain.permits import Role
from cardserver.domain.station import StationKind
from cardserver.services import importing
from cardserver.services.opening import open_estate
from cardserver.services.setup import SETUP
from cardserver.services.turn import Caller, Estate, writing
from cardserver.vault import demo_vault
from cardserver.wire_imports import MAX_PART_BYTES, ImportRequest, PartRequest, TakeOverRequest
from simulators.site import Site

PEOPLE: Final = 100_000
CARDS_EACH: Final = 2
_DESK: Final = Caller(
    station="desk-1",
    kind=StationKind.DESK,
    operator="张晓",
    roles=frozenset({Role.AGENT}),
)
_NAMES: Final = "王李张刘陈杨赵黄周吴"
_ASKED: Final = (
    *("王", "张秀", "赵芳", "112栋", "112-3-0704", "0704", "1390001", "4321", "30701", "109栋 王"),
    *("1", "00000777", "没有这个人", "112 3 0704", "3单元0704"),
)


def _label(number: int) -> str:
    building, door = number // 400 + 101, number // 100 % 4 + 1
    return f"{building}栋{door}单元{number // 4 % 25 + 1:02d}{number % 4 + 1:02d}"


def _person(number: int) -> tuple[str, str, str]:
    name = f"{_NAMES[number % 10]}{'秀明伟芳强丽'[number % 6]}{chr(0x4E00 + number * 7 % 6000)}"
    born = f"19{number % 50 + 50}{number % 12 + 1:02d}{number % 28 + 1:02d}"
    return name, f"1390{number:07d}", f"110101{born}{number % 1000:03d}X"


@contextmanager
def _empty() -> Iterator[Estate]:
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        estate = open_estate(f"sqlite:///{Path(folder) / 'yika.db'}", demo_vault(), name="bench")
        try:
            yield estate
        finally:
            estate.engine.dispose()


def _crowd(estate: Estate, people: int) -> None:
    with writing(estate, SETUP) as turn:
        connection = turn.session.connection()
        units = next_ids(connection, UnitRow, people)
        holders = next_ids(connection, HolderRow, people)
        rows = [(unit, _label(place), 1, 1) for place, unit in enumerate(units)]
        pour(connection, UnitRow, ("id", "label", "zones", "version"), rows)
        columns = ("id", "name", "holder_class", "unit_id", "phone", "id_number", "version")
        filed = [
            (holder, name, "owner", unit, phone, id_number, 1)
            for holder, unit, (name, phone, id_number) in zip(
                holders, units, map(_person, range(people)), strict=True
            )
        ]
        pour(connection, HolderRow, columns, filed)
        keys = [
            key
            for place, (holder, name, _, _, phone, id_number, _) in enumerate(filed)
            for key in key_rows(
                holder, name=name, phone=phone, id_number=id_number, unit=_label(place)
            )
        ]
        pour(connection, SearchKeyRow, ("key", "holder_id", "kind"), sorted(keys))
        _cards(turn.session, list(holders))


def _cards(session: Session, holders: list[int]) -> None:
    connection = session.connection()
    issued = stored_instant(connection, datetime(2025, 6, 9, tzinfo=UTC))
    bought = date(2025, 6, 9).isoformat()
    columns = (
        *("number", "uid", "medium", "card_kind", "status", "status_reason", "holder_id"),
        *("key_version", "issued_at", "bought_on", "version"),
    )
    numbers = range(1, len(holders) * CARDS_EACH + 1)
    rows = [
        (
            *(number, b"\x04" + number.to_bytes(6, "big"), "classic", "mifare-classic-1k"),
            # Version 0: no gate of the site is busy with them while the desk is measured.
            *("live", "", holders[(number - 1) // CARDS_EACH], 1, issued, bought, 0),
        )
        for number in numbers
    ]
    pour(connection, CardRow, columns, rows)


def _search(effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as folder, Site(Path(folder)) as site:
        _crowd(site.estate, effort.part_of(PEOPLE))
        page = site.stations["desk"].app.test_client()
        asked = [f"/search?q={words}" for words in _ASKED * (1 + effort.repeats * 2)]
        page.get(asked[0])
        times = [_answered(page, address) for address in asked]
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return Figure(name="desk.search", value=p95 * 1000, unit="ms p95", baseline=None)


def _answered(page: FlaskClient, address: str) -> float:
    began = time.perf_counter()
    answer = page.get(address)
    took = time.perf_counter() - began
    assert answer.status_code == HTTPStatus.OK
    return took


def _import(effort: Effort) -> Figure:
    people = effort.part_of(PEOPLE)
    lines = [f"{_label(each)},{','.join(_person(each))}" for each in range(people)]
    data = "\n".join(["房号,业主姓名,联系电话,身份证号", *lines]).encode("gb18030")
    steps: list[int] = []
    with _empty() as estate:
        began = time.perf_counter()
        request = ImportRequest(
            import_id=str(uuid4()),
            name="owners.csv",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        importing.begin_import(estate, _DESK, request)
        for part, start in enumerate(range(0, len(data), MAX_PART_BYTES)):
            piece = PartRequest(part=part, data=data[start : start + MAX_PART_BYTES])
            importing.receive_part(estate, _DESK, request.import_id, piece)
        importing.preview(estate, _DESK, request.import_id, lambda done, _: steps.append(done))
        view = importing.show_import(estate, _DESK, request.import_id)
        yes = TakeOverRequest(request_id=str(uuid4()), sha256=view.sha256, digest=view.digest)
        importing.take_over(
            estate, _DESK, request.import_id, yes, lambda done, _: steps.append(done)
        )
        took = time.perf_counter() - began
        assert view.counts["new"] == people
        assert steps
    return Figure(name="desk.import", value=took, unit="s")


MEASURES: Final[Mapping[str, Measure]] = {"desk.search": _search, "desk.import": _import}
