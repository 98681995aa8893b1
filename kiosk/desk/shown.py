"""What was shown at the counter when somebody was verified, as the clerk entered it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cardserver.domain.errors import RuleViolation
from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.wire_verifications import LeaseShown, VerificationRequest
from kiosk.desk.business import Business
from kiosk.station.typed import day, row_of

METHOD_OF: Final = {
    HolderClass.OWNER: VerificationMethod.OWNER_RECORD,
    HolderClass.FAMILY: VerificationMethod.OWNER_RECORD,
    HolderClass.TENANT: VerificationMethod.LEASE,
    HolderClass.MERCHANT: VerificationMethod.APPLICATION,
    HolderClass.STAFF: VerificationMethod.APPLICATION,
}
_NAME_SIZE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The papers that were seen, the owner who is present, the lease."""

    papers: tuple[Paper, ...] = ()
    owner_id: int | None = None
    lease: LeaseShown | None = None
    licence_holder: str | None = None

    @classmethod
    def of(cls, form: Mapping[str, str], papers: tuple[Paper, ...]) -> "Shown":
        """Out of the form of the step. Raises RuleViolation for a lease that makes no sense."""
        return cls(
            papers=papers,
            owner_id=row_of(form.get("owner_present", "")),
            lease=_lease(form),
            licence_holder=form.get("licence_holder", "").strip()[:_NAME_SIZE] or None,
        )

    def request(self, business: Business) -> VerificationRequest:
        """What is stored: against which record, by which call, on which application."""
        holder, known = business.holder, business.known
        asked = known.calls is not None
        method = METHOD_OF[holder.holder_class]
        call = known.call if asked else None
        if self.owner_id is not None:
            method, call = VerificationMethod.OWNER_PRESENT, None
        elif call is not None:
            method = VerificationMethod.PHONE
        return VerificationRequest(
            verification_id=business.ids.verification,
            holder_id=holder.holder_id,
            method=method,
            papers_seen=self.papers,
            phone_record_id=call.record_id if call else None,
            owner_id=self.owner_id,
            application_id=known.application.application_id if known.application else None,
            lease=self.lease,
            licence_holder=self.licence_holder,
        )


def _lease(form: Mapping[str, str]) -> LeaseShown | None:
    """The lease, where a number or a day of it was typed. Half a lease is none."""
    number, filed = form.get("lease_number", "").strip(), form.get("copy_filed", "").strip()
    days = form.get("lease_first", "").strip(), form.get("lease_last", "").strip()
    if not (number or any(days)):
        return None
    if not (number and filed and all(days)):
        raise RuleViolation("lease-incomplete", rule="IC-05c")
    first, last = (day(typed, rule="IC-05c") for typed in days)
    if last < first:
        raise RuleViolation("lease-incomplete", rule="IC-05c")
    shown: Literal["original", "copy"] = "copy" if form.get("shown") == "copy" else "original"
    return LeaseShown(
        number=number[:_NAME_SIZE],
        first=first,
        last=last,
        shown=shown,
        copy_filed=filed[:_NAME_SIZE],
        sub_tenant=form.get("sub_tenant") == "yes",
    )
