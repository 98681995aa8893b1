"""Calls about the card register F1: rows, signatures, corrections."""

from cardserver.clientbase import Calls
from cardserver.wire_register import (
    OpenRows,
    RegisterPage,
    RegisterRowView,
    RowCorrectionRequest,
    RowQuery,
    RowSignRequest,
)


class RegisterCalls(Calls):
    """The register as a desk reads and signs it."""

    def rows(self, query: RowQuery) -> RegisterPage:
        """Rows in the order of their numbers, at most `query.limit` of them."""
        asked = query.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        params = {name: _text(value) for name, value in asked.items()}
        return self._get("/api/register", RegisterPage, params)

    def row(self, number: int) -> RegisterRowView:
        """One row. Refused with ``not-found``."""
        return self._get(f"/api/register/{number}", RegisterRowView)

    def row_of_operation(self, operation_id: str) -> RegisterRowView | None:
        """The row of how an operation ended; None where it has none, such as a top-up."""
        return next(iter(self.rows(RowQuery(operation_id=operation_id)).rows), None)

    def open_rows(self, station: str | None = None) -> OpenRows:
        """How many of today's rows somebody is still to sign."""
        params = {} if station is None else {"station": station}
        return self._get("/api/register/open", OpenRows, params)

    def sign(self, number: int, request: RowSignRequest) -> RegisterRowView:
        """Enter a signature; refused with e.g. ``already-signed``, ``other-signer``."""
        return self._post(f"/api/register/{number}/signature", request, RegisterRowView)

    def correct(self, number: int, request: RowCorrectionRequest) -> RegisterRowView:
        """Enter a correction; the answer is the new row."""
        return self._post(f"/api/register/{number}/corrections", request, RegisterRowView)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
