"""What every store must do alike, whatever engine it is.

One writer at a time, readers of one moment, all or nothing, and the last word on what must never
happen twice.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from cardserver.db.engine import WRITER, open_engine
from cardserver.db.tables import (
    AuditRow,
    CardRow,
    CounterRow,
    HolderRow,
    LedgerEntryRow,
    OperationRow,
    RightRow,
    SaleRow,
    StationRow,
    VerificationRow,
)
from cardserver.domain.operation import Keying, OperationKind, OperationState
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.station import StationKind
from cardserver.domain.verification import VerificationMethod
from cardserver.services.errors import Conflict, StoreBusy
from cardserver.services.stations import NOBODY
from cardserver.services.turn import Estate, reading, writing
from cardserver.vault import demo_vault
from tests.databases.frontdesk import ZONE, SetClock, new_id
from tests.databases.stores import STORES, close_store, impatient, open_store, sqlite_store

NOW = datetime(2025, 6, 9, 1, 2, 3, 456789, tzinfo=UTC)


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    store = open_store(request.param, tmp_path)
    yield store
    close_store(store)


@pytest.fixture
def estate(engine: Engine) -> Estate:
    return Estate(name="x", engine=engine, vault=demo_vault(), zone=ZONE, clock=SetClock())


@contextmanager
def writer(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session, session.begin():
        session.connection(execution_options={WRITER: True})
        yield session


def made(at: datetime = NOW) -> dict[str, Any]:
    return {"at": at, "station": "desk-1", "operator": "张晓"}


def holder() -> HolderRow:
    return HolderRow(name="王", holder_class=HolderClass.OWNER, phone="", id_number="")


def card(number: int, uid: bytes, holder_id: int, status: CardStatus = CardStatus.LIVE) -> CardRow:
    return CardRow(
        number=number,
        uid=uid,
        medium=Medium.CLASSIC,
        card_kind="mifare-classic-1k",
        status=status,
        status_reason="",
        holder_id=holder_id,
        key_version=1,
        issued_at=NOW,
        bought_on=date(2025, 6, 9),
        version=1,
    )


def operation(uid: bytes, holder_id: int, **changes: Any) -> OperationRow:
    values: dict[str, Any] = {
        "id": new_id(),
        "kind": OperationKind.ISSUE,
        "state": OperationState.OPEN,
        "uid": uid,
        "medium": Medium.CLASSIC,
        "card_kind": "mifare-classic-1k",
        "card_number": 1,
        "holder_id": holder_id,
        "request": {},
        "plan": {},
        "changes": [],
        "keying": Keying.PERSONALISE,
        "key_version": 1,
    }
    return OperationRow(**{**values, **made(), **changes})


# --- all or nothing ------------------------------------------------------------------------------


def test_what_was_committed_is_there(estate: Estate) -> None:
    with writing(estate, NOBODY) as turn:
        turn.add(CounterRow(name="x", value=1))
    with reading(estate, NOBODY) as turn:
        assert turn.find(CounterRow, "x", "counter").value == 1


def test_a_failure_anywhere_leaves_nothing(estate: Estate) -> None:
    def fail() -> None:
        with writing(estate, NOBODY) as turn:
            turn.add(CounterRow(name="x", value=1))
            turn.note("did", "x")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    with reading(estate, NOBODY) as turn:
        assert turn.session.get(CounterRow, "x") is None
        assert turn.session.scalars(select(AuditRow)).all() == []


def test_a_counter_has_no_holes_where_a_use_case_failed(estate: Estate) -> None:
    """FEE-23."""

    def number(*, jam: bool) -> int:
        with writing(estate, NOBODY) as turn:
            given_number = turn.count("document")
            if jam:
                raise RuntimeError("paper jam")
        return given_number

    assert number(jam=False) == 1
    for _ in range(2):
        with pytest.raises(RuntimeError):
            number(jam=True)
    assert number(jam=False) == 2


def test_a_reader_changes_nothing(engine: Engine, estate: Estate) -> None:
    with reading(estate, NOBODY) as turn:
        turn.session.add(CounterRow(name="x", value=1))
        turn.session.expunge_all()
    with Session(engine) as session:
        assert session.get(CounterRow, "x") is None


# --- one writer, readers of one moment -----------------------------------------------------------


def test_a_second_writer_waits_for_the_first(estate: Estate) -> None:
    """…and then sees what the first one did."""
    inside, finished = threading.Event(), threading.Event()
    seen: list[int] = []

    def second() -> None:
        inside.wait()
        with writing(estate, NOBODY) as turn:
            seen.append(turn.count("x"))
        finished.set()

    thread = threading.Thread(target=second)
    thread.start()
    with writing(estate, NOBODY) as turn:
        turn.count("x")
        inside.set()
        assert not finished.wait(0.1)
    thread.join()
    assert seen == [2]


def test_a_writer_that_waits_too_long_is_told_to_ask_again(estate: Estate) -> None:
    """Nothing half-done: StoreBusy, and the first writer is not disturbed."""
    hurried = replace(estate, engine=impatient(estate.engine))

    def second() -> None:
        with writing(hurried, NOBODY) as turn:
            turn.count("y")

    outcome: list[Exception] = []

    def run() -> None:
        try:
            second()
        except StoreBusy as error:
            outcome.append(error)

    with writing(estate, NOBODY) as turn:
        turn.count("x")
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert [type(error) for error in outcome] == [StoreBusy]
    hurried.engine.dispose()
    with reading(estate, NOBODY) as turn:
        assert turn.session.get(CounterRow, "x") is not None
        assert turn.session.get(CounterRow, "y") is None


def test_a_reader_is_not_held_up_and_sees_one_moment(estate: Estate) -> None:
    with writing(estate, NOBODY) as turn:
        turn.count("x")
    with reading(estate, NOBODY) as reader:
        assert reader.find(CounterRow, "x", "counter").value == 1
        with writing(estate, NOBODY) as turn:
            turn.count("x")
        reader.session.expire_all()
        assert reader.find(CounterRow, "x", "counter").value == 1
    with reading(estate, NOBODY) as reader:
        assert reader.find(CounterRow, "x", "counter").value == 2


# --- never twice ---------------------------------------------------------------------------------


def test_one_chip_is_one_live_card(engine: Engine) -> None:
    with writer(engine) as session:
        owner = holder()
        session.add(owner)
        session.flush()
        session.add(card(1, bytes(4), owner.id, CardStatus.RETURNED))
        session.add(card(2, bytes(4), owner.id))
        session.flush()
        session.add(card(3, bytes(4), owner.id))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


@pytest.mark.parametrize("same", ["uid", "subject_number", "sale_id"])
def test_one_card_one_subject_one_sale_has_one_open_operation(engine: Engine, same: str) -> None:
    with writer(engine) as session:
        owner = holder()
        session.add(owner)
        session.flush()
        session.add(card(1, bytes(4), owner.id))
        sale = SaleRow(id=new_id(), holder_id=owner.id, request={}, charges=[], due_fen=1, **made())
        session.add(sale)
        session.flush()
        shared = {"uid": bytes(7), "subject_number": 1, "sale_id": sale.id}
        first: dict[str, Any] = {"uid": b"1234567", same: shared[same]}
        second: dict[str, Any] = {"uid": b"7654321", same: shared[same]}
        session.add(operation(holder_id=owner.id, **first, state=OperationState.VOIDED))
        session.add(operation(holder_id=owner.id, **first))
        session.flush()
        session.add(operation(holder_id=owner.id, **second))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_a_broken_rule_of_the_database_is_a_conflict(estate: Estate) -> None:
    def clash() -> None:
        with writing(estate, NOBODY) as turn:
            for _ in range(2):
                turn.session.add(
                    StationRow(id="desk-1", kind=StationKind.DESK, token_hash=bytes(32))
                )
                turn.session.flush()
                turn.session.expunge_all()

    with pytest.raises(Conflict):
        clash()


@pytest.mark.parametrize(
    "row",
    [
        lambda: VerificationRow(
            id="x",
            holder_id=99,
            method=VerificationMethod.PHONE,
            papers=[],
            note="",
            **made(),
        ),
        lambda: LedgerEntryRow(kind="tender", sale_id="nothing", **made()),
        lambda: SaleRow(id="x", holder_id=1, request={}, charges=[], due_fen=0, **made()),
        lambda: RightRow(
            card_number=99,
            kind=RightKind.DOOR,
            zones=1,
            first=date(2025, 6, 9),
            after_last=date(2025, 6, 9),
            sequence=1,
            sealed=b"",
        ),
    ],
)
def test_rows_that_refer_to_nothing_or_mean_nothing_are_refused(engine: Engine, row: Any) -> None:
    with writer(engine) as session:
        session.add(row())
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


# --- values come back as they went in ------------------------------------------------------------

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 2),  # noqa: DTZ001 - the strategy adds the offset
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=OFFSETS,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=INSTANTS, note=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50))
def test_instants_and_texts_come_back(engine: Engine, at: datetime, note: str) -> None:
    with writer(engine) as session:
        row = AuditRow(action="x", subject="y", detail=note, **made(at))
        session.add(row)
        session.flush()
        number = row.id
    with Session(engine) as session:
        found = session.get(AuditRow, number)
        assert found is not None
        assert found.at == at
        assert found.at.utcoffset() == timedelta(0)
        assert found.detail == note


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    uid=st.binary(min_size=4, max_size=10),
    zones=st.integers(0, 2**32 - 1),
    papers=st.lists(st.sampled_from(["lease", "id-card"])),
)
def test_bytes_numbers_and_lists_come_back(
    engine: Engine, uid: bytes, zones: int, papers: list[str]
) -> None:
    with writer(engine) as session:
        owner = holder()
        session.add(owner)
        session.flush()
        checked = VerificationRow(
            id=new_id(),
            holder_id=owner.id,
            method=VerificationMethod.LEASE,
            papers=papers,
            note="",
            **made(),
        )
        dead = card(2**32 - 1, uid, owner.id, CardStatus.RETURNED)
        session.add_all([checked, dead])
        session.flush()
        right = RightRow(
            card_number=dead.number,
            kind=RightKind.PARKING,
            zones=zones,
            first=date(2025, 6, 9),
            after_last=date(2025, 7, 9),
            anchor=9,
            sequence=2**32 - 1,
            sealed=uid * 8,
        )
        session.add(right)
        session.flush()
        session.expire_all()
        assert (dead.uid, right.zones, right.sealed) == (uid, zones, uid * 8)
        assert (right.kind, right.sequence) == (RightKind.PARKING, 2**32 - 1)
        assert (checked.papers, checked.method) == (papers, VerificationMethod.LEASE)
        session.rollback()


def test_an_instant_without_an_offset_is_a_mistake(engine: Engine) -> None:
    with writer(engine) as session:
        session.add(AuditRow(action="x", subject="y", detail="", **made(NOW.replace(tzinfo=None))))
        with pytest.raises(StatementError, match="offset"):
            session.flush()
        session.rollback()


def test_a_sqlite_file_survives_its_process(tmp_path: Path) -> None:
    """Opened anew, as after a restart: what was committed is there, the WAL included."""
    first = sqlite_store(tmp_path)
    with writer(first) as session:
        session.add(CounterRow(name="x", value=7))
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("yika.db", "yika.db-wal"):
        source = tmp_path / name
        if source.exists():
            (copy / name).write_bytes(source.read_bytes())
    second = open_engine(f"sqlite:///{copy / 'yika.db'}")
    with Session(second) as session:
        found = session.get(CounterRow, "x")
        assert found is not None
        assert found.value == 7
    first.dispose()
    second.dispose()
