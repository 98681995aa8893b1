"""The ticket: leave to change one card, with the keys of that card and no other.

Keys are derived anew each time and are stored nowhere.
"""

from cardserver.db.mapping import changes_from, rights_from
from cardserver.db.tables import OperationRow
from cardserver.domain.operation import Keying
from cardserver.services.keying import KeyingStanding, journal_of
from cardserver.services.turn import Turn
from cardserver.services.views import secure_channel
from cardserver.wire_cards import Period
from cardserver.wire_operations import SlotPlan, Ticket


def ticket(turn: Turn, row: OperationRow, keying: KeyingStanding | None = None) -> Ticket:
    """The ticket of an open operation. Raises VaultError.

    `keying` is how its keying stood before it was opened; else the journal is asked.
    """
    vault = turn.estate.vault
    if keying is None:
        asked = row.keying is not Keying.NONE
        keying = journal_of(turn, row.id) if asked else KeyingStanding()
    previous = row.previous_key_version
    return Ticket(
        operation_id=row.id,
        kind=row.kind,
        state=row.state,
        holder_id=row.holder_id,
        card_number=row.card_number,
        subject_number=row.subject_number,
        uid=row.uid,
        medium=row.medium,
        card_kind=row.card_kind,
        keying=row.keying,
        key_version=row.key_version,
        keys=vault.card_keys(row.uid, row.medium, row.key_version),
        previous_key_version=previous,
        previous_keys=None if previous is None else vault.card_keys(row.uid, row.medium, previous),
        changes=tuple(
            SlotPlan(slot=change.slot, old=change.old, new=change.new)
            for change in changes_from(row.changes)
        ),
        secure_channel=secure_channel(row.secure_channel),
        after={right.kind: Period.of(right.period) for right in rights_from(row.plan["rights"])},
        sale_id=row.sale_id,
        opened_at=row.at,
        keying_begun=keying.begun,
        keying_announced=keying.announced,
    )
