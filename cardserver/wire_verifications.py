"""That a holder was checked against the record, and by which papers (IC-02..06, PARK-01)."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.wirebase import Instant, RowId, Text, Uuid, Wire, Word


class LeaseShown(Wire):
    """The lease a tenant showed, and where the copy of the ID card was filed (IC-05, IC-05c).

    `tenant_id` is the tenant whose lease it is, for his family (IC-05b); a sub-tenant needs the
    owner's word besides.
    """

    number: Word
    first: date
    last: date
    shown: Literal["original", "copy"]
    copy_filed: Word
    tenant_id: RowId | None = None
    sub_tenant: bool = False

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """Refuse a lease that ends before it begins."""
        if self.last < self.first:
            raise ValueError("the lease ends before it begins")
        return self


class VerificationRequest(Wire):
    """A holder was checked: against which record, and which papers were seen.

    By whom is the signed-on operator. Papers needed: `cardserver.domain.verification`. What else
    was shown is named: the telephone record (IC-04), the owner who is present (IC-04b), the
    approved application (IC-06, IC-13), the lease (IC-05). `licence_holder` is who the vehicle
    licence names, where that is another person (PARK-01a).
    """

    verification_id: Uuid
    holder_id: RowId
    method: VerificationMethod
    papers_seen: Annotated[tuple[Paper, ...], Field(max_length=20)] = ()
    note: Text | None = None
    phone_record_id: Uuid | None = None
    owner_id: RowId | None = None
    application_id: Uuid | None = None
    lease: LeaseShown | None = None
    licence_holder: Word | None = None


class VerificationView(Wire):
    """A stored verification."""

    verification_id: Uuid
    holder_id: RowId
    method: VerificationMethod
    papers_seen: tuple[Paper, ...]
    operator: str
    station: str
    at: Instant
