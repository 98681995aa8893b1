"""A use case's turn at the database: who asks, what time it is, and one transaction.

Writers come one at a time on both engines (see `cardserver.db.engine`), so what a use case has
looked up stays true until it commits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    Select,
    bindparam,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

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
_DETAIL_SIZE: Final = 400
_MET: Final = "met"
_RECALLED: Final = 1000
"""Long lists pass through without piling up."""

_FLOOR: Final = select(ClockRow.floor).where(ClockRow.id == ClockRow.ONLY)
_NEW_FLOOR: Final = (
    update(ClockRow).where(ClockRow.id == ClockRow.ONLY).values(floor=bindparam("instant"))
)
_NEXT: Final = (
    update(CounterRow)
    .where(CounterRow.name == bindparam("counter"))
    .values(value=CounterRow.value + 1)
    .returning(CounterRow.value)
)

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

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """A row by its key; the statement that asks for it is made once for all turns."""
        if options or isinstance(ident, tuple | dict):
            return super().get(entity, ident, **options)
        met = self.identity_map.get(identity_key(entity, ident))
        if met is not None and not inspect(met).expired and met not in self.deleted:
            return met
        return self.scalars(_by_key(entity), {"key": ident}).first()


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
        self._connection = session.connection()
        self._kept: datetime | None = self._connection.scalar(_FLOOR)
        self.session = session
        self.estate = estate
        self.caller = caller
        self.floor = latest(self._kept, clock)
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

    def write(self, table: type[Base], *rows: Mapping[str, object]) -> None:
        """Insert rows that nobody looks at again in this turn: plain columns, at once."""
        if rows:
            self._connection.execute(_insert(table), rows)

    def write_numbered(self, table: type[Base], row: Mapping[str, object]) -> int:
        """The same for one row that the database numbers; returns its number."""
        key = self._connection.execute(_insert(table), row).inserted_primary_key
        if key is None:
            raise TypeError(f"{table.__name__} has no number")
        return int(key[0])

    def count(self, name: str) -> int:
        """The next number of a counter. It is given back if the transaction fails: no holes."""
        value = self._connection.scalar(_NEXT, {"counter": name})
        if value is None:
            self.write(CounterRow, {"name": name, "value": 1})
        return value or 1

    def changed(self, card: CardRow) -> None:
        """Let gates know of a change of this card."""
        if self._version is None:
            self._version = self.count(SNAPSHOT)
        card.version = self._version

    def note(self, action: str, subject: object, detail: str = "") -> None:
        """One line in the audit journal."""
        words = {"action": action, "subject": str(subject), "detail": detail[:_DETAIL_SIZE]}
        self.write(AuditRow, {**words, **self.made()})

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
        self._keep()
        return before, self.now

    def keep_floor(self) -> None:
        """Remember that this instant has passed."""
        if self._kept is None or self._kept < self.now:
            self._keep()

    def _keep(self) -> None:
        if self._kept is None:
            self.write(ClockRow, {"id": ClockRow.ONLY, "floor": self.now})
        else:
            self._connection.execute(_NEW_FLOOR, {"instant": self.now})
        self._kept = self.now


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
def looking(estate: Estate) -> Iterator[Connection]:
    """A connection that sees one moment, for one quick question. Raises StoreBusy."""
    with _translated(), estate.engine.connect() as connection:
        yield connection


def latest(floor: datetime | None, clock: datetime) -> datetime:
    """The time that counts: never earlier than what is known to have passed."""
    return clock if floor is None else max(floor, clock)


@cache
def _by_key(table: type[Base]) -> Select[Base]:
    (key,) = inspect(table).primary_key
    return select(table).where(key == bindparam("key"))


@cache
def _insert(table: type[Base]) -> Insert:
    return insert(table)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StoreBusy from error
    except IntegrityError as error:
        raise Conflict("changed-meanwhile", "somebody else was faster; look again") from error
