"""A use case's turn at the database: who asks, what time it is, and one transaction.

Writers come one at a time on both engines (see `cardserver.db.engine`), so what a use case has
looked up stays true until it commits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, bindparam, update
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from cardserver.db.engine import BESIDE, READER, WRITER, begin_for, store_fails
from cardserver.db.floor import floor_of, mended_floor, raised_floor
from cardserver.db.lines import lines_of
from cardserver.db.listeras import begin_era
from cardserver.db.prepared import Prepared
from cardserver.db.recalling import Recalling, insertion
from cardserver.db.tables import AuditRow, Base, CardRow, CounterRow
from cardserver.db.tables_gatesync import CardStandingRow
from cardserver.db.tables_shifts import ShiftRow
from cardserver.domain.cardrules import CardRules
from cardserver.domain.operation import OperationKind
from cardserver.domain.permits import PERMITS, Action, Role, role_permits
from cardserver.domain.rights import CardStatus
from cardserver.domain.sale import CHECKED_ABOVE_FEN
from cardserver.domain.signin import SessionLimits
from cardserver.domain.station import StationKind, may_operate
from cardserver.payments.api import PaymentProvider
from cardserver.services.errands import Errands
from cardserver.services.errors import (
    ClockSetBack,
    Conflict,
    NotFound,
    NotPermitted,
    StoreBusy,
    StoreFailed,
)
from cardserver.services.gatememory import GateMemory
from cardserver.vault import Vault

TOLERANCE: Final = timedelta(seconds=5)
"""How far the clock may step back without being called set back."""

SNAPSHOT: Final = "snapshot"
_DETAIL_SIZE: Final = 400

_NEXT: Final = Prepared(
    update(CounterRow)
    .where(CounterRow.name == bindparam("counter"))
    .values(value=CounterRow.value + 1)
    .returning(CounterRow.value)
)
_CARD_VERSION: Final = Prepared(
    update(CardRow)
    .where(CardRow.number == bindparam("number_of"))
    .values(version=bindparam("since"))
)

R = TypeVar("R", bound=Base)
FloorBy = Callable[[Connection, datetime], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What every use case stands on: store, keys, clock, calendar zone, and the estate's rules.

    `providers` are the payment providers by name; `errands` wakes who speaks with them. `gates` is
    what this process keeps in mind of them; `bearer_gates` lets in those that sign nothing yet.
    `keep_rest_as_credit`: a kiosk may take a note beyond the price whose rest its payer wants to
    keep on the card (FEE-04a).
    """

    name: str
    engine: Engine
    vault: Vault
    zone: ZoneInfo
    clock: Callable[[], datetime]
    check_above_fen: int = CHECKED_ABOVE_FEN
    keep_rest_as_credit: bool = True
    rules: CardRules = field(default_factory=CardRules)
    limits: SessionLimits = field(default_factory=SessionLimits)
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
    errands: Errands = field(default_factory=Errands)
    gates: GateMemory = field(default_factory=GateMemory)
    bearer_gates: bool = False

    @property
    def site(self) -> str:
        """The estate's id, under which everything of its gates is kept."""
        return str(self.vault.estate_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A second person's own credential was given for one action at this station (step-up)."""

    leave_id: str
    action: Action
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The station that asks and the operator signed in there (empty at machines).

    `roles` are the operator's; `leave` is what a second person allowed for the time being, and
    `further` what others did, or the same person for other actions.
    """

    station: str
    kind: StationKind
    operator: str = ""
    roles: frozenset[Role] = frozenset()
    leave: Leave | None = None
    further: tuple[Leave, ...] = ()

    def lenders(self, action: Action) -> tuple[str, ...]:
        """Names of those who lent this action to the operator."""
        leaves = self.further if self.leave is None else (self.leave, *self.further)
        return tuple(each.name for each in leaves if each.action is action)

    def authorised_by(self, action: Action) -> str:
        """Name of the person whose office carries this act: the operator, or who stepped up.

        Raises NotPermitted when it is nobody's, or when the station is not there for it.
        """
        if action not in PERMITS[self.kind]:
            raise NotPermitted(action)
        if role_permits(self.roles, action):
            return self.operator
        for name in self.lenders(action):
            return name
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


class Turn:
    """One transaction of one caller. `now` is UTC and never earlier than what has passed."""

    def __init__(
        self, connection: Connection, estate: Estate, caller: Caller, floor_by: FloorBy
    ) -> None:
        clock = estate.clock()
        self._connection = connection
        self._session: Recalling | None = None
        self.estate = estate
        self.caller = caller
        self.floor = floor_by(connection, clock)
        self.clock_ok = clock >= self.floor - TOLERANCE
        self.now = self.floor
        self._today: date | None = None
        self._version: int | None = None
        self._afterwards: list[Callable[[], object]] = []
        self.shift: ShiftRow | None = None  # asked for several times in a turn about money
        self._standing: set[int] = set()

    @property
    def session(self) -> Session:
        """Rows as objects, from the first question on: short turns do without."""
        return self._session or self._rows()

    def _rows(self) -> Recalling:
        if self._session is None:
            self._session = Recalling(self._connection, join_transaction_mode="rollback_only")
        return self._session

    @property
    def connection(self) -> Connection:
        """For statements that ask for no rows as objects; they see what was added before."""
        if self._session is not None:
            self._session.flush()
        return self._connection

    @property
    def today(self) -> date:
        """The estate's local date (CAL-01c)."""
        if self._today is None:
            self._today = self.local_date(self.now)
        return self._today

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
        self._rows().put(row)
        return row

    def insert(self, table: type[R], **values: Any) -> R:
        """The same for a row that is told by its columns: the quicker way to add one."""
        return self._rows().insert(table, values)

    def write(self, table: type[Base], *rows: Mapping[str, object]) -> None:
        """Insert rows that nobody looks at again in this turn: plain columns, at once."""
        if rows:
            insertion(table, tuple(rows[0])).write(self._connection, rows)

    def write_numbered(self, table: type[Base], row: Mapping[str, object]) -> int:
        """The same for one row that the database numbers; returns its number."""
        return int(insertion(table, tuple(row), numbered=True).value(self._connection, **row))

    def count(self, name: str) -> int:
        """The next number of a counter. It is given back if the transaction fails: no holes."""
        value: int | None = _NEXT.value(self._connection, counter=name)
        if value is None:
            self.write(CounterRow, {"name": name, "value": 1})
        return value or 1

    @property
    def version(self) -> int:
        """The version of the issue list that holds what this turn changes."""
        if self._version is None:
            version, eras = self.count(SNAPSHOT), self.estate.gates.eras
            if eras.highest is None or version <= eras.highest:
                self.begin_era(version - 1)
            self._version = version
            self.afterwards(lambda: eras.saw(version))
            self.afterwards(self.estate.gates.news.ring)
        return self._version

    def begin_era(self, since: int) -> str:
        """The list's versions after `since` belong to a history of their own (`listeras`)."""
        eras = self.estate.gates.eras
        if eras.highest is not None:
            self.note("list-went-back", since, f"{eras.highest} was seen before")
        self.afterwards(lambda: eras.began(since))
        return begin_era(self._connection, self.estate.site, since, self.now)

    def changed(self, card: CardRow) -> None:
        """Let gates know of a change of this card, and keep since when it is off the list."""
        _CARD_VERSION.write(self.session, [{"number_of": card.number, "since": self.version}])
        set_committed_value(card, "version", self.version)
        if card.status is not CardStatus.LIVE:
            self.stands(card)

    def stands(self, card: CardRow) -> None:
        """Keep that with this version a card is off the list, or back on it."""
        key = {"site": self.estate.site, "card_number": card.number, "version": self.version}
        if card.number not in self._standing:
            self.write(CardStandingRow, {**key, "status": card.status, "at": self.now})
            self._standing.add(card.number)

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
        self._today, self.clock_ok = None, True
        mended_floor(self._connection, self.now)
        return before, self.now

    def afterwards(self, job: Callable[[], object]) -> None:
        """Do this once all of it is committed; not at all if it fails."""
        self._afterwards.append(job)

    def committed(self) -> None:
        """It is."""
        for job in self._afterwards:
            job()

    def finish(self) -> None:
        """Write what is still to be written."""
        if self._session is not None:
            self._session.flush()


@contextmanager
def writing(estate: Estate, caller: Caller) -> Iterator[Turn]:
    """A transaction that may change things: all of it is committed, or nothing.

    Raises StoreBusy when another writer holds the database too long, Conflict when the database's
    own rules refuse.
    """
    with _Line(estate) as connection, begin_for(connection, WRITER):
        turn = Turn(connection, estate, caller, raised_floor)
        yield turn
        turn.finish()
    turn.committed()


@contextmanager
def reading(estate: Estate, caller: Caller) -> Iterator[Turn]:
    """A transaction that sees one moment and changes nothing. Raises StoreBusy."""
    with _Line(estate) as connection, begin_for(connection, READER):
        yield Turn(connection, estate, caller, floor_of)


@contextmanager
def appending(estate: Estate) -> Iterator[tuple[Connection, datetime]]:
    """A transaction that adds rows nobody else writes, and what time it is. It is no turn: on
    PostgreSQL it stands in no queue of writers. Raises StoreBusy, Conflict.
    """
    with _Line(estate) as connection, begin_for(connection, BESIDE):
        yield connection, floor_of(connection, estate.clock())


def looking(estate: Estate) -> AbstractContextManager[Connection]:
    """A connection that sees one moment, for one quick question. Raises StoreBusy."""
    return _Line(estate)


def latest(floor: datetime | None, clock: datetime) -> datetime:
    """The time that counts: never earlier than what is known to have passed."""
    return clock if floor is None else max(floor, clock)


class _Line(AbstractContextManager[Connection]):
    """A connection for one turn. What goes wrong with the store leaves as an error of ours."""

    def __init__(self, estate: Estate) -> None:
        self._lines = lines_of(estate.engine)

    def __enter__(self) -> Connection:
        try:
            self._connection = self._lines.take()
        except DBAPIError as error:
            _translate(error)
            raise
        return self._connection

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DBAPIError):
            self._lines.fail(self._connection)
            _translate(error)
        else:
            self._lines.give_back(self._connection)


def _translate(error: DBAPIError) -> None:
    if store_fails(error.orig):
        raise StoreFailed from error
    if isinstance(error, OperationalError | InterfaceError):
        raise StoreBusy from error
    if isinstance(error, IntegrityError):
        raise Conflict("changed-meanwhile", "somebody else was faster; look again") from error
