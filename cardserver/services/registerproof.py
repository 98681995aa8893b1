"""Proving the register F1: the chain, the numbers, and a row for every card (IC-17, IC-19d).

Reads everything from the beginning and believes nothing that is stored: every hash is computed
anew. What is found is a value; the first broken row is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ScalarResult, exists, func, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cardserver.db.engine import StoreUnusable, open_engine
from cardserver.db.tables import OperationRow
from cardserver.db.tables_register import RegisterChainRow, RegisterRow, RegisterSignatureRow
from cardserver.domain.operation import OperationKind, OperationState
from cardserver.domain.register import ISSUED, REPLACED, RegisterKind
from cardserver.domain.registerchain import NO_ROW, chained
from cardserver.services.opening import require_store
from cardserver.services.registering import ROWS, SIGNATURES, content_of

_BATCH: Final = 500
_NEEDED: Final = {OperationKind.ISSUE: ISSUED, OperationKind.REPLACE: REPLACED}
"""Cards written for the first time, and the rows that say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A row's number and the beginning of its hash, as an earlier print-out bears them."""

    number: int
    hash_begins: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What was read. `broken` says in words what does not hold; empty when all holds."""

    rows: int = 0
    signatures: int = 0
    issued: int = 0
    head: bytes = NO_ROW
    broken: str = ""


def prove_store(database: str, noted: Noted | None = None) -> Proven:
    """Prove the register of a store by its address; nothing is created, upgraded or changed.

    Raises DatabaseUrlInvalid, StoreUnusable.
    """
    engine = open_engine(database)
    try:
        require_store(engine)
        with Session(engine) as session:
            if not inspect(session.connection()).has_table(RegisterRow.__tablename__):
                raise StoreUnusable("there is no register in that database")
            return prove(session, noted)
    except DBAPIError as error:
        raise StoreUnusable(f"the register can't be read: {error.orig}") from error
    finally:
        engine.dispose()


def prove(session: Session, noted: Noted | None = None) -> Proven:
    """Read both chains and count the cards.

    `noted` is a row as it was printed once: a chain that was made anew from its beginning holds
    in itself, but not against a paper.
    """
    rows, head, broken = _chain(session, RegisterRow, ROWS, noted)
    signatures, _, broken_signature = _chain(session, RegisterSignatureRow, SIGNATURES, None)
    broken = broken or broken_signature or _without_row(session) or _without_card(session)
    return Proven(
        rows=rows,
        signatures=signatures,
        issued=_count(session, *ISSUED),
        head=head,
        broken=broken,
    )


Chained = type[RegisterRow] | type[RegisterSignatureRow]


def _chain(
    session: Session, table: Chained, name: str, noted: Noted | None
) -> tuple[int, bytes, str]:
    """Rows read, the last hash, and the first fault."""
    number, before = 0, NO_ROW
    for row in _read(session, table):
        number += 1
        fault = _fault(row, number, before)
        if fault:
            return number - 1, before, f"{_WHAT[name]} {number}: {fault}"
        before = row.hash
        if noted is not None and noted.number == number and not _bears(row.hash, noted):
            return number, before, f"{_WHAT[name]} {number}: not the one that was printed"
    if noted is not None and noted.number > number:
        return number, before, f"{_WHAT[name]} {number + 1}: missing, {noted.number} was printed"
    return number, before, _head_fault(session, name, number, before)


_WHAT: Final = {ROWS: "row", SIGNATURES: "signature"}


def _read(session: Session, table: Chained) -> Iterator[RegisterRow | RegisterSignatureRow]:
    statement = select(table).order_by(table.number).execution_options(yield_per=_BATCH)
    found: ScalarResult[RegisterRow | RegisterSignatureRow] = session.scalars(statement)
    for row in found:
        yield row
        session.expunge(row)  # the whole register need not fit into memory


def _fault(row: RegisterRow | RegisterSignatureRow, number: int, before: bytes) -> str:
    if row.number != number:
        return f"missing; the next one is {row.number}"
    if row.previous != before:
        return "it does not follow the one before it: that was altered, or another put between"
    if row.hash != chained(before, content_of(row)):
        return "its content was altered"
    return ""


def _bears(found: bytes, noted: Noted) -> bool:
    return found.hex().startswith(noted.hash_begins.lower())


def _head_fault(session: Session, name: str, number: int, before: bytes) -> str:
    head = session.get(RegisterChainRow, name)
    kept = (0, NO_ROW) if head is None else (head.number, head.hash)
    if kept == (number, before):
        return ""
    if kept[0] > number:
        return f"{_WHAT[name]} {number + 1}: missing; {kept[0]} were entered"
    return f"{_WHAT[name]} {max(number, 1)}: the chain's kept head is another"


def _without_row(session: Session) -> str:
    """IC-17: the first card that was written and has no row."""
    for kind, kinds in _NEEDED.items():
        entered = exists().where(
            RegisterRow.operation_id == OperationRow.id, RegisterRow.kind.in_(kinds)
        )
        statement = (
            select(OperationRow.card_number)
            .where(
                OperationRow.kind == kind, OperationRow.state == OperationState.SETTLED, ~entered
            )
            .order_by(OperationRow.card_number)
        )
        card = session.scalars(statement.limit(1)).first()
        if card is not None:
            return f"card {card} was written and no row says so"
    return ""


def _without_card(session: Session) -> str:
    """IC-17: a row of a new card that was never written, or the counts differ."""
    for kind, kinds in _NEEDED.items():
        written = session.scalar(
            select(func.count()).where(
                OperationRow.kind == kind, OperationRow.state == OperationState.SETTLED
            )
        )
        entered = _count(session, *kinds)
        if entered != written:
            return f"{entered} rows of {kind}, but {written} cards were written so"
    return ""


def _count(session: Session, *kinds: RegisterKind) -> int:
    statement = select(func.count()).where(RegisterRow.kind.in_(kinds))
    return session.scalar(statement) or 0
