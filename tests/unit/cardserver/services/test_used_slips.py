"""A goods slip taken back at one gate is used up at every gate of the estate (GATE-04)."""

from datetime import timedelta

from cardserver.domain.admission import Snapshot
from cardserver.domain.gatechecks import about
from cardserver.domain.gateevent import EventKind
from cardserver.services.snapshots import snapshot
from cardserver.services.usedslips import TOLD_FOR, take_back
from cardserver.wire_gates import SnapshotView
from tests.databases.frontdesk import FrontDesk, blank
from tests.databases.gatework import WritingGate


def gate(desk: FrontDesk, name: str) -> WritingGate:
    return WritingGate(estate=desk.estate, station=name)


def told(at: WritingGate) -> int:
    """All its lines go to the centre, and their slips are put on file."""
    at.send()
    return take_back(at.estate, at.caller, at.journal, at.events)


def listed(at: WritingGate, after: int | None = None) -> SnapshotView:
    return snapshot(at.estate, at.caller, after)


def test_gate_04_a_slip_taken_back_at_one_gate_comes_to_the_others_with_the_list(
    desk: FrontDesk,
) -> None:
    one, other = gate(desk, "gate-1"), gate(desk, "gate-2")
    known = listed(other)
    one.write(EventKind.GOODS, by="李", detail=about("WZ-1", "冰箱：一台"))
    one.write(EventKind.GOODS_DIFFER, by="李", detail=about("WZ-2", "多一台冰箱"))
    assert told(one) == 1
    news = listed(other, known.version)
    assert (news.complete, news.slips, news.version) == (False, ("WZ-1",), known.version + 1)
    assert listed(other).slips == ("WZ-1",)


def test_lines_told_twice_and_a_slip_of_two_gates_change_the_list_once(desk: FrontDesk) -> None:
    one, other = gate(desk, "gate-1"), gate(desk, "gate-2")
    for each in (one, other):
        each.write(EventKind.GOODS, detail="WZ-1")
    assert (told(one), told(one), told(other)) == (1, 0, 0)
    version = listed(one).version
    other.write(EventKind.GOODS, detail="WZ-3")
    other.write(EventKind.GOODS, detail="WZ-2")
    assert told(other) == 2
    assert listed(one, version).slips == ("WZ-2", "WZ-3")
    assert listed(one, version).version == version + 1


def test_a_gate_lays_new_slips_over_those_it_knows_and_keeps_them_with_other_news(
    desk: FrontDesk,
) -> None:
    one = gate(desk, "gate-1")
    held: Snapshot | None = None
    for slip in ("WZ-1", "WZ-2"):
        one.write(EventKind.GOODS, detail=slip)
        told(one)
        held = listed(one, None if held is None else held.version).to_domain(held)
    assert held is not None
    desk.issue(desk.owner, blank())
    news = listed(one, held.version)
    assert news.slips == ()
    assert news.to_domain(held).slips == {"WZ-1", "WZ-2"}


def test_a_line_that_names_no_slip_is_no_slip(desk: FrontDesk) -> None:
    one = gate(desk, "gate-1")
    for detail in ("", "：冰箱", "W" * 41):
        one.write(EventKind.GOODS, detail=detail)
    assert told(one) == 0


def test_slips_are_told_as_long_as_a_gate_keeps_its_own_lines(desk: FrontDesk) -> None:
    one = gate(desk, "gate-1")
    one.write(EventKind.GOODS, detail="WZ-1")
    one.now += TOLD_FOR - timedelta(days=1)
    one.write(EventKind.GOODS, detail="WZ-2")
    told(one)
    desk.clock.now = one.now + timedelta(days=2)
    assert listed(one).slips == ("WZ-2",)
