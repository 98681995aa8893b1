"""A use case's turn at the database: who asks, what time it is, and one transaction.

Writers come one at a time on both engines (see `cardserver.db.engine`), so what a use case has
looked up stays true until it commits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from cardserver.db.engine import WRITER
from cardserver.db.tables import AuditRow, Base, CardRow, ClockRow, CounterRow
from cardserver.domain.cardrules import CardRules
from cardserver.domain.operation import OperationKind
from cardserver.domain.permits import Action, Role, role_permits
from cardserver.domain.sale import CHECKED_ABOVE_FEN
from cardserver.domain.signin import SessionLimits
from cardserver.domain.station import StationKind, may_operate
from cardserver.services.errors import ClockSetBack, Conflict, NotFound, NotPermitted, StoreBusy
from cardserver.vault import Vault

TOLERANCE: Final = timedelta(seconds=5)
"""How far the clock may step back without being called set back."""

SNAPSHOT: Final = "snapshot"
_CLOCK_ROW: Final = 1
_DETAIL_SIZE: Final = 400
_MET: Final = "met"
_RECALLED: Final = 1000
"""Long lists pass through without piling up."""

R = TypeVar("R", bound=Base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What every use case stands on: store, keys, clock, calendar zone, and the estate's rules."""

    name: str
    engine: Engine
    vault: Vault
    zone: ZoneInfo
    clock: Callable[[], datetime]
    check_above_fen: int = CHECKED_ABOVE_FEN
    rules: CardRules = field(default_factory=CardRules)
    limits: SessionLimits = field(default_factory=SessionLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A second person's own credential was given for one action at this station (step-up)."""

    leave_id: str
    action: Action
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The station that asks and the operator signed in there (empty at machines).

    `roles` are the operator's; `leave` is what a second person allowed for the time being.
    """

    station: str
    kind: StationKind
    operator: str = ""
    roles: frozenset[Role] = frozenset()
    leave: Leave | None = None

    def authorised_by(self, action: Action) -> str:
        """Name of the person whose office carries this act: the operator, or who stepped up.

        Raises NotPermitted when it is nobody's.
        """
        if role_permits(self.roles, action):
            return self.operator
        if self.leave is not None and self.leave.action is action:
            return self.leave.name
        raise NotPermitted(action)

    def check_may_operate(self, kind: OperationKind) -> None:
        """Raise NotPermitted unless a station of this kind may do such operations."""
        if not may_operate(self.kind, kind):
            raise NotPermitted(kind)

    @property
    def owns_all(self) -> bool:
        """False for a kiosk: it touches only its own sales and papers."""
        return self.kind is not StationKind.KIOSK

    def check_owns(self, station: str) -> None:
        """Raise NotPermitted for what another station began, where that is not ours to touch."""
        if not self.owns_all and station != self.station:
            raise NotPermitted("other-station")


class _Recalling(Session):
    """A session that holds on to the first rows it met, so that none is asked for twice.

    Nobody else writes while a use case does, and a reader sees one moment: a row met is true until
    the end. Left alone, a session forgets a row as soon as nobody looks at it.
    """


@event.listens_for(_Recalling, "loaded_as_persistent")
@event.listens_for(_Recalling, "pending_to_persistent")
def _recall(session: Session, row: object) -> None:
    met = session.info.setdefault(_MET, [])
    if len(met) < _RECALLED:
        met.append(row)


class Turn:
    """One transaction of one caller. `now` is UTC and never earlier than what has passed."""

    def __init__(self, session: Session, estate: Estate, caller: Caller) -> None:
        clock = estate.clock()
        floor = session.get(ClockRow, _CLOCK_ROW)
        self.session = session
        self.estate = estate
        self.caller = caller
        self.floor = clock if floor is None else max(floor.floor, clock)
        self.clock_ok = clock >= self.floor - TOLERANCE
        self.now = self.floor
        self._version: int | None = None

    @property
    def today(self) -> date:
        """The estate's local date (CAL-01c)."""
        return self.local_date(self.now)

    def local_date(self, instant: datetime) -> date:
        """The local date of an instant."""
        return instant.astimezone(self.estate.zone).date()

    def check_clock(self) -> None:
        """Raise ClockSetBack: called before anything that issues or takes money."""
        if not self.clock_ok:
            raise ClockSetBack

    def find(self, table: type[R], key: object, word: str) -> R:
        """A row by its key. Raises NotFound."""
        row = self.session.get(table, key)
        if row is None:
            raise NotFound(word, key)
        return row

    def add(self, row: R) -> R:
        """Insert now, so that rows that refer to it can follow and a clash is met here."""
        self.session.add(row)
        self.session.flush()
        return row

    def count(self, name: str) -> int:
        """The next number of a counter. It is given back if the transaction fails: no holes."""
        row = self.session.get(CounterRow, name)
        if row is None:
            row = self.add(CounterRow(name=name, value=0))
        row.value += 1
        return row.value

    def changed(self, card: CardRow) -> None:
        """Let gates know of a change of this card."""
        if self._version is None:
            self._version = self.count(SNAPSHOT)
        card.version = self._version

    def note(self, action: str, subject: object, detail: str = "") -> None:
        """One line in the audit journal."""
        self.session.add(
            AuditRow(
                action=action, subject=str(subject), detail=detail[:_DETAIL_SIZE], **self.made()
            )
        )

    def made(self) -> dict[str, datetime | str]:
        """The columns when, where and by whom."""
        return {
            "at": self.now,
            "station": self.caller.station,
            "operator": self.caller.operator,
        }

    def mend_clock(self) -> tuple[datetime, datetime]:
        """Take the machine's clock for true again; the floor before, and now."""
        before = self.floor
        self.floor = self.now = self.estate.clock()
        self.clock_ok = True
        row = self.session.get(ClockRow, _CLOCK_ROW)
        if row is not None:
            row.floor = self.now
        return before, self.now

    def keep_floor(self) -> None:
        """Remember that this instant has passed."""
        row = self.session.get(ClockRow, _CLOCK_ROW)
        if row is None:
            self.session.add(ClockRow(id=_CLOCK_ROW, floor=self.now))
        elif row.floor < self.now:
            row.floor = self.now


@contextmanager
def writing(estate: Estate, caller: Caller) -> Iterator[Turn]:
    """A transaction that may change things: all of it is committed, or nothing.

    Raises StoreBusy when another writer holds the database too long, Conflict when the database's
    own rules refuse.
    """
    with _translated(), _Recalling(estate.engine) as session, session.begin():
        session.connection(execution_options={WRITER: True})
        turn = Turn(session, estate, caller)
        yield turn
        turn.keep_floor()


@contextmanager
def reading(estate: Estate, caller: Caller) -> Iterator[Turn]:
    """A transaction that sees one moment and changes nothing. Raises StoreBusy."""
    with _translated(), _Recalling(estate.engine) as session, session.begin():
        yield Turn(session, estate, caller)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StoreBusy from error
    except IntegrityError as error:
        raise Conflict("changed-meanwhile", "somebody else was faster; look again") from error
