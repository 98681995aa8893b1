"""Calls about payments by QR, reached as `client.payments`."""

from uuid import uuid4

from cardserver.clientbase import Calls
from cardserver.wire_payments import Provider, QrAct, QrMeans, QrRequest, QrView


class PaymentCalls(Calls):
    """A code is asked for, looked at and ended. The server speaks with the provider."""

    def means(self) -> QrMeans:
        """By which providers a code can be had now."""
        return self._get("/api/payments/means", QrMeans)

    def ask_code(self, sale_id: str, payment_id: str, provider: Provider) -> QrView:
        """A code for all that is missing; it follows, see `payment`.

        Refused with ``tender-open``, ``code-open``, ``nothing-missing``, ``provider-unknown``.
        """
        body = QrRequest(payment_id=payment_id, provider=provider)
        return self._post(f"/api/sales/{sale_id}/codes", body, QrView)

    def payment(self, payment_id: str) -> QrView:
        """How a payment stands, with its sale."""
        return self._get(f"/api/payments/{payment_id}", QrView)

    def close(self, payment_id: str) -> QrView:
        """End a code; whether somebody was faster, a later look says."""
        return self._post(f"/api/payments/{payment_id}/close", QrAct(act_id=str(uuid4())), QrView)

    def check(self, payment_id: str) -> QrView:
        """Have the provider asked at once."""
        return self._post(f"/api/payments/{payment_id}/check", QrAct(act_id=str(uuid4())), QrView)
