"""Named questions about the issue list as gates get it, and about the rules of the gates."""

from collections.abc import Sequence
from datetime import date
from operator import itemgetter

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session, aliased

from cardserver.db.tables import CardRow, HolderRow, RightRow
from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.db.tables_parking import AgreementSpaceRow
from cardserver.domain.rights import CardStatus, HolderClass, RightKind


def listed_cards(
    connection: Connection, after_version: int
) -> Sequence[Row[int, bytes, CardStatus, int, str | None, date | None, HolderClass]]:
    """What gates need of every card changed after a version; of one chip only the last card.

    Number, UID, status, key version, secure channel, last day of its holder, the holder's class.
    """
    later = aliased(CardRow)
    same_chip = select(later.number).where(later.uid == CardRow.uid, later.number > CardRow.number)
    statement = (
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
        .where(CardRow.version > after_version, ~same_chip.exists())
    )
    # Not ordered by the database: it would walk all numbers instead of the few new versions.
    return sorted(connection.execute(statement).all(), key=itemgetter(0))


def listed_rights(
    connection: Connection, after_version: int
) -> Sequence[Row[int, RightKind, int, int, date, date, int | None]]:
    """The rights of every live card changed after a version.

    Card number, right, sequence, zones, first day, day after the last, parking space.
    """
    statement = (
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
        .where(CardRow.version > after_version, CardRow.status == CardStatus.LIVE)
    )
    return connection.execute(statement).all()


def replaced_since(connection: Connection, after_version: int) -> Sequence[Row[int, int]]:
    """New and old number of every card that replaced another, where the new one changed since."""
    old = aliased(CardRow)
    statement = select(CardRow.number, old.number).join(old, old.replaced_by == CardRow.number)
    return connection.execute(statement.where(CardRow.version > after_version)).all()


def gate_rules(session: Session, site: str) -> GateRulesRow | None:
    """The rules that stand now."""
    newest = gate_rules_history(session, site, limit=1)
    return newest[0] if newest else None


def gate_rules_history(session: Session, site: str, limit: int) -> Sequence[GateRulesRow]:
    """Versions of the rules, newest first."""
    statement = select(GateRulesRow).where(GateRulesRow.site == site)
    return session.scalars(statement.order_by(GateRulesRow.version.desc()).limit(limit)).all()
