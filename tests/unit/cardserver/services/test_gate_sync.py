"""Who enforces what since when, and the bell that wakes gates; on both stores.

"Revoked everywhere at 10:32:07" is a question to the books, and its answer is never too early.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from cardserver.db.lines import lines_of
from cardserver.db.tables_gatesync import CardStandingRow, GateEnforcedRow
from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link
from cardserver.domain.station import StationKind
from cardserver.services import blocking, enrolling, gatefeed, gateseen, listeras
from cardserver.services.errors import Conflict
from cardserver.services.gatememory import Bodies, Body, EraMemory, GateMemory, Nonces
from cardserver.services.ingesting import GateBatch, ingest
from cardserver.services.listeras import ListStanding
from cardserver.services.newsbell import NewsBell
from cardserver.services.passages import passages
from cardserver.services.setup import SETUP
from cardserver.services.turn import Caller, writing
from cardserver.wire_cards import BlockRequest
from cardserver.wire_gates import SnapshotView
from cardserver.wire_gatesync import PassagesRequest
from tests.databases.frontdesk import DESK, FrontDesk, blank, new_id

SECOND = timedelta(seconds=1)
GATES = tuple(Caller(station=f"gate-{number}", kind=StationKind.GATE) for number in (1, 2))


@pytest.fixture
def gated(desk: FrontDesk) -> FrontDesk:
    """Two gates are on file."""
    for number, gate in enumerate(GATES):
        enrolling.enrol(desk.estate, SETUP, gate.station, bytes([number]) * 32)
    return desk


def ask(desk: FrontDesk, gate: Caller, after: int | None, **more: object) -> int:
    """Ask for what is newer; the version that came back."""
    asked = gatefeed.FeedAsk(after=after, **more)  # type: ignore[arg-type]
    return gatefeed.feed(desk.estate, gate, asked).version


def issued(desk: FrontDesk) -> int:
    """A card's number; each is another person's."""
    return desk.issue(desk.owner, blank()).number


def block(desk: FrontDesk, number: int) -> None:
    request = BlockRequest(request_id=new_id(), reason="lost")
    blocking.block(desk.estate, DESK, number, request)


def unblock(desk: FrontDesk, number: int) -> None:
    request = BlockRequest(request_id=new_id(), reason="found")
    blocking.unblock(desk.estate, DESK, number, request)


def later(desk: FrontDesk) -> None:
    desk.clock.now += SECOND


# --- revoked everywhere at


def test_revoked_everywhere_is_when_the_last_gate_said_so(gated: FrontDesk) -> None:
    number = issued(gated)
    known = [ask(gated, gate, None) for gate in GATES]
    later(gated)
    block(gated, number)
    blocked_at = gated.clock.now
    told = [ask(gated, gate, version) for gate, version in zip(GATES, known, strict=True)]
    reach = gateseen.reach_of_card(gated.estate, SETUP, number)
    assert (reach.status, reach.changed_at) == ("blocked", blocked_at)
    assert (reach.everywhere_at, reach.missing) == (None, ("gate-1", "gate-2"))
    later(gated)
    ask(gated, GATES[0], told[0])
    assert gateseen.reach_of_card(gated.estate, SETUP, number).missing == ("gate-2",)
    later(gated)
    ask(gated, GATES[1], told[1])
    reach = gateseen.reach_of_card(gated.estate, SETUP, number)
    assert (reach.everywhere_at, reach.missing) == (blocked_at + 2 * SECOND, ())
    assert [each.at for each in reach.gates] == [blocked_at + SECOND, blocked_at + 2 * SECOND]


def test_what_changes_about_a_revoked_card_later_moves_its_time_no_more(gated: FrontDesk) -> None:
    number = issued(gated)
    block(gated, number)
    version = ask(gated, GATES[0], None)
    for gate in GATES:
        ask(gated, gate, version)
    everywhere = gateseen.reach_of_card(gated.estate, SETUP, number).everywhere_at
    later(gated)
    block(gated, number)
    reach = gateseen.reach_of_card(gated.estate, SETUP, number)
    assert (reach.version, reach.everywhere_at) == (version, everywhere)


def test_a_card_allowed_again_and_denied_again_counts_from_the_second_time(
    gated: FrontDesk,
) -> None:
    number = issued(gated)
    block(gated, number)
    for gate in GATES:
        ask(gated, gate, ask(gated, gate, None))
    assert gateseen.reach_of_card(gated.estate, SETUP, number).everywhere_at is not None
    unblock(gated, number)
    allowed = gateseen.reach_of_card(gated.estate, SETUP, number)
    assert (allowed.status, allowed.everywhere_at) == ("live", None)
    later(gated)
    block(gated, number)
    again = gateseen.reach_of_card(gated.estate, SETUP, number)
    assert (again.changed_at, again.everywhere_at) == (gated.clock.now, None)


def test_a_gate_that_came_back_with_an_older_list_is_missing_until_it_has_the_newer(
    gated: FrontDesk,
) -> None:
    """Its disk was put back from a copy, and the card opens there again for the moment."""
    number = issued(gated)
    before = [ask(gated, gate, None) for gate in GATES]
    block(gated, number)
    after = [ask(gated, gate, version) for gate, version in zip(GATES, before, strict=True)]
    for gate, version in zip(GATES, after, strict=True):
        ask(gated, gate, version)
    assert gateseen.reach_of_card(gated.estate, SETUP, number).missing == ()
    ask(gated, GATES[1], before[1])
    reach = gateseen.reach_of_card(gated.estate, SETUP, number)
    assert (reach.everywhere_at, reach.missing) == (None, ("gate-2",))
    ask(gated, GATES[1], after[1])
    assert gateseen.reach_of_card(gated.estate, SETUP, number).missing == ()


def test_a_gate_whose_keys_are_gone_is_waited_for_no_more(gated: FrontDesk) -> None:
    version = ask(gated, GATES[0], None)
    ask(gated, GATES[0], version)
    assert gateseen.reach_of_version(gated.estate, SETUP, version).missing == ("gate-2",)
    enrolling.revoke(gated.estate, SETUP, "gate-2")
    assert gateseen.reach_of_version(gated.estate, SETUP, version).missing == ()


def test_a_gate_that_fell_silent_is_told_from_one_that_was_taken_away(gated: FrontDesk) -> None:
    def silent() -> list[bool]:
        return [each.silent for each in gateseen.gates(gated.estate, SETUP).gates]

    ask(gated, GATES[0], None)
    gated.clock.now += timedelta(minutes=2)
    assert silent() == [False, False]  # the other one was never here
    later(gated)
    assert silent() == [True, False]
    ask(gated, GATES[0], None)
    assert silent() == [False, False]
    gated.clock.now += timedelta(minutes=3)
    enrolling.revoke(gated.estate, SETUP, "gate-1")
    assert silent() == [False, False]


def test_what_gates_said_is_never_changed(gated: FrontDesk) -> None:
    block(gated, issued(gated))
    version = ask(gated, GATES[0], None)
    ask(gated, GATES[0], version)
    for table in (GateEnforcedRow, CardStandingRow):
        for statement in (delete(table), update(table).values(version=0)):
            with pytest.raises((DatabaseError, Conflict)), writing(gated.estate, SETUP) as turn:
                turn.session.execute(statement)


def test_an_idle_gate_is_written_down_now_and_then_only(gated: FrontDesk) -> None:
    version = ask(gated, GATES[0], None)
    ask(gated, GATES[0], version, waiting=5, drift_ms=-40)

    def seen() -> tuple[object, ...]:
        (gate, _) = gateseen.gates(gated.estate, SETUP).gates
        return (gate.seen_at, gate.version_at, gate.waiting, gate.drift_ms)

    first = gated.clock.now
    gated.clock.now += 29 * SECOND
    ask(gated, GATES[0], version)
    assert seen() == (first, first, 5, -40)
    later(gated)
    ask(gated, GATES[0], version)
    assert seen() == (first + 30 * SECOND, first, 0, 0)


# --- what comes down


def test_a_gate_ahead_of_a_restored_centre_is_given_the_whole_list(gated: FrontDesk) -> None:
    version = ask(gated, GATES[0], None)
    body = gatefeed.feed(gated.estate, GATES[0], gatefeed.FeedAsk(after=version + 9))
    assert (body.version, b'"complete":true' in body.plain) == (version, True)


def test_many_gates_that_ask_the_same_are_given_one_answer(gated: FrontDesk) -> None:
    issued(gated)
    whole = gatefeed.FeedAsk(after=None)
    first, second = (gatefeed.feed(gated.estate, gate, whole) for gate in GATES)
    assert first is second
    issued(gated)
    assert gatefeed.feed(gated.estate, GATES[0], whole) is not first


# --- the bell


@contextmanager
def waiting(desk: FrontDesk, known: int, count: int = 1) -> Iterator[list[int]]:
    """So many gates wait for news; what they were told, once the block is over."""
    told: list[int] = []
    asked = gatefeed.FeedAsk(after=known, wait_s=10)

    def wait(number: int) -> None:
        gate = replace(GATES[0], station=f"gate-{number}")
        told.append(gatefeed.feed(desk.estate, gate, asked).version)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    while desk.estate.gates.news.waiting < count:
        time.sleep(0.002)
    yield told
    for thread in threads:
        thread.join(5)


def test_who_waits_is_woken_by_the_commit_and_holds_nothing_meanwhile(gated: FrontDesk) -> None:
    number = issued(gated)
    known = ask(gated, GATES[0], None)
    began = time.monotonic()
    with waiting(gated, known, count=5) as told:
        engine = gated.estate.engine
        while engine.pool.checkedout() > lines_of(engine).at_hand:  # type: ignore[attr-defined]
            assert time.monotonic() - began < 5  # each looks once, and then sleeps
        block(gated, number)
    assert told == [known + 1] * 5
    assert time.monotonic() - began < 5


def test_a_change_of_another_server_on_the_same_store_is_seen_by_who_looks(
    gated: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardserver.services.newsbell.LOOK_EVERY_S", 0.05)
    number = issued(gated)
    known = ask(gated, GATES[0], None)
    other = replace(gated.estate, gates=GateMemory())
    with waiting(gated, known) as told:
        blocking.block(other, DESK, number, BlockRequest(request_id=new_id(), reason="lost"))
    assert told == [known + 1]


def test_one_gate_too_many_is_answered_at_once(gated: FrontDesk) -> None:
    known = ask(gated, GATES[0], None)
    gated.estate.gates.news.max_waiting = 1
    with waiting(gated, known):
        began = time.monotonic()
        assert ask(gated, GATES[1], known, wait_s=10.0) == known
        assert time.monotonic() - began < 1
        gated.estate.gates.news.close()


def test_a_bell_that_rings_between_looking_and_waiting_is_heard() -> None:
    bell, version = NewsBell(), 1

    def look() -> int:
        nonlocal version
        seen, version = version, 2
        bell.ring()
        return seen

    began = time.monotonic()
    assert bell.wait_for_other(1, look, 10) == 2
    assert time.monotonic() - began < 0.5


# --- what may be forgotten


def test_a_nonce_is_taken_once_while_it_is_fresh(desk: FrontDesk) -> None:
    nonces, now = Nonces(), desk.clock.now
    assert nonces.take("a", now + SECOND, now)
    assert not nonces.take("a", now + SECOND, now)
    assert nonces.take("b", now + 9 * SECOND, now + 2 * SECOND)
    assert len(nonces._until) == 1


def test_who_asks_while_an_answer_is_made_waits_for_it_and_a_failure_is_no_answer() -> None:
    bodies, made = Bodies(), []
    begun, go_on = threading.Event(), threading.Event()

    def make() -> Body:
        made.append(1)
        begun.set()
        go_on.wait(5)
        return Body.of(7, b"{}")

    got: list[Body] = []
    threads = [threading.Thread(target=lambda: got.append(bodies.get("q", make))) for _ in range(3)]
    for thread in threads:
        thread.start()
    begun.wait(5)
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert len(made) == 1
    assert len({id(body) for body in got}) == 1

    def fail() -> Body:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        bodies.get("other", fail)
    assert bodies.get("other", make).version == 7


# --- who passed at the other gates


def line(desk: FrontDesk, sequence: int, **more: object) -> GateEvent:
    values: dict[str, object] = {
        "at": desk.clock.now,
        "lane": "car-in",
        "kind": EventKind.TAP,
        "uid": b"1234",
        "card_number": 7,
        "granted": True,
        "by": "",
    }
    return GateEvent(sequence=sequence, **(values | more))  # type: ignore[arg-type]


def hand_over(desk: FrontDesk, gate: Caller, journal: str, *lines: GateEvent) -> None:
    chain = GENESIS
    for each in lines:
        batch = GateBatch(journal=journal, before=chain, events=[each])
        ingest(desk.estate, gate, batch)
        chain = link(chain, journal, each)


def told(desk: FrontDesk, gate: Caller, known: dict[str, int]) -> tuple[list[int], dict[str, int]]:
    """Numbers of the lines that a gate is told, and what it knows then."""
    found = passages(desk.estate, gate, PassagesRequest(known=known))
    return [each.sequence for each in found.lines], dict(found.known)


def test_gate_02a_a_gate_is_told_who_passed_at_the_others_and_nothing_more(
    gated: FrontDesk,
) -> None:
    journal = new_id()
    hand_over(
        gated,
        GATES[0],
        journal,
        line(gated, 1),
        line(gated, 2, granted=False, reason="expired"),
        line(gated, 3, kind=EventKind.PASSED, granted=False),
        line(gated, 4, kind=EventKind.OPENED_BY_HAND, by="赵强", detail="送货", card_number=None),
        line(gated, 5, kind=EventKind.NEUTRAL, by="赵强", detail="estate", card_number=None),
        line(gated, 6, kind=EventKind.ALARM, detail="copy-too-old", card_number=None),
    )
    assert told(gated, GATES[0], {}) == ([], {})
    assert told(gated, GATES[1], {}) == ([1, 3, 5], {journal: 6})
    assert told(gated, GATES[1], {journal: 3}) == ([5], {journal: 6})
    assert told(gated, GATES[1], {journal: 6}) == ([], {journal: 6})
    assert told(gated, GATES[1], {journal: 99}) == ([], {journal: 6})
    found = passages(gated.estate, GATES[1], PassagesRequest()).lines
    assert {(each.uid, each.by) for each in found} == {(b"", "")}
    assert [each.detail for each in found] == ["", "", "estate"]


def test_a_gate_whose_clock_ran_ahead_is_not_later_than_its_lines_came(gated: FrontDesk) -> None:
    ahead = gated.clock.now + timedelta(days=3)
    hand_over(gated, GATES[0], new_id(), line(gated, 1, at=ahead))
    (only,) = passages(gated.estate, GATES[1], PassagesRequest()).lines
    assert only.at == gated.clock.now


def test_many_passages_come_in_parts_and_each_once(
    gated: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardserver.services.passages.MOST_LINES", 2)
    journals = {new_id(): GATES[0], new_id(): replace(GATES[0], station="gate-3")}
    for journal, gate in journals.items():
        hand_over(gated, gate, journal, *(line(gated, number) for number in (1, 2, 3)))
    known: dict[str, int] = {}
    seen: list[int] = []
    more = True
    while more:
        found = passages(gated.estate, GATES[1], PassagesRequest(known=known))
        assert len(found.lines) <= 2
        seen += [each.sequence for each in found.lines]
        known, more = dict(found.known), found.more
    assert sorted(seen) == [1, 1, 2, 2, 3, 3]
    assert known == dict.fromkeys(journals, 3)


# --- which history a version belongs to


def begin_anew(desk: FrontDesk) -> None:
    """Another server process on the same store."""
    desk.estate.gates.eras = EraMemory()


def stands(desk: FrontDesk) -> ListStanding:
    return listeras.standing(desk.estate, GATES[0])


def test_whatever_was_once_the_list_is_known_over_all_restarts(gated: FrontDesk) -> None:
    past = [stands(gated)]
    number = issued(gated)
    for change in (block, unblock, block):
        past.append(stands(gated))
        begin_anew(gated)
        change(gated, number)
        past.append(stands(gated))
    now = stands(gated)
    assert len({each.era for each in past}) == 4
    assert not any(listeras.strays(gated.estate, now, each.version, each.era) for each in past)


def test_what_an_era_had_not_reached_when_the_next_began_was_never_the_list(
    gated: FrontDesk,
) -> None:
    """So it is with what a gate had from a centre that was lost after its last backup."""
    number = issued(gated)
    before = stands(gated)
    begin_anew(gated)
    for change in (block, unblock, block):
        change(gated, number)
    now = stands(gated)
    strays = [
        listeras.strays(gated.estate, now, before.version + more, before.era) for more in range(3)
    ]
    assert strays == [False, True, True]
    assert listeras.strays(gated.estate, now, 0, "0123456789abcdef")
    assert not listeras.strays(gated.estate, now, before.version, "")
    assert listeras.strays(gated.estate, now, now.version + 1, "")


def test_an_era_begins_before_the_first_change_that_a_process_makes(gated: FrontDesk) -> None:
    """Not with the first question of a gate: by then the number may have caught up."""
    number = issued(gated)
    before = stands(gated)
    begin_anew(gated)
    block(gated, number)
    assert listeras.strays(gated.estate, stands(gated), before.version + 1, before.era)


def test_a_gate_whose_list_is_of_another_history_is_told_so_with_the_whole_list(
    gated: FrontDesk,
) -> None:
    number = issued(gated)
    known = stands(gated).version
    block(gated, number)
    lost = gatefeed.FeedAsk(after=known, era="0123456789abcdef", wait_s=10)
    told = SnapshotView.model_validate_json(gatefeed.feed(gated.estate, GATES[0], lost).plain)
    assert (told.complete, told.restored, len(told.cards)) == (True, True, 1)
    mine = gatefeed.FeedAsk(after=known, era=told.era)
    told = SnapshotView.model_validate_json(gatefeed.feed(gated.estate, GATES[1], mine).plain)
    assert (told.complete, told.restored) == (False, False)
    seen = {each.station: each.version for each in gateseen.gates(gated.estate, SETUP).gates}
    assert seen == {"gate-1": None, "gate-2": known}
