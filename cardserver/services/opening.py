"""Opening an estate: its store brought up to date, its keys, its clock and its calendar's zone."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine

from cardserver.db.engine import (
    BUSY_TIMEOUT_MS,
    DatabaseUrlInvalid,
    StoreUnusable,
    file_of,
    open_engine,
)
from cardserver.db.listeras import sites_there
from cardserver.db.upgrade import upgrade
from cardserver.domain.cardrules import DEFAULT_RULES, CardRules
from cardserver.domain.sale import CHECKED_ABOVE_FEN
from cardserver.domain.zone import ESTATE_ZONE
from cardserver.payments.api import PaymentProvider
from cardserver.services.turn import Estate
from cardserver.vault import Vault

_OWNER_ONLY: Final = 0o600


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def open_estate(
    database: str,
    vault: Vault,
    *,
    name: str,
    clock: Callable[[], datetime] = utc_now,
    rules: CardRules = DEFAULT_RULES,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    check_above_fen: int = CHECKED_ABOVE_FEN,
    keep_rest_as_credit: bool = True,
    providers: Mapping[str, PaymentProvider] | None = None,
    bearer_gates: bool = False,
) -> Estate:
    """Open, and create or upgrade, the store at `database` and put the estate together.

    `clock` gives aware instants; notes above `check_above_fen` go through the note checker
    (FEE-03a); `keep_rest_as_credit` lets a kiosk's payer keep a rest on the card (FEE-04a); `rules`
    are the card counter's settings (IC-05a, IC-13a, IC-23a); `providers` take payments by QR.

    Raises DatabaseUrlInvalid, StoreUnusable.
    """
    engine = open_engine(database, busy_timeout_ms=busy_timeout_ms)
    if engine.dialect.name == "sqlite" and file_of(engine.url) is None:
        raise DatabaseUrlInvalid("in memory nothing is kept: name a file, as in sqlite:///yika.db")
    _begin_file(engine)
    # Commands beside the server bring demo keys: they can't say whose taps are there.
    upgrade(engine, site="" if vault.demo else vault.estate_id)
    if not vault.demo:
        _check_whose(engine, vault.estate_id)
    return Estate(
        name=name,
        engine=engine,
        vault=vault,
        zone=ESTATE_ZONE,
        clock=clock,
        check_above_fen=check_above_fen,
        keep_rest_as_credit=keep_rest_as_credit,
        rules=rules,
        providers=providers or {},
        bearer_gates=bearer_gates,
    )


def open_beside(database: str, vault: Vault) -> Estate:
    """For a command beside the server: the estate of a store that is there, and none is made.

    Raises DatabaseUrlInvalid, StoreUnusable.
    """
    engine = open_engine(database)
    try:
        require_store(engine)
    finally:
        engine.dispose()
    return open_estate(database, vault, name="Yika")


def _check_whose(engine: Engine, site: str) -> None:
    """One keyring of many was taken for another: cards would be made with a neighbour's keys, and
    all that gates told would be out of sight. Raises StoreUnusable.
    """
    with engine.connect() as connection:
        there = sites_there(connection)
    if there and site not in there:
        engine.dispose()
        whose = ", ".join(sorted(there))
        raise StoreUnusable(
            f"this database is of estate {whose}, the keyring is of {site}: open it with its own "
            f"(where that is lost, `yika keys init --estate {min(there)}` makes another)"
        )


def _begin_file(engine: Engine) -> None:
    """A store on SQLite is its owner's alone, and what SQLite puts beside it too: residents' names
    and numbers are in there. What stands in the way is said when the store is opened.
    """
    file = file_of(engine.url)
    if file is not None:
        with suppress(OSError):
            file.touch(mode=_OWNER_ONLY)


def require_store(engine: Engine) -> None:
    """SQLite makes a file where none is, so that a slip in an address would look like an empty
    estate. Raises StoreUnusable.
    """
    if engine.dialect.name != "sqlite":
        return
    file = file_of(engine.url)
    if file is None or not file.is_file() or not file.stat().st_size:
        raise StoreUnusable(f"there is no database {file or 'in memory'}")
