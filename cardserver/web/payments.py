"""Payments by QR code, and the door for the providers' notices."""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from apiflask import APIBlueprint
from flask import Blueprint, Response, abort, request

from cardserver.domain.permits import Action
from cardserver.payments.api import NoticeReason, NoticeRefused
from cardserver.services import qrpayments
from cardserver.web.auth import caller, estate, permit, public
from cardserver.wire_payments import QrAct, QrMeans, QrRequest, QrView

MAX_NOTICE_BYTES: Final = 32 * 1024
"""WeChat's notices have about one kilobyte, Alipay's about two."""

_OURS_TO_MEND: Final = frozenset({NoticeReason.FOREIGN, NoticeReason.UNRELATED})
"""Genuine, and never of use to us: sending it again would not change that."""

_log = logging.getLogger(__name__)

api = APIBlueprint("payments", __name__, tag="Money")
notices = Blueprint("notices", __name__)

V = TypeVar("V", bound=Callable[..., Any])


def _any_body(view: V) -> V:
    """Mark a view that judges by itself what it is sent."""
    view.__dict__["any_body"] = True
    return view


def takes_anything(view: Callable[..., Any]) -> bool:
    """True for a view that does not insist on JSON."""
    return bool(view.__dict__.get("any_body"))


@api.get("/payments/means")
@permit(Action.SELL)
@api.output(QrMeans)
def means() -> QrMeans:
    """Say by which providers a code can be had."""
    return qrpayments.means(estate(), caller())


@api.post("/sales/<uuid:sale_id>/codes")
@permit(Action.SELL)
@api.input(QrRequest)
@api.output(QrView)
def ask_code(sale_id: UUID, json_data: QrRequest) -> QrView:
    """Ask for a code for all that is missing on a sale."""
    return qrpayments.ask_code(estate(), caller(), str(sale_id), json_data)


@api.get("/payments/<uuid:payment_id>")
@permit(Action.SELL)
@api.output(QrView)
def payment(payment_id: UUID) -> QrView:
    """Show how a payment by QR stands."""
    return qrpayments.payment(estate(), caller(), str(payment_id))


@api.post("/payments/<uuid:payment_id>/close")
@permit(Action.SELL)
@api.input(QrAct)
@api.output(QrView)
def close(payment_id: UUID, json_data: QrAct) -> QrView:
    """End a code; if it was paid meanwhile, that counts."""
    return qrpayments.close(estate(), caller(), str(payment_id), json_data)


@api.post("/payments/<uuid:payment_id>/check")
@permit(Action.SELL)
@api.input(QrAct)
@api.output(QrView)
def check(payment_id: UUID, json_data: QrAct) -> QrView:
    """Have the provider asked at once: the payer says that it is paid."""
    del json_data  # asking twice is harmless
    return qrpayments.check(estate(), caller(), str(payment_id))


@notices.post("/payments/<provider>/notices")
@public
@_any_body
def take_notice(provider: str) -> Response:
    """A provider's word; it is believed for its signature alone."""
    found = estate().providers.get(provider)
    if found is None:
        abort(404)
    if (request.content_length or 0) > MAX_NOTICE_BYTES:
        abort(413)
    request.max_content_length = MAX_NOTICE_BYTES
    body = request.get_data(cache=False, parse_form_data=False)
    answer = found.notice_answer
    try:
        qrpayments.take_notice(estate(), found, dict(request.headers), body)
    except NoticeRefused as refused:
        _log.warning("a notice of %s was not taken: %s", provider, refused.reason)
        answer = found.notice_answer if refused.reason in _OURS_TO_MEND else found.notice_again
    status, content, kind = answer
    return Response(content, status=status, mimetype=kind)
