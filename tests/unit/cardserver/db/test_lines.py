"""Connections stay at hand between turns and are nobody's in the meantime."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from cardserver.db import lines
from cardserver.db.engine import READER, WRITER, begin_for
from cardserver.db.lines import KEPT_AT_MOST, Lines, lines_of
from tests.databases.stores import STORES, impatient, open_store


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Another engine on an empty store, whose writers soon give up waiting."""
    store = impatient(open_store(request.param, tmp_path))
    opened: list[Connection] = []
    event.listen(store, "engine_connect", opened.append)
    yield store
    for line in opened:
        line.close()
    store.dispose()


def test_what_was_given_back_last_is_taken_next(engine: Engine) -> None:
    kept = lines_of(engine)
    assert lines_of(engine) is kept
    one = kept.take()
    kept.give_back(one)
    assert kept.take() is one
    other = kept.take()
    assert other is not one
    kept.give_back(one)
    kept.give_back(other)
    assert kept.take() is other


def test_what_was_left_open_is_rolled_back(engine: Engine) -> None:
    kept = lines_of(engine)
    line = kept.take()
    begin_for(line, WRITER)
    line.execute(text("INSERT INTO counter VALUES ('left-open', 1)"))
    kept.give_back(line)
    again = kept.take()
    assert again is line
    with begin_for(again, READER):
        assert again.scalar(text("SELECT count(*) FROM counter WHERE name = 'left-open'")) == 0


def test_a_line_that_wrote_is_a_readers_line_afterwards(engine: Engine) -> None:
    """It holds no writer up, and on PostgreSQL it can change nothing."""
    kept = lines_of(engine)
    line, other = kept.take(), kept.take()
    with begin_for(line, WRITER):
        line.execute(text("INSERT INTO counter VALUES ('written', 1)"))
    with begin_for(line, READER):
        assert line.scalar(text("SELECT value FROM counter WHERE name = 'written'")) == 1
        with begin_for(other, WRITER):
            other.execute(text("UPDATE counter SET value = 2 WHERE name = 'written'"))
        assert line.scalar(text("SELECT value FROM counter WHERE name = 'written'")) == 1
        if engine.dialect.name == "postgresql":
            with pytest.raises(DBAPIError, match="read-only"):
                line.execute(text("UPDATE counter SET value = 3 WHERE name = 'written'"))


def test_one_writer_at_a_time(engine: Engine) -> None:
    kept = lines_of(engine)
    line, other = kept.take(), kept.take()
    with begin_for(line, WRITER), pytest.raises(OperationalError):
        begin_for(other, WRITER)
    other.close()  # as a turn does whose store failed
    again = kept.take()
    with begin_for(again, WRITER):
        assert again.scalar(text("SELECT 1")) == 1


def test_no_more_are_kept_than_the_pool_keeps(engine: Engine) -> None:
    kept = lines_of(engine)
    taken = [kept.take() for _ in range(KEPT_AT_MOST + 2)]
    for line in taken:
        kept.give_back(line)
    assert [line.closed for line in taken] == [False] * KEPT_AT_MOST + [True] * 2


def test_one_that_waited_long_is_looked_at_by_the_pool_first(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have been started anew since."""
    kept = Lines(engine)
    line = kept.take()
    kept.give_back(line)
    monkeypatch.setattr(lines, "FRESH_S", 0.0)
    assert kept.take() is not line
    assert line.closed


def test_one_that_is_broken_is_not_kept(engine: Engine) -> None:
    kept = lines_of(engine)
    line = kept.take()
    line.invalidate()
    kept.give_back(line)
    assert kept.take() is not line


def test_where_one_fails_the_pool_looks_at_the_others(engine: Engine) -> None:
    """A database server that was started anew has forgotten every one of them."""
    kept = lines_of(engine)
    line, other = kept.take(), kept.take()
    kept.give_back(other)
    kept.fail(line)
    assert (line.closed, other.closed) == (True, True)
    again = kept.take()
    assert again.scalar(text("SELECT 1")) == 1


def test_all_are_closed_with_the_engine(engine: Engine) -> None:
    kept = lines_of(engine)
    line = kept.take()
    kept.give_back(line)
    engine.dispose()
    assert line.closed
    again = kept.take()
    assert again.scalar(text("SELECT 1")) == 1


def test_the_last_to_leave_brings_the_log_into_the_file(tmp_path: Path) -> None:
    """Nobody is left that holds SQLite's file open: a copy of it is whole."""
    store = open_store("sqlite", tmp_path)
    kept = lines_of(store)
    line = kept.take()
    with begin_for(line, WRITER):
        line.execute(text("INSERT INTO counter VALUES ('last', 1)"))
    kept.give_back(line)
    store.dispose()
    assert not list(tmp_path.glob("*-wal"))


def test_two_threads_never_share_one(engine: Engine) -> None:
    kept, met, together = lines_of(engine), [], Barrier(2)
    kept.give_back(kept.take())

    def turn() -> None:
        line = kept.take()
        together.wait(5)
        met.append(line)
        kept.give_back(line)

    threads = [Thread(target=turn) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len({id(line) for line in met}) == 2
