"""Owner data from a file: previewed row by row, taken over as previewed, all of it or nothing."""

import hashlib
import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from cardserver.db.tables import HolderRow
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.services import importing, people, units
from cardserver.services.jobs import JOBS
from cardserver.services.turn import Turn, reading
from cardserver.wire_imports import (
    ImportLine,
    ImportRequest,
    ImportView,
    PartRequest,
    TakeOverRequest,
)
from tests.databases.frontdesk import DESK, FrontDesk, new_id, refused
from tests.unit.cardserver.people.filing_cabinet import Cabinet

HEAD = "房号,业主姓名,联系电话,身份证号,与业主关系,业主类型"


def quiet(_done: int, _total: int) -> None:
    pass


def upload(desk: FrontDesk, *rows: str, data: bytes | None = None, name: str = "业主.csv") -> str:
    body = data if data is not None else "\n".join([HEAD, *rows]).encode("gb18030")
    digest = hashlib.sha256(body).hexdigest()
    request = ImportRequest(import_id=new_id(), name=name, size=len(body), sha256=digest)
    importing.begin_import(desk.estate, DESK, request)
    middle = len(body) // 2
    for part, piece in enumerate((body[:middle], body[middle:])):
        if piece:
            sent = PartRequest(part=part, data=piece)
            importing.receive_part(desk.estate, DESK, request.import_id, sent)
            importing.receive_part(desk.estate, DESK, request.import_id, sent)  # sent twice
    return request.import_id


def previewed(desk: FrontDesk, *rows: str, **more: Any) -> ImportView:
    import_id = upload(desk, *rows, **more)
    importing.preview(desk.estate, DESK, import_id, quiet)
    return importing.show_import(desk.estate, DESK, import_id)


def lines(desk: FrontDesk, view: ImportView) -> list[ImportLine]:
    return list(importing.list_lines(desk.estate, DESK, view.import_id, None, 0).lines)


def take_over(desk: FrontDesk, view: ImportView) -> ImportView:
    request = TakeOverRequest(request_id=new_id(), sha256=view.sha256, digest=view.digest)
    importing.take_over(desk.estate, DESK, view.import_id, request, quiet)
    return importing.show_import(desk.estate, DESK, view.import_id)


def holders(desk: FrontDesk) -> int:
    with reading(desk.estate, DESK) as turn:
        return turn.session.scalar(select(func.count()).select_from(HolderRow)) or 0


def found(desk: FrontDesk, words: str) -> list[str]:
    page = people.list_people(
        desk.estate, DESK, query=words, holder_class=None, standing="all", page=0
    )
    return [each.name for each in page.people]


def test_every_row_has_a_fate_before_anything_is_written(desk: FrontDesk) -> None:
    before = holders(desk)
    view = previewed(
        desk,
        "9-0101,𠮷田芳,13800000001,11010119900307123X,,",
        "9-0101,𠮷小芳,13800000002,,女儿,",
        "9-0102,深蓝公司,075580001234,91440300MA5XXXXX0A,,单位",
        "3-1201,王秀兰,13900001299,,,",
        "3-1201,李小明,13900001201,110101195503079991,弟弟,",
        "3-1201,别人,13800000009,,,",
        "9-0101,𠮷田芳,13800000001,11010119900307123X,,",
        ",无房,13800000003,,,",
        "9-0103,,13800000003,,,",
        "9-0104,电话,abc,,,",
        "9-0105,证件,,1101011990030712,,",
        "9-0106,独子,,,儿子,",
    )
    seen = [(each.fate, each.reason) for each in lines(desk, view)]
    assert seen == [
        ("new", ""),
        ("new", ""),
        ("new", ""),
        ("changed", ""),
        ("changed", ""),
        ("new", ""),
        ("refused", "row-twice"),
        ("refused", "row-without-unit"),
        ("refused", "row-without-name"),
        ("refused", "phone-unclear"),
        ("refused", "id-number-unclear"),
        ("refused", "owner-missing"),
    ]
    assert lines(desk, view)[3].detail == (("phone", "139****1201", "139****1299"),)
    assert lines(desk, view)[6].detail == (("line", "2"),)
    assert view.counts == {"new": 4, "changed": 2, "same": 0, "refused": 6}
    assert holders(desk) == before


def test_what_was_previewed_is_written_and_found_at_once(desk: FrontDesk) -> None:
    rows = ("9-0101,𠮷田芳,13800000001,11010119900307123X,,", "3-1201,王秀兰,13900001299,,,")
    done = take_over(desk, previewed(desk, *rows))
    assert done.state == "taken-over"
    assert found(desk, "𠮷田") == found(desk, "9-0101") == found(desk, "123X") == ["𠮷田芳"]
    assert found(desk, "1299") == ["王秀兰"]
    history = people.sheet(desk.estate, DESK, desk.owner).history
    assert [(each.act, each.operator) for each in history] == [("imported", DESK.operator)]
    owner = people.sheet(desk.estate, DESK, desk.owner).person
    assert (owner.phone, owner.id_number[-4:], owner.version) == ("139****1299", "9991", 2)


def test_a_second_import_of_the_same_file_changes_nothing(desk: FrontDesk) -> None:
    row = "9-0101,𠮷田芳,13800000001,11010119900307123X,,"
    take_over(desk, previewed(desk, row))
    again = previewed(desk, row)
    assert again.counts == {"new": 0, "changed": 0, "same": 1, "refused": 0}
    newer = previewed(desk, row.replace("13800000001", "13800000005"))
    take_over(desk, newer)
    assert found(desk, "0005") == ["𠮷田芳"]
    assert found(desk, "0001") == []


def test_another_owner_is_never_written_over_by_a_file_ic_22(desk: FrontDesk) -> None:
    view = previewed(desk, "3-1201,新业主,13800000001,,,")
    (line,) = lines(desk, view)
    assert (line.fate, line.reason, line.detail) == (
        "refused",
        "other-owner",
        (("owner", "王秀兰"),),
    )


def test_a_company_and_its_occupants_come_in_a_file_ic_23a(desk: FrontDesk) -> None:
    take_over(
        desk, previewed(desk, "9-0102,深蓝公司,,91440300MA5XXXXX0A,,单位", "9-0102,林工,,,使用人,")
    )
    (unit,) = units.list_units(desk.estate, DESK, "9-0102", 0).units
    household = units.household(desk.estate, DESK, unit.unit_id)
    assert [(each.name, each.company, each.holder_class) for each in household.current] == [
        ("深蓝公司", True, HolderClass.OWNER),
        ("林工", False, HolderClass.FAMILY),
    ]


def test_a_file_changed_between_preview_and_yes_is_not_taken_over(cabinet: Cabinet) -> None:
    desk = cabinet.desk
    view = previewed(desk, "3-1201,王秀兰,13900001299,,,")
    owner = people.sheet(desk.estate, DESK, desk.owner).person
    cabinet.change(owner, phone="13700000000")
    before = people.sheet(desk.estate, DESK, desk.owner)
    with refused("preview-outdated"):
        take_over(desk, view)
    assert people.sheet(desk.estate, DESK, desk.owner) == before
    other = view.model_copy(update={"sha256": "0" * 64})
    with refused("preview-outdated"):
        take_over(desk, other)


def test_nothing_is_half_written_when_a_row_cannot_be(desk: FrontDesk, monkeypatch: Any) -> None:
    from cardserver.services import importwriting

    view = previewed(desk, "9-0101,甲,,,,", "3-1201,王秀兰,13900001299,,,")
    before = holders(desk)

    def torn(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(importwriting, "_write_changed", torn)
    with pytest.raises(OSError, match="full"):
        take_over(desk, view)
    assert holders(desk) == before
    assert found(desk, "9-0101") == []
    assert importing.show_import(desk.estate, DESK, view.import_id).state == "previewed"
    monkeypatch.undo()
    assert take_over(desk, view).state == "taken-over"


def test_a_file_that_cannot_be_read_is_refused_as_a_whole(desk: FrontDesk) -> None:
    view = previewed(desk, data="房号,备注\n3-1201,x".encode())
    assert (view.state, view.problem) == ("refused", "columns-missing")
    assert "业主姓名" in view.detail
    with refused("preview-outdated"):
        take_over(desk, view)


def test_a_file_that_did_not_arrive_in_full_is_not_looked_at(desk: FrontDesk) -> None:
    body = HEAD.encode()
    request = ImportRequest(import_id=new_id(), name="a.csv", size=999, sha256="0" * 64)
    importing.begin_import(desk.estate, DESK, request)
    part = PartRequest(part=0, data=body)
    importing.receive_part(desk.estate, DESK, request.import_id, part)
    with refused("file-incomplete"):
        importing.preview(desk.estate, DESK, request.import_id, quiet)
    with refused("id-reused"):
        other = PartRequest(part=0, data=b"another")
        importing.receive_part(desk.estate, DESK, request.import_id, other)
    with refused("file-too-large"):
        large = request.model_copy(update={"import_id": new_id(), "size": 40 * 1024 * 1024})
        importing.begin_import(desk.estate, DESK, large)


def test_a_file_let_go_leaves_nothing_behind(desk: FrontDesk) -> None:
    view = previewed(desk, "9-0101,甲,,,,")
    assert importing.drop_import(desk.estate, DESK, view.import_id).state == "dropped"
    assert lines(desk, view) == []
    with refused("import-closed"):
        importing.preview(desk.estate, DESK, view.import_id, quiet)


def test_the_work_goes_on_apart_from_the_call_and_tells_how_far_it_is(desk: FrontDesk) -> None:
    import_id = upload(desk, "9-0101,甲,,,,")
    importing.start_preview(desk.estate, DESK, import_id)
    JOBS.wait(import_id, 20)
    view = importing.show_import(desk.estate, DESK, import_id)
    assert (view.state, view.running, view.done, view.total) == ("previewed", False, 3, 3)
    request = TakeOverRequest(request_id=new_id(), sha256=view.sha256, digest=view.digest)
    importing.start_take_over(desk.estate, DESK, import_id, request)
    JOBS.wait(import_id, 20)
    assert importing.show_import(desk.estate, DESK, import_id).state == "taken-over"
    assert found(desk, "9-0101") == ["甲"]


def test_work_that_ends_while_its_row_is_read_is_not_told_as_over_before_its_outcome(
    desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id, done, find = upload(desk, "9-0101,甲,,,,"), threading.Event(), Turn.find
    JOBS.start(import_id, lambda _progress: None if done.wait(20) else pytest.fail("forgotten"))

    def found_and_then_it_ends(*asked: Any) -> Any:
        row = find(*asked)
        done.set()
        JOBS.wait(import_id, 20)
        return row

    monkeypatch.setattr(Turn, "find", found_and_then_it_ends)
    seen = importing.show_import(desk.estate, DESK, import_id)
    assert (seen.state, seen.running) == ("receiving", True), "who asks again is told the outcome"
    assert not importing.show_import(desk.estate, DESK, import_id).running


def test_cards_of_an_imported_owner_follow_the_usual_rules(desk: FrontDesk) -> None:
    from tests.databases.frontdesk import blank

    take_over(desk, previewed(desk, "9-0101,甲,13800000001,,,"))
    page = people.list_people(
        desk.estate, DESK, query="9-0101", holder_class=None, standing="current", page=0
    )
    card = desk.issue(page.people[0].holder_id, blank())
    assert card.rights[RightKind.DOOR].last == date(2027, 6, 8)
