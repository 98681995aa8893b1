"""What stands on file behind a business: calls to the owner, applications, what was inspected.

Looked up when the business begins, and again when something was added to it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cardserver.client import CardServerClient
from cardserver.domain.application import APPLICATION_OF, Stage
from cardserver.domain.appraisal import REASON_OF, Finding
from cardserver.domain.card import REPLACEABLE
from cardserver.domain.denial import replaced_for
from cardserver.domain.operation import OperationKind
from cardserver.domain.people import is_current
from cardserver.domain.rights import HolderClass
from cardserver.domain.tariff import ReplaceReason
from cardserver.wire_approvals import (
    ApplicationView,
    AppraisalView,
    PhoneRecords,
    PhoneRecordView,
    UnitCards,
)
from cardserver.wire_cards import CardView, HolderView

_ISSUING: Final = frozenset({OperationKind.ISSUE, OperationKind.EXTEND})
_ASKING_OWNERS: Final = frozenset({HolderClass.FAMILY, HolderClass.TENANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a business can rest on.

    `inspect_first` is True while a card is still to be looked at before it is replaced;
    `reason` is what its inspection came to.
    """

    calls: PhoneRecords | None = None
    applications: tuple[ApplicationView, ...] = ()
    appraisals: tuple[AppraisalView, ...] = ()
    appraisal_id: str | None = None
    reason: ReplaceReason | None = None
    inspect_first: bool = False
    unit_cards: UnitCards | None = None

    @property
    def listed(self) -> bool:
        """False for family that is not on the unit's record (IC-04)."""
        return self.calls is None or self.calls.listed

    @property
    def call(self) -> PhoneRecordView | None:
        """The call of today that says yes."""
        records = self.calls.records if self.calls else ()
        return next((each for each in records if each.serves_today), None)

    @property
    def application(self) -> ApplicationView | None:
        """The approved application a card may be issued on; the oldest that waits."""
        ready = [each for each in self.applications if each.stage is Stage.APPROVED]
        return ready[-1] if ready else None


def look_up(
    server: CardServerClient,
    kind: OperationKind,
    holder: HolderView,
    card: CardView | None,
    reason: ReplaceReason,
) -> Known:
    """What stands on file behind this business now. Raises ServerError."""
    if kind is OperationKind.REPLACE and card is not None:
        return _inspected(server, holder, card, reason)
    if kind not in _ISSUING:
        return Known()
    calls = None
    applications: tuple[ApplicationView, ...] = ()
    if holder.holder_class in _ASKING_OWNERS:
        calls = server.approvals.phone_records(holder.holder_id)
    if holder.holder_class in APPLICATION_OF:
        applications = server.approvals.applications(holder_id=holder.holder_id).applications
    first_card = kind is OperationKind.ISSUE
    unit_cards = server.approvals.unit_cards(holder.holder_id) if first_card else None
    return Known(calls=calls, applications=applications, unit_cards=unit_cards)


def replaced_as(holder: HolderView, card: CardView, today: date) -> frozenset[ReplaceReason]:
    """For which reasons the server would replace this card, by what it told of it."""
    if card.status not in REPLACEABLE:
        return frozenset()
    blocked, current = card.blocked, is_current(holder.ends, today)
    if blocked is None:
        return replaced_for(None, lost=False, current=current)
    return replaced_for(blocked.why, lost=blocked.reported_lost, current=current)


def _inspected(
    server: CardServerClient, holder: HolderView, card: CardView, reason: ReplaceReason
) -> Known:
    """A customer's lost card is not there to be looked at; any other is (IC-10a, IC-16).

    Of a blocked card what is on file of it tells whether it is lost. A finding from before a loss
    was reported, or found again, is no longer the word on it.
    """
    lost = card.blocked is not None and card.blocked.reported_lost
    if lost:
        reason = ReplaceReason.LOST
    if reason is ReplaceReason.LOST and holder.holder_class is not HolderClass.STAFF:
        return Known(reason=reason)
    found = server.approvals.appraisals(card.number).appraisals
    latest = found[0] if found else None
    if latest is None or not latest.decided or lost != (latest.finding is Finding.LOST):
        return Known(reason=reason, appraisals=found, inspect_first=True)
    return Known(
        appraisals=found, appraisal_id=latest.appraisal_id, reason=REASON_OF[latest.finding]
    )
