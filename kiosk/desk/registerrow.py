"""Signing and correcting a row of the register F1, from its page and from the counter."""

from collections.abc import Mapping
from typing import Final

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.errors import RuleViolation
from cardserver.domain.register import Correctable
from cardserver.domain.signature import SignedHow, Signer
from cardserver.wire_register import RegisterRowView, RowCorrectionRequest, RowSignRequest

_PLACE_DIGITS: Final = 4


def row_of(server: CardServerClient, operation_id: str) -> RegisterRowView | None:
    """The row of an operation that just ended; None where it can't be had now.

    The business goes on without it: the row is open, and stands in the list until it is signed.
    """
    try:
        return server.register.row_of_operation(operation_id)
    except ServerError:
        return None


def signing(row: RegisterRowView, form: Mapping[str, str], request_id: str) -> RowSignRequest:
    """What a form says of a signature. Raises RuleViolation for what is left out."""
    how = form.get("how", "")
    if how not in set(SignedHow):
        raise RuleViolation("signature-empty", rule="IC-07a")
    on_paper = SignedHow(how) is SignedHow.PAPER
    signer = form.get("signer", "")
    return RowSignRequest(
        request_id=request_id,
        how=SignedHow(how),
        signed_by=" ".join(form.get("signed_by", "").split()) or row.recipient or row.holder_name,
        signer=Signer(signer) if signer in set(Signer) else row.signer or Signer.HOLDER,
        strokes="" if on_paper else _drawn(form.get("strokes", "")),
        page=_place(form.get("page", "")) if on_paper else None,
        line=_place(form.get("line", "")) if on_paper else None,
    )


def _drawn(strokes: str) -> str:
    if not strokes.strip():
        raise RuleViolation("signature-empty", rule="IC-07a")
    return strokes


def _place(typed: str) -> int:
    """A page or a line, from 1."""
    typed = typed.strip()
    plain = typed.isascii() and typed.isdigit() and len(typed) <= _PLACE_DIGITS
    if not plain or int(typed) < 1:
        raise RuleViolation("page-and-line", rule="IC-07a")
    return int(typed)


def correcting(form: Mapping[str, str], request_id: str) -> RowCorrectionRequest:
    """What a form puts right. Raises RuleViolation for what is left out."""
    column = form.get("column", "")
    after, reason = (" ".join(form.get(name, "").split()) for name in ("after", "reason"))
    if column not in set(Correctable) or not after or not reason:
        raise RuleViolation("correction-incomplete", rule="IC-19d")
    return RowCorrectionRequest(
        request_id=request_id, column=Correctable(column), after=after, reason=reason
    )
