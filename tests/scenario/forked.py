"""What every process that is going to be killed needs: made before it is forked, once for all.

One card is issued here, so that the server is built and its statements are compiled. Nothing of
it is seen in the processes: they open the stores in their own folders.
"""

import escpos.printer  # noqa: F401 - reads a long table of printers

from simulators.cards.catalogue import make
from tests.databases.stores import fluent_engine
from tests.scenario.ground import load, settled_in, template


def _issue_a_card() -> None:
    engine = fluent_engine("sqlite://")
    load(engine, template().store)
    ground = settled_in(engine)
    ground.do(ground.issue_request(ground.people.owner), make("classic-1k", bytes(range(4, 11))))
    engine.dispose()


_issue_a_card()
