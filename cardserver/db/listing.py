"""Named questions about the issue list as gates get it, and about the rules of the gates."""

from collections.abc import Sequence
from datetime import date
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.orm import Session, aliased

from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.tables import CardRow, HolderRow, RightRow
from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.db.tables_parking import AgreementSpaceRow
from cardserver.domain.rights import CardStatus, HolderClass, RightKind

_SINCE: Final = CardRow.version > bindparam("since")
_LATER: Final = aliased(CardRow)
_OLD: Final = aliased(CardRow)
_SAME_CHIP: Final = select(_LATER.number).where(
    _LATER.uid == CardRow.uid, _LATER.number > CardRow.number
)
_CARDS: Final = Prepared(
    select(
        CardRow.number,
        CardRow.uid,
        CardRow.status,
        CardRow.key_version,
        CardRow.secure_channel,
        HolderRow.ends,
        HolderRow.holder_class,
    )
    .join(HolderRow, HolderRow.id == CardRow.holder_id)
    .where(_SINCE, ~_SAME_CHIP.exists())
)
_RIGHTS: Final = Prepared(
    select(
        RightRow.card_number,
        RightRow.kind,
        RightRow.sequence,
        RightRow.zones,
        RightRow.first,
        RightRow.after_last,
        AgreementSpaceRow.space_id,
    )
    .join(CardRow, CardRow.number == RightRow.card_number)
    .outerjoin(AgreementSpaceRow, AgreementSpaceRow.agreement_id == RightRow.agreement_id)
    .where(_SINCE, CardRow.status == CardStatus.LIVE)
)
_REPLACED: Final = Prepared(
    select(CardRow.number, _OLD.number).join(_OLD, _OLD.replaced_by == CardRow.number).where(_SINCE)
)
_NEWEST_RULES: Final = PreparedRows(
    GateRulesRow,
    select(GateRulesRow)
    .where(GateRulesRow.site == bindparam("in_site"))
    .order_by(GateRulesRow.version.desc())
    .limit(1),
)


def listed_cards(
    connection: Connection, after_version: int
) -> Sequence[Row[int, bytes, CardStatus, int, str | None, date | None, HolderClass]]:
    """What gates need of every card changed after a version; of one chip only the last card.

    Number, UID, status, key version, secure channel, last day of its holder, the holder's class.
    """
    # Not ordered by the database: it would walk all numbers instead of the few new versions.
    return sorted(_CARDS.rows(connection, since=after_version), key=itemgetter(0))


def listed_rights(
    connection: Connection, after_version: int
) -> Sequence[Row[int, RightKind, int, int, date, date, int | None]]:
    """The rights of every live card changed after a version.

    Card number, right, sequence, zones, first day, day after the last, parking space.
    """
    return _RIGHTS.rows(connection, since=after_version)


def replaced_since(connection: Connection, after_version: int) -> Sequence[Row[int, int]]:
    """New and old number of every card that replaced another, where the new one changed since."""
    return _REPLACED.rows(connection, since=after_version)


def gate_rules(session: Session, site: str) -> GateRulesRow | None:
    """The rules that stand now."""
    return _NEWEST_RULES.first(session, in_site=site)


def gate_rules_history(session: Session, site: str, limit: int) -> Sequence[GateRulesRow]:
    """Versions of the rules, newest first."""
    statement = select(GateRulesRow).where(GateRulesRow.site == site)
    return session.scalars(statement.order_by(GateRulesRow.version.desc()).limit(limit)).all()
