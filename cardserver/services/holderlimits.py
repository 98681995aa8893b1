"""A holder as his own file allows: a former owner's household gets no card any more (IC-02a)."""

from cardserver.db.mapping import holder_of
from cardserver.db.queries import unit_of
from cardserver.db.tables import HolderRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Holder
from cardserver.domain.people import is_current
from cardserver.domain.rights import HolderClass
from cardserver.services.turn import Turn

_HOUSEHOLD = frozenset({HolderClass.OWNER, HolderClass.FAMILY})


def holder_on_file(turn: Turn, row: HolderRow) -> Holder:
    """The holder, while his file is a current one. Raises RuleViolation ``owner-not-current``."""
    if row.holder_class in _HOUSEHOLD and not is_current(row.ends, turn.today):
        raise RuleViolation("owner-not-current", rule="IC-02a")
    return holder_of(row, unit_of(turn.session, row))
