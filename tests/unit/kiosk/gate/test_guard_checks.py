"""What a guard checks beside the cards, by name, with the line to the centre or without it.

GATE-04: goods leave against a slip that is taken back (GOODS-05). GATE-06: building material.
"""

import html
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from flask.testing import FlaskClient

from cardserver.domain.gatechecks import about, subject_of, subject_typed
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import NO_RULES, Filing
from cardserver.domain.ruledocument import RulesFlawed, read_rules
from cardserver.domain.ruleflaws import FlawWord
from cardserver.domain.schedules import Calendar
from cardserver.domain.signin import DEMO_PASSWORD
from kiosk.gate.checkpages import live_filings
from kiosk.gate.checks import GuardChecks
from kiosk.gate.journal import GateJournal
from kiosk.gate.overriding import OverrideRefused
from kiosk.gate.shared import Shared
from kiosk.station.events import Bell
from simulators.estate import GUARD, HEAD
from simulators.site import Site
from tests.databases.frontdesk import new_id

FILED = """
[[filing]]
id = "2025-017"
unit = "3-1-501"
first = 2025-05-01
last = 2025-07-31
items = ["瓷砖", "橱柜"]

[[filing]]
id = "2025-003"
unit = "3-2-802"
first = "2025-02-01"
last = "2025-04-30"
"""


@pytest.fixture
def gate(site: Site) -> Iterator[FlaskClient]:
    client = site.stations["gate"].app.test_client()
    told(client, "/guard/sign-in", name=GUARD, password=DEMO_PASSWORD)
    yield client
    client.post("/guard/sign-out")


def told(gate: FlaskClient, address: str, **form: str) -> str:
    answer = gate.post(address, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def lines(site: Site, *kinds: EventKind) -> list[tuple[str, str, str, str]]:
    found = site.lanes[0]._shared.journal.last(20, *kinds)
    return [(each.kind.value, each.lane, each.by, each.detail) for each in found]


def test_gate_04_goods_leave_against_a_slip_that_is_taken_back_once(
    site: Site, gate: FlaskClient
) -> None:
    form = {"slip": " WZ-2025-131 ", "lane": "carpark", "result": "agrees"}
    assert "放行条已收回，已登记" in told(gate, "/guard/goods", **form)
    assert lines(site, EventKind.GOODS) == [("goods", "carpark", GUARD, "WZ-2025-131")]
    assert "slip-used" in told(gate, "/guard/goods", **form)
    assert "slip-missing" in told(gate, "/guard/goods", slip=" ： ", result="agrees")
    assert len(lines(site, EventKind.GOODS)) == 1


def test_gate_04_goods_that_differ_leave_the_slip_as_it_is_and_the_desk_is_told(
    site: Site, gate: FlaskClient
) -> None:
    form = {"slip": "WZ-7", "lane": "nowhere", "result": "differs"}
    assert "difference-missing" in told(gate, "/guard/goods", **form)
    assert "请和前台核对" in told(gate, "/guard/goods", **form, seen="多一台冰箱")
    assert lines(site, EventKind.GOODS_DIFFER) == [("goods-differ", "", GUARD, "WZ-7：多一台冰箱")]
    told(gate, "/guard/goods", slip="WZ-7", lane="carpark", result="agrees")
    assert lines(site, EventKind.GOODS)[0][3] == "WZ-7"


def test_gate_06_building_material_is_put_on_record_and_goes_in_as_usual(
    site: Site, gate: FlaskClient
) -> None:
    assert "material-unit-missing" in told(gate, "/guard/material", seen="钢梁")
    assert "material-missing" in told(gate, "/guard/material", unit="3-1-501", seen=" ")
    assert "安全主管会在前台看到" in told(gate, "/guard/material", unit="3-1-501", seen="钢梁 两根")
    assert lines(site, EventKind.MATERIAL) == [("material", "", GUARD, "3-1-501：钢梁 两根")]


def test_gate_06_and_04_stand_at_the_desk_until_somebody_has_taken_note_by_name(
    site: Site, gate: FlaskClient
) -> None:
    told(gate, "/guard/material", unit="5-9", seen="红砖")
    site.uplink.round()
    desk = site.stations["desk"].app.test_client()
    shown = desk.get("/gates/").text
    assert "登记装修材料" in shown
    assert "5-9：红砖" in shown
    form = {"name": HEAD, "password": DEMO_PASSWORD, "action": "gate-reports"}
    desk.post("/step-up", data=form)
    report = desk.get("/gates/reports").text
    assert "5-9：红砖" in report
    assert GUARD in report
    assert "5-9：红砖" in desk.get("/gates/reports.csv").get_data(as_text=True)
    desk.post("/step-up/end")


def test_nobody_puts_anything_on_record_without_a_name(site: Site, gate: FlaskClient) -> None:
    gate.post("/guard/sign-out")
    before = len(lines(site, EventKind.GOODS, EventKind.MATERIAL))
    assert "nobody-on-duty" in told(gate, "/guard/goods", slip="WZ-9", result="agrees")
    assert "nobody-on-duty" in told(gate, "/guard/material", unit="1", seen="x")
    assert len(lines(site, EventKind.GOODS, EventKind.MATERIAL)) == before
    assert 'name="slip"' not in gate.get("/").text


def test_gate_06a_the_guard_sees_what_is_filed_for_today_and_what_was_approved(
    site: Site, gate: FlaskClient
) -> None:
    desk = site.stations["desk"].app.test_client()
    for action in ("read-gate-rules", "set-gate-rules"):
        form = {"name": "系统管理员", "password": DEMO_PASSWORD, "action": action}
        desk.post("/step-up", data=form)
    shown = desk.get("/gates/rules").text
    standing = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown, re.DOTALL)
    version = re.search(r'name="after" value="(\d+)"', shown)
    assert standing
    assert version
    rules = html.unescape(standing.group(1)) + FILED
    form = {"request_id": new_id(), "document": rules, "note": "备案", "after": version.group(1)}
    desk.post("/gates/rules", data=form)
    desk.post("/step-up/end")
    site.uplink.round()
    shown = gate.get("/").text
    assert "3-1-501" in shown
    assert "瓷砖 · 橱柜" in shown
    assert "3-2-802" not in shown


# --- the rules beneath


def test_a_slip_is_known_as_used_after_the_gate_was_switched_off(site: Site) -> None:
    shared = site.lanes[0]._shared
    checks = GuardChecks(shared)
    checks.take_slip_back(by="李", lane="", slip="WZ-88", agrees=True, seen="冰箱：一台")
    again = GuardChecks(Shared.of(shared.journal, bell=Bell(), clock=shared.clock))
    with pytest.raises(Exception, match="slip-used"):
        again.take_slip_back(by="李", lane="", slip="WZ-88", agrees=True, seen="")


def test_gate_04_a_slip_that_another_gate_took_back_is_known_here_with_the_list(
    site: Site, gate: FlaskClient, tmp_path: Path
) -> None:
    form = {"slip": "WZ-2025-140", "lane": "carpark", "result": "agrees"}
    told(gate, "/guard/goods", **form)
    site.uplink.round()  # the line goes up
    site.uplink.round()  # and comes back with the list
    assert "WZ-2025-140" in site.uplink.snapshot().slips
    shared = site.lanes[0]._shared
    with closing(GateJournal(tmp_path / "gate.db")) as journal:
        elsewhere = Shared.of(journal, bell=Bell(), clock=shared.clock)
        checks = GuardChecks(elsewhere, lambda: site.uplink.snapshot().slips)
        with pytest.raises(OverrideRefused, match="slip-used"):
            checks.take_slip_back(by="李", lane="", slip="WZ-2025-140", agrees=True, seen="")
        checks.take_slip_back(by="李", lane="", slip="WZ-2025-141", agrees=True, seen="")


@pytest.mark.parametrize("typed", ["WZ 1：2", "W\x00Z1:2", " WZ12\n"])
def test_what_a_line_is_about_is_found_again_in_its_text(typed: str) -> None:
    subject = subject_typed(typed, 40)
    line = GateEvent(sequence=1, at=datetime(2025, 5, 9, tzinfo=UTC), lane="", kind=EventKind.GOODS)
    assert subject == "WZ12"
    for seen in ("", "冰箱：一台"):
        assert subject_of(line._replace(detail=about(subject, seen))) == subject


def test_gate_06a_a_filing_holds_from_its_first_to_its_last_day() -> None:
    filed = Filing(filing="1", unit="3", first=date(2025, 5, 1), last=date(2025, 5, 31))
    rules = replace(NO_RULES, filings=MappingProxyType({"1": filed}))
    days = (filed.first - timedelta(days=1), filed.first, filed.last, date(2025, 6, 1))
    assert [bool(live_filings(rules, day)) for day in days] == [False, True, True, False]


def test_filings_are_read_from_the_rules_and_their_mistakes_are_told() -> None:
    rules = read_rules(FILED, Calendar())
    assert rules.filings["2025-017"].items == ("瓷砖", "橱柜")
    flawed = FILED.replace("2025-003", "2025-017").replace("2025-04-30", "2025-01-01")
    with pytest.raises(RulesFlawed) as told_all:
        read_rules(flawed, Calendar())
    words = [(each.word, each.where) for each in told_all.value.flaws]
    assert words == [
        (FlawWord.DAYS_BACKWARDS, "filing[2].last"),
        (FlawWord.NAMED_TWICE, "filing[2].id"),
    ]
