"""Taps of an old store become lines of their estate (migration 0016), on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, bindparam, text
from sqlalchemy.types import LargeBinary

from cardserver.db.engine import WRITER, StoreUnusable, open_engine
from cardserver.db.types import UtcInstant
from tests.databases.revisions import bring, bring_to
from tests.databases.stores import STORES, empty_postgresql

JUNE = datetime(2025, 6, 9, 1, 2, 3, 456789, tzinfo=UTC)
TAP = text(
    "INSERT INTO tap (station, journal, sequence, at, taken_at, lane_id, uid, card_number, reason, "
    "granted, snapshot_version) VALUES ('gate-1', :journal, :sequence, :at, :at, 'door', :uid, "
    ":sequence, 'granted', true, 3)"
).bindparams(bindparam("at", JUNE, UtcInstant()), bindparam("uid", b"\x04abc", LargeBinary()))


@pytest.fixture(params=STORES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'old.db'}" if request.param == "sqlite" else empty_postgresql()
    engine = open_engine(url)
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        bring_to(connection, "0015")
        for journal, count in (("a", 3), ("b", 2)):
            for sequence in range(1, count + 1):
                connection.execute(TAP, {"journal": journal, "sequence": sequence})
    yield engine
    engine.dispose()


def test_taps_known_before_are_lines_of_their_estate_and_journals_go_on(old: Engine) -> None:
    """Without the estate's id they are nobody's: nothing is done then."""
    with pytest.raises(StoreUnusable, match="whose"):
        bring(old, "0016")
    bring(old, "0016", "estate")
    with old.connect() as connection:
        lines = connection.execute(
            text(
                "SELECT site, device, journal, sequence, at, kind FROM gate_event ORDER BY 3, 4"
            ).columns(at=UtcInstant())
        ).all()
        journals = connection.execute(text("SELECT journal, sequence FROM gate_cursor ORDER BY 1"))
        assert [tuple(row) for row in journals] == [("a", 3), ("b", 2)]
    assert [tuple(row) for row in lines] == [
        ("estate", "gate-1", journal, sequence, JUNE, "tap")
        for journal, count in (("a", 3), ("b", 2))
        for sequence in range(1, count + 1)
    ]
