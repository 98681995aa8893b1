"""The beginning of a business: what is known, what it would cost, and what was shown for it."""

from dataclasses import replace
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerError, ServerRefused
from cardserver.domain.operation import OperationKind
from cardserver.wire_prices import Quote
from kiosk.desk.business import Business
from kiosk.desk.known import Known, look_up
from kiosk.desk.shown import Shown

_CURABLE: Final = frozenset(
    {
        "appraisal-missing",
        "inspection-in-doubt",
        "inspection-missing",
        "lease-expired",
        "lease-missing",
    }
)
"""Refusals that the first steps of the business themselves can put right."""


def prepare(business: Business, server: CardServerClient) -> None:
    """Look up what stands on file, and the price as of now.

    A price that a later step makes possible is left out until then. Raises ServerError.
    """
    business.known = _look_up(business, server)
    if business.known.reason is not None:
        business.reason = business.known.reason
    business.quote = _quote(business, server)


def _look_up(business: Business, server: CardServerClient) -> Known:
    """For parking, whether the owner said yes on the telephone (PARK-01a); else as by kind."""
    if business.first_parking:
        return Known(calls=server.approvals.phone_records(business.holder.holder_id))
    known = look_up(server, business.kind, business.holder, business.old_card, business.reason)
    if business.full_period:
        papers = look_up(server, OperationKind.EXTEND, business.holder, None, business.reason)
        known = replace(known, calls=papers.calls, applications=papers.applications)
    return known


def want_full_period(business: Business, server: CardServerClient, *, wanted: bool) -> None:
    """A bought replacement for a new full period, by the papers of one (IC-11a); or not.

    Raises ServerError, and then nothing was chosen.
    """
    before, business.full_period = business.full_period, wanted
    try:
        prepare(business, server)
    except ServerError:
        business.full_period = before
        raise


def _quote(business: Business, server: CardServerClient) -> Quote | None:
    try:
        return server.quote(business.request())
    except ServerRefused as refused:
        if refused.reason not in _CURABLE:
            raise
        return None


def keep_verification(business: Business, server: CardServerClient, shown: Shown) -> None:
    """Store what was shown, and ask at once whether it is enough. Raises ServerError.

    What was not enough is kept too; the next try is a verification of its own.
    """
    verified = server.verify(shown.request(business))
    business.verification_id = verified.verification_id
    try:
        business.quote = server.quote(business.request())
    except ServerRefused:
        business.verification_id = None
        business.ids.verification = str(uuid4())
        raise
