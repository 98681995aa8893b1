"""The gate's own memory: what happened, the last snapshot and how far time had come, in one file.

A line is committed with synchronous=FULL before the barrier is asked to open, so that a power cut
loses no passage that happened. Lines are numbered from 1 without holes, linked by their hashes and
never changed; the upload only moves a mark. Lanes that write at the same time share a commit.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain as joined
from itertools import takewhile
from pathlib import Path
from typing import Final

from cardserver.domain.gateevent import EventKind, GateEvent, link, numbered, stored, written
from cardserver.domain.gateline import fitting
from kiosk.gate.committing import GroupCommit
from kiosk.gate.journalfile import (
    COLUMNS,
    FORGOTTEN,
    ID,
    UPLOADED,
    Row,
    connect,
    event_of,
    forgotten_of,
    head_of,
    insert_all,
    open_file,
)

_log = logging.getLogger(__name__)

_TIME: Final = "time"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WRITE_TIME_EVERY: Final = timedelta(minutes=1)
"""Validity is a matter of days: a minute forgotten costs nothing, flash written for ever does."""
_AT_ONCE: Final = 1000
"""Lines read or deleted in one go."""
REMEMBERED: Final = 200_000
"""Lines looked through when a gate starts: what is older is not known, and held against nobody."""
_SET_MARK: Final = (
    "INSERT INTO mark (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class GateJournal:
    """Append-only lines and a few marks; safe to use from any thread.

    Reading has a connection of its own: it holds up no lane. Every method raises sqlite3.Error when
    the file does not do its part.
    """

    def __init__(self, path: Path | str) -> None:
        self._db = open_file(path)
        self._commits = GroupCommit(self._db, self._write, rolled_back=self._forget_head)
        self._reads = connect(path)
        self._reading = threading.Lock()
        self._head: tuple[int, bytes] | None = None  # touched inside a commit only
        self._listeners: list[Callable[[GateEvent], None]] = []
        self._timing = threading.Lock()
        self.id = self.mark(ID) or ""
        self._written_time = self._passed = self._remembered_time()

    # --- lines

    def append(self, event: GateEvent) -> GateEvent:
        """Write a line whose `sequence` is 0; returns it with its number when it is durable."""
        (line,) = self._commits.put((fitting(event),))
        return line

    def hand_in(self, event: GateEvent, then: Callable[[GateEvent | BaseException], None]) -> None:
        """Have a line written whose `sequence` is 0, and go on.

        `then` gets it with its number when it is durable, on the journal's own thread, or what was
        wrong. It may neither wait nor write.
        """

        def written(outcome: Sequence[GateEvent] | BaseException) -> None:
            then(outcome if isinstance(outcome, BaseException) else outcome[0])

        self._commits.hand_in((fitting(event),), written)

    def append_all(self, events: Sequence[GateEvent]) -> Sequence[GateEvent]:
        """Write lines that belong together: all of them are durable, or none is.

        Each is made to fit before (`gateline`): none can be refused for ever on its way up.
        """
        return self._commits.put(tuple(map(fitting, events)))

    def listen(self, listener: Callable[[GateEvent], None]) -> None:
        """Call `listener` with every line once it is durable, in their order.

        It is called on the journal's own thread, before whoever wrote the line is told: it may
        neither wait nor write.
        """
        self._listeners.append(listener)

    def waiting(self, limit: int = 500) -> Sequence[GateEvent]:
        """Lines the server has not acknowledged, oldest first."""
        return self.after(self.uploaded, limit)

    def after(self, sequence: int, limit: int) -> Sequence[GateEvent]:
        """Lines with a higher number, oldest first."""
        return self._events("sequence > ? ORDER BY sequence LIMIT ?", sequence, limit)

    def walk(self, sequence: int) -> Iterator[GateEvent]:
        """All lines with a higher number, oldest first, also those that are written meanwhile."""
        while lines := self.after(sequence, _AT_ONCE):
            yield from lines
            sequence = lines[-1].sequence

    @property
    def lately(self) -> int:
        """The number behind which those lines begin that a start looks through."""
        newest = max((each.sequence for each in self.last(1)), default=0)
        return max(0, newest - REMEMBERED)

    def last(self, count: int, *kinds: EventKind) -> Sequence[GateEvent]:
        """The latest lines, of these kinds or of all, newest first."""
        among = f"kind IN ({', '.join('?' * len(kinds))})" if kinds else "1"
        return self._events(f"{among} ORDER BY sequence DESC LIMIT ?", *kinds, count)

    def of_kind(self, kind: EventKind, sequence: int) -> Sequence[GateEvent]:
        """Lines of a kind with a higher number, oldest first."""
        return self._events("sequence > ? AND kind = ? ORDER BY sequence", sequence, kind)

    def chain_before(self, sequence: int) -> bytes:
        """The chain's hash before this line. Raises LookupError where it is no longer kept."""
        query = "SELECT chain FROM event WHERE sequence < ? ORDER BY sequence DESC LIMIT 1"
        row = self._one(query, sequence)
        if row is not None:
            return bytes(row[0])
        with self._reading:
            forgotten, chain = forgotten_of(self._reads)
        if sequence <= forgotten:
            raise LookupError(f"line {sequence} is no longer kept")
        return chain

    def first_break(self) -> int | None:
        """Number of the first line that does not follow from the one before; None when all do."""
        with self._reading:
            sequence, chain = forgotten_of(self._reads)
        while rows := self._rows(f"{COLUMNS}, chain", "sequence > ? LIMIT ?", sequence, _AT_ONCE):
            for row in rows:
                event = event_of(row)
                chain = link(chain, self.id, event)
                if chain != row[-1] or event.sequence != sequence + 1:
                    return event.sequence
                sequence = event.sequence
        return None

    # --- what the server has

    @property
    def uploaded(self) -> int:
        """Number of the last line that the server has committed, 0 for none."""
        return int(self.mark(UPLOADED) or 0)

    def acknowledge(self, sequence: int) -> None:
        """The server has committed everything up to `sequence`."""
        if sequence > self.uploaded:
            self.set_mark(UPLOADED, str(sequence))

    def take_back(self, sequence: int) -> None:
        """The server has no line after `sequence` any more: what it lost waits again, and stays."""
        if sequence < self.uploaded:
            self.set_mark(UPLOADED, str(sequence))

    def forget_before(self, moment: datetime) -> int:
        """Delete lines made before `moment` that the server has; returns how many went.

        At most a thousand at once, so that no lane waits long: call it again until it returns 0.
        """
        kept = self._events("sequence <= ? ORDER BY sequence LIMIT ?", self.uploaded, _AT_ONCE)
        old = list(takewhile(lambda each: each.at < moment, kept))
        return self._forget(old[-1].sequence) if old else 0

    # --- marks

    def mark(self, name: str) -> str | None:
        """A remembered value, e.g. the stored snapshot."""
        row = self._one("SELECT value FROM mark WHERE name = ?", name)
        return None if row is None else str(row[0])

    def set_mark(self, name: str, value: str) -> None:
        """Remember a value durably."""
        self._commits.run(lambda db: db.execute(_SET_MARK, (name, value)))

    # --- time

    @property
    def passed(self) -> datetime:
        """The latest instant this gate knows to have passed, over all its restarts."""
        return self._passed

    def note_time(self, now: datetime) -> None:
        """Time has come to `now`; an instant that had passed before changes nothing."""
        self._pass(now)
        if self._passed - self._written_time >= _WRITE_TIME_EVERY:
            self._write_time()

    def correct_time(self, now: datetime) -> None:
        """What was known was wrong, a clock had run ahead: it is `now`, earlier than believed."""
        with self._timing:
            self._passed = now
        self._write_time()

    def close(self) -> None:
        """Close the file."""
        self._commits.close()
        with self._reading:
            self._reads.close()

    # --- inside

    def _write(self, batches: Sequence[Sequence[GateEvent]]) -> list[Sequence[GateEvent]]:
        """Number and link the lines of all who share this commit, and write them."""
        sequence, chain = self._head or head_of(self._db)
        done: list[Sequence[GateEvent]] = []
        rows: list[Row] = []
        for batch in batches:
            lines: list[GateEvent] = []
            for event in batch:
                sequence += 1
                line = numbered(event, sequence)
                at = written(line.at)
                chain = link(chain, self.id, line, at)
                lines.append(line)
                rows.append((sequence, at, *stored(line), chain))
            done.append(lines)
        insert_all(self._db, rows)
        self._head = sequence, chain
        for line in joined.from_iterable(done):
            self._pass(line.at)
            self._tell(line)
        return done

    def _tell(self, event: GateEvent) -> None:
        """The line is durable: a listener's mistake doesn't make it unwritten."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - see above
                _log.exception("a listener of the journal failed on line %s", event.sequence)

    def _forget_head(self) -> None:
        self._head = None

    def _pass(self, moment: datetime) -> None:
        if moment <= self._passed:
            return
        with self._timing:
            self._passed = max(self._passed, moment)

    def _remembered_time(self) -> datetime:
        """The mark, or the last line where it was made after the mark was written."""
        moment, _, sequence = (self.mark(_TIME) or "").partition(" ")
        passed = datetime.fromisoformat(moment) if moment else _LONG_AGO
        later = (event.at for event in self.last(1) if event.sequence > int(sequence or 0))
        return max([passed, *later])

    def _write_time(self) -> None:
        passed = self._passed
        newest = max((event.sequence for event in self.last(1)), default=0)
        self.set_mark(_TIME, f"{passed.isoformat()} {newest}")
        self._written_time = passed

    def _forget(self, newest: int) -> int:
        def work(db: sqlite3.Connection) -> int:
            query = "SELECT chain FROM event WHERE sequence = ?"
            chain = db.execute(query, (newest,)).fetchone()[0]
            db.execute(_SET_MARK, (FORGOTTEN, f"{newest} {chain.hex()}"))
            return db.execute("DELETE FROM event WHERE sequence <= ?", (newest,)).rowcount

        return self._commits.run(work)

    def _events(self, where: str, *parameters: object) -> list[GateEvent]:
        return [event_of(row) for row in self._rows(COLUMNS, where, *parameters)]

    def _rows(self, columns: str, where: str, *parameters: object) -> list[Row]:
        query = f"SELECT {columns} FROM event WHERE {where}"  # noqa: S608 - our own words only
        with self._reading:
            return self._reads.execute(query, parameters).fetchall()

    def _one(self, query: str, *parameters: object) -> Row | None:
        with self._reading:
            row: Row | None = self._reads.execute(query, parameters).fetchone()
            return row
