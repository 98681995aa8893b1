"""Calls about cash boxes, the daily comparison with the providers' bills, and differences."""

from cardserver.clientbase import Calls
from cardserver.wire_reconciliation import (
    BoxList,
    BoxView,
    CountBox,
    DifferenceView,
    ReconciliationView,
    SettleDifference,
    TakeBox,
    TakeDifference,
)


class ReconciliationCalls(Calls):
    """Reconciliation as kiosk and desk see it. Refusals are those of `cardserver.services`."""

    def take_box(self, request: TakeBox) -> BoxView:
        """The cash box of this kiosk is taken out by who signed in."""
        return self._post("/api/cash-boxes", request, BoxView)

    def boxes(self) -> list[BoxView]:
        """The latest boxes; a kiosk sees its own."""
        return list(self._get("/api/cash-boxes", BoxList).boxes)

    def count_box(self, box_id: str, request: CountBox) -> BoxView:
        """What was found in a box."""
        return self._post(f"/api/cash-boxes/{box_id}/count", request, BoxView)

    def overview(self) -> ReconciliationView:
        """Days, boxes and open differences."""
        return self._get("/api/reconciliation", ReconciliationView)

    def take(self, difference_id: int, request: TakeDifference) -> DifferenceView:
        """Who is signed in answers for the difference from now on."""
        return self._post(f"/api/differences/{difference_id}/take", request, DifferenceView)

    def settle(self, difference_id: int, request: SettleDifference) -> DifferenceView:
        """What the difference was."""
        return self._post(f"/api/differences/{difference_id}/settle", request, DifferenceView)
