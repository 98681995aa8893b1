"""The desk's calls about charges that the cashier enters, reached as `client.charges`."""

from cardserver.clientbase import Calls
from cardserver.wire_charges import ChargeList, ChargeView, PutCharge, SettleCharge


class ChargeCalls(Calls):
    """Charges of a desk. Money is taken with the calls for every sale: tender, change, cancel."""

    def put(self, request: PutCharge) -> ChargeView:
        """The cashier's entry; ``not-permitted`` for everybody else."""
        return self._post("/api/charges", request, ChargeView)

    def settle(self, charge_id: str, settle_id: str) -> ChargeView:
        """All of it is paid; ``not-paid`` while something is missing."""
        body = SettleCharge(settle_id=settle_id)
        return self._post(f"/api/charges/{charge_id}/settlement", body, ChargeView)

    def charge(self, charge_id: str) -> ChargeView:
        """A charge as it stands."""
        return self._get(f"/api/charges/{charge_id}", ChargeView)

    def latest(self) -> list[ChargeView]:
        """The latest charges, newest first."""
        return list(self._get("/api/charges", ChargeList).charges)
