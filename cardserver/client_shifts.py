"""The desk's calls about shifts, counts, reports, pay-outs and suspense."""

from cardserver.clientbase import Calls
from cardserver.wire_cashmoves import (
    CashToCashier,
    MovementList,
    MovementView,
    PayLoan,
    RepayClaim,
    ReportCounterfeit,
)
from cardserver.wire_shifts import (
    CloseShift,
    CloseView,
    CountDrawer,
    CountView,
    OpenShift,
    OwnShift,
    PrintZ,
    Reprinted,
    ShiftList,
    ShiftReport,
    ShiftView,
    ZList,
    ZView,
)
from cardserver.wire_spotchecks import SpotCheckList, SpotCheckRequest, SpotCheckView
from cardserver.wire_suspense import SettleSuspense, SuspenseList, SuspenseSettled


class ShiftCalls(Calls):
    """Shifts as a desk sees them. Refusals are those of `cardserver.services`."""

    def own(self) -> ShiftView | None:
        """The operator's open shift at this station."""
        return self._get("/api/shifts/own", OwnShift).shift

    def recent(self, limit: int = 20) -> list[ShiftView]:
        """The latest shifts, newest first."""
        return list(self._get("/api/shifts", ShiftList, {"limit": str(limit)}).shifts)

    def open(self, request: OpenShift) -> ShiftView:
        """Open a shift; ``shift-open`` when there is one."""
        return self._post("/api/shifts", request, ShiftView)

    def x(self, shift_id: str) -> ShiftReport:
        """The account so far."""
        return self._get(f"/api/shifts/{shift_id}/x", ShiftReport)

    def before_close(self, shift_id: str) -> CloseView:
        """What stands between the shift and its end."""
        return self._get(f"/api/shifts/{shift_id}/close", CloseView)

    def count(self, shift_id: str, request: CountDrawer) -> CountView:
        """Give a count; the answer tells what should have been there."""
        return self._post(f"/api/shifts/{shift_id}/counts", request, CountView)

    def close_shift(self, shift_id: str, request: CloseShift) -> ZView:
        """End the shift; ``shift-held`` while something of it is open."""
        return self._post(f"/api/shifts/{shift_id}/close", request, ZView)

    def z(self, number: int) -> ZView:
        """A Z report as it was frozen."""
        return self._get(f"/api/z-reports/{number}", ZView)

    def reprint_z(self, number: int, print_id: str, *, original: bool = False) -> int:
        """Ask to print a Z report; how often it was asked again, 0 for the `original`."""
        body = PrintZ(print_id=print_id, original=original)
        return self._post(f"/api/z-reports/{number}/reprints", body, Reprinted).count

    def z_reports(self, limit: int = 20) -> ZList:
        """The latest Z reports, and whether their chain holds."""
        return self._get("/api/z-reports", ZList, {"limit": str(limit)})

    def hand_in(self, shift_id: str, request: CashToCashier) -> MovementView:
        """A closed shift's takings to the cashier."""
        return self._post(f"/api/shifts/{shift_id}/hand-in", request, MovementView)

    def drop(self, request: CashToCashier) -> MovementView:
        """Takings of the open shift to the cashier."""
        return self._post("/api/drawer/drops", request, MovementView)

    def pay_loan(self, request: PayLoan) -> MovementView:
        """A loan the head of the service centre approves."""
        return self._post("/api/drawer/loans", request, MovementView)

    def repay_claim(self, request: RepayClaim) -> MovementView:
        """What somebody made good; ``claim-exceeded`` for more than is owed."""
        return self._post("/api/drawer/repayments", request, MovementView)

    def report_counterfeit(self, request: ReportCounterfeit) -> MovementView:
        """A note that is worth nothing."""
        return self._post("/api/drawer/counterfeits", request, MovementView)

    def movements(self, limit: int = 20) -> MovementList:
        """The latest numbered movements."""
        return self._get("/api/drawer/movements", MovementList, {"limit": str(limit)})

    def spot_check(self, request: SpotCheckRequest) -> SpotCheckView:
        """The cashier's count."""
        return self._post("/api/spot-checks", request, SpotCheckView)

    def spot_checks(self, limit: int = 20) -> SpotCheckList:
        """The latest spot checks."""
        return self._get("/api/spot-checks", SpotCheckList, {"limit": str(limit)})

    def suspense(self) -> SuspenseList:
        """What stands in suspense."""
        return self._get("/api/suspense", SuspenseList)

    def settle_suspense(self, request: SettleSuspense) -> SuspenseSettled:
        """End one thing that stands in suspense."""
        return self._post("/api/suspense", request, SuspenseSettled)
