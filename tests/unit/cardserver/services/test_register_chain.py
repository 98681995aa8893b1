"""The register's chain: whole after whatever happened, and broken where somebody laid a hand on it.

A hand is a raw connection with the database's own guards taken off.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cardserver.cli_journal import verify_journal
from cardserver.db.engine import WRITER
from cardserver.db.tables import OperationRow
from cardserver.domain.operation import OperationKind, OperationState
from cardserver.domain.registerchain import NO_ROW, chained
from cardserver.services import blocking, ending, registersigning
from cardserver.services.registering import content_of, open_rows
from cardserver.services.registerproof import Noted, Proven, prove
from cardserver.services.turn import reading, writing
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_register import RowCorrectionRequest, RowSignRequest
from tests.databases.frontdesk import FrontDesk, PlainCard, blank, new_id, open_desk
from tests.databases.stores import sqlite_store

DRAWN = "10,80 60,20 120,160 200,40;250,100 400,90 500,150 510,20;300,20 320,180"


class Day:
    """A day at the desk: acts drawn by chance, whatever can be done just then."""

    def __init__(self, desk: FrontDesk, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.cards: list[tuple[CardView, PlainCard]] = []

    def act(self) -> None:
        acts: list[Callable[[], None]] = [self.issue, self.cancel, self.scrap]
        if self.cards:
            acts += [self.replace, self.block, self.sign, self.correct, self.shift_ends]
        self.chance.choice(acts)()
        self.desk.clock.forward(seconds=self.chance.randrange(600))

    def holder(self) -> int:
        return self.chance.choice([self.desk.owner, self.desk.tenant, self.desk.staff])

    def issue(self) -> None:
        card = blank()
        self.cards.append((self.desk.issue(self.holder(), card), card))

    def cancel(self) -> None:
        card = blank()
        ticket = self.desk.begin(self.desk.issue_request(self.desk.owner), card)
        request = VoidRequest(evidence=card.evidence(), reason="left")
        ending.void(self.desk.estate, self.desk.caller, ticket.operation_id, request)

    def scrap(self) -> None:
        ticket = self.desk.begin(self.desk.issue_request(self.holder()), blank())
        request = AbandonRequest(reason="gone")
        ending.abandon(self.desk.estate, self.desk.caller, ticket.operation_id, request)

    def replace(self) -> None:
        view, _ = self.cards.pop(self.chance.randrange(len(self.cards)))
        card = blank()
        request = self.desk.replace_request(view, self.chance.choice(["lost", "faulty"]))
        self.cards.append((self.desk.do(request, card).card, card))

    def block(self) -> None:
        view, _ = self.chance.choice(self.cards)
        request = BlockRequest(request_id=new_id(), reason=self.chance.choice(["lost", "noise"]))
        blocking.block(self.desk.estate, self.desk.caller, view.number, request)

    def sign(self) -> None:
        with reading(self.desk.estate, self.desk.caller) as turn:
            waiting = [(row.number, row.recipient) for row in open_rows(turn)]
        if waiting:
            number, name = self.chance.choice(waiting)
            request = RowSignRequest.model_validate(
                {"request_id": new_id(), "how": "pad", "signed_by": name, "strokes": DRAWN}
            )
            registersigning.sign(self.desk.estate, self.desk.caller, number, request)

    def correct(self) -> None:
        request = RowCorrectionRequest.model_validate(
            {"request_id": new_id(), "column": "remark", "after": new_id(), "reason": "漏记"}
        )
        registersigning.correct(self.desk.estate, self.desk.caller, 1, request)

    def shift_ends(self) -> None:
        with writing(self.desk.estate, self.desk.caller) as turn:
            registersigning.note_unsigned(turn, station="desk-1")


def proven(engine: Engine, noted: Noted | None = None) -> Proven:
    with Session(engine) as session:
        return prove(session, noted)


def laid_hand_on(engine: Engine, *statements: str) -> None:
    """Run these with every guard off, as somebody with the database's own password could."""
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            guards = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for guard in connection.scalars(guards).all():
                connection.execute(text(f"DROP TRIGGER {guard}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("seed", [1])
def test_rows_numbers_and_chain_hold_after_whatever_happened_ic_17_ic_19d(
    desk: FrontDesk, seed: int
) -> None:
    day = Day(desk, seed)
    for _ in range(24):
        day.act()
    found = proven(desk.estate.engine)
    assert found.broken == ""
    with Session(desk.estate.engine) as session:
        issued = session.query(OperationRow).filter_by(
            kind=OperationKind.ISSUE, state=OperationState.SETTLED
        )
        assert found.issued == issued.count() > 0
    assert found.rows > found.signatures > 0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with some acts in it, closed: each test lays its hand on a copy of its own."""
    folder = tmp_path_factory.mktemp("template")
    engine = sqlite_store(folder)
    desk = open_desk(engine)
    day = Day(desk, 7)
    for act in (day.issue, day.issue, day.sign, day.cancel, day.replace, day.block):
        act()
    with engine.connect().execution_options(**{WRITER: True}) as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return (folder / "yika.db").read_bytes()


@pytest.fixture
def store(template: bytes, tmp_path: Path) -> Engine:
    engine = sqlite_store(tmp_path)
    (tmp_path / "yika.db").write_bytes(template)
    return engine


TAMPERED = {
    "altered": (["UPDATE register_row SET holder_name = 'x' WHERE number = 2"], "row 2"),
    "fee": (["UPDATE register_row SET fee_fen = 0 WHERE number = 1"], "row 1"),
    "time": (["UPDATE register_row SET at = '2020-01-01 00:00:00' WHERE number = 3"], "row 3"),
    "proof": (["UPDATE register_row SET proof = '{}' WHERE number = 1"], "row 1"),
    "hash": (["UPDATE register_row SET hash = x'00' WHERE number = 2"], "row 2"),
    "left out": (
        ["PRAGMA foreign_keys = OFF", "DELETE FROM register_row WHERE number = 3"],
        "row 3: missing",
    ),
    "last one": (
        ["DELETE FROM register_row WHERE number = (SELECT max(number) FROM register_row)"],
        "missing",
    ),
    "head": (["UPDATE register_chain SET hash = x'00' WHERE name = 'register'"], "head"),
    "signature": (["UPDATE register_signature SET signed_by = 'x'"], "signature 1"),
    "no signature": (["DELETE FROM register_signature"], "signature 1: missing"),
    "other card": (
        ["UPDATE operation SET state = 'settled' WHERE state = 'voided' AND kind = 'issue'"],
        "no row says so",
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_hand_on_the_register_is_found_and_the_first_broken_row_named_ic_19d(
    store: Engine, case: str
) -> None:
    statements, named = TAMPERED[case]
    assert proven(store).broken == ""
    laid_hand_on(store, *statements)
    assert named in proven(store).broken


def test_a_row_altered_with_its_hash_is_found_by_the_row_after_it_ic_19d(store: Engine) -> None:
    forge(store, only=1)
    assert "row 2: it does not follow" in proven(store).broken


def test_a_chain_made_anew_is_found_by_a_printed_row_ic_19d(store: Engine) -> None:
    printed = hashes(store)[3]
    forge(store)
    assert proven(store).broken == ""  # it holds in itself ...
    noted = Noted(number=4, hash_begins=printed.hex()[:12])
    assert "row 4: not the one that was printed" in proven(store, noted).broken


def hashes(store: Engine) -> list[bytes]:
    with Session(store) as session:
        statement = text("SELECT hash FROM register_row ORDER BY number")
        return [bytes(row.hash) for row in session.execute(statement)]


def forge(store: Engine, *, only: int | None = None) -> None:
    """Give row 1 another name, and it, or all rows, the hashes that then fit."""
    from cardserver.db.tables_register import RegisterRow

    laid_hand_on(store, "UPDATE register_row SET holder_name = '李四' WHERE number = 1")
    before, links = NO_ROW, []
    with Session(store) as session:
        for row in session.query(RegisterRow).order_by(RegisterRow.number):
            digest = chained(before, content_of(row))
            links.append((row.number, before, digest))
            before = digest
    with store.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        for number, previous, digest in links:
            if only in {None, number}:
                connection.execute(
                    text("UPDATE register_row SET previous = :p, hash = :h WHERE number = :n"),
                    {"p": previous, "h": digest, "n": number},
                )
        if only is None:
            connection.execute(
                text("UPDATE register_chain SET hash = :h WHERE name = 'register'"), {"h": before}
            )


# --- the command ---------------------------------------------------------------------------------


def verify(*words: str) -> Result:
    return CliRunner().invoke(verify_journal, list(words))


@pytest.fixture
def address(store: Engine, tmp_path: Path) -> str:
    store.dispose()
    return f"sqlite:///{tmp_path / 'yika.db'}"


def test_the_command_says_that_the_register_is_whole_and_shows_its_head_ic_19d(
    store: Engine, address: str
) -> None:
    head = hashes(store)[-1].hex()
    done = verify("--database", address)
    assert done.exit_code == 0
    assert "It is whole" in done.output
    assert head in done.output
    assert verify("--database", address, "--noted", "1", hashes(store)[0].hex()).exit_code == 0


def test_the_command_ends_with_1_and_names_the_row_ic_19d(store: Engine, address: str) -> None:
    laid_hand_on(store, "UPDATE register_row SET remark = 'x' WHERE number = 2")
    done = verify("--database", address)
    assert done.exit_code == 1
    assert "row 2: its content was altered" in done.output


def test_the_command_refuses_a_hash_that_is_none(address: str) -> None:
    assert verify("--database", address, "--noted", "1", "xyz").exit_code == 2


@pytest.mark.parametrize("name", ["none.db", "empty.db", "letter.db"])
def test_the_command_makes_no_database_where_none_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name != "none.db":
        path.write_text("" if name == "empty.db" else "Dear Sir or Madam, " * 100)
    before = path.read_bytes() if path.exists() else None
    done = verify("--database", f"sqlite:///{path}")
    assert done.exit_code == 1
    assert done.exception is not None
    assert (path.read_bytes() if path.exists() else None) == before
