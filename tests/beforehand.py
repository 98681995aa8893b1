"""What all workers of the suite would make for themselves, made once before they are forked.

An estate on SQLite in which a card has been issued, so that the server is built and its statements
are compiled; a PostgreSQL cluster, and the statements that make its tables. No thread may run here.
"""

from cardserver.db.engine import open_engine
from cardserver.db.upgrade import upgrade
from tests.databases.stores import cluster, empty_postgresql


def make_ready() -> None:
    """Take about three seconds, so that no worker needs them."""
    import tests.scenario.forked  # noqa: F401 - issues the card

    if cluster() is not None:
        engine = open_engine(empty_postgresql())
        upgrade(engine)
        engine.dispose()
