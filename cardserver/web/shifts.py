"""Shifts, X and Z reports, spot checks, pay-outs and suspense."""

from uuid import UUID

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import cashmoves, closing, shifts, spotchecks, suspense
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import row
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
    LatestQuery,
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

api = APIBlueprint("shifts", __name__, tag="Shifts")


@api.get("/shifts")
@permit(Action.REPORTS)
@api.input(LatestQuery, location="query")
@api.output(ShiftList)
def recent(query_data: LatestQuery) -> ShiftList:
    """List the latest shifts."""
    return spotchecks.recent_shifts(estate(), caller(), query_data.limit)


@api.post("/shifts")
@permit(Action.WORK_SHIFT)
@api.input(OpenShift)
@api.output(ShiftView)
def open_shift(json_data: OpenShift) -> ShiftView:
    """Open the operator's shift with a change fund."""
    return shifts.open_shift(estate(), caller(), json_data)


@api.get("/shifts/own")
@permit(Action.REPORTS)
@api.output(OwnShift)
def own_shift() -> OwnShift:
    """Show the operator's open shift here, if there is one."""
    return shifts.own(estate(), caller())


@api.get("/shifts/<uuid:shift_id>/x")
@permit(Action.WORK_SHIFT)
@api.output(ShiftReport)
def x_report(shift_id: UUID) -> ShiftReport:
    """Tell the shift's account so far."""
    return closing.x_report(estate(), caller(), str(shift_id))


@api.get("/shifts/<uuid:shift_id>/close")
@permit(Action.WORK_SHIFT)
@api.output(CloseView)
def before_close(shift_id: UUID) -> CloseView:
    """Tell what stands between the shift and its end."""
    return closing.before_close(estate(), caller(), str(shift_id))


@api.post("/shifts/<uuid:shift_id>/counts")
@permit(Action.WORK_SHIFT)
@api.input(CountDrawer)
@api.output(CountView)
def count_drawer(shift_id: UUID, json_data: CountDrawer) -> CountView:
    """Give what was counted; the answer tells what should have been there."""
    return closing.count_drawer(estate(), caller(), str(shift_id), json_data)


@api.post("/shifts/<uuid:shift_id>/close")
@permit(Action.WORK_SHIFT)
@api.input(CloseShift)
@api.output(ZView)
def close_shift(shift_id: UUID, json_data: CloseShift) -> ZView:
    """End the shift; the answer is its Z report."""
    return closing.close_shift(estate(), caller(), str(shift_id), json_data)


@api.post("/shifts/<uuid:shift_id>/hand-in")
@permit(Action.SPOT_CHECK)
@api.input(CashToCashier)
@api.output(MovementView)
def hand_in(shift_id: UUID, json_data: CashToCashier) -> MovementView:
    """Hand a closed shift's takings to the cashier."""
    return cashmoves.hand_in(estate(), caller(), str(shift_id), json_data)


@api.get("/z-reports")
@permit(Action.REPORTS)
@api.input(LatestQuery, location="query")
@api.output(ZList)
def z_reports(query_data: LatestQuery) -> ZList:
    """List the latest Z reports, and say whether their chain holds."""
    return closing.z_reports(estate(), caller(), query_data.limit)


@api.get(f"/z-reports/{row('number')}")
@permit(Action.REPORTS)
@api.output(ZView)
def z_report(number: int) -> ZView:
    """Show a Z report as it was frozen."""
    return closing.z_report(estate(), caller(), number)


@api.post(f"/z-reports/{row('number')}/reprints")
@permit(Action.REPORTS)
@api.input(PrintZ)
@api.output(Reprinted)
def reprint_z(number: int, json_data: PrintZ) -> Reprinted:
    """Ask to print a Z report: the original once, then copies that are marked."""
    return closing.reprint_z(estate(), caller(), number, json_data)


@api.get("/drawer/movements")
@permit(Action.REPORTS)
@api.input(LatestQuery, location="query")
@api.output(MovementList)
def movements(query_data: LatestQuery) -> MovementList:
    """List the latest numbered movements of drawers."""
    return cashmoves.movements(estate(), caller(), query_data.limit)


@api.post("/drawer/drops")
@permit(Action.SPOT_CHECK)
@api.input(CashToCashier)
@api.output(MovementView)
def drop(json_data: CashToCashier) -> MovementView:
    """Hand takings to the cashier while the shift goes on."""
    return cashmoves.drop(estate(), caller(), json_data)


@api.post("/drawer/loans")
@permit(Action.APPROVE_PAYOUT)
@api.input(PayLoan)
@api.output(MovementView)
def pay_loan(json_data: PayLoan) -> MovementView:
    """Pay a loan the head of the service centre approves."""
    return cashmoves.pay_loan(estate(), caller(), json_data)


@api.post("/drawer/counterfeits")
@permit(Action.REPORT_COUNTERFEIT)
@api.input(ReportCounterfeit)
@api.output(MovementView)
def report_counterfeit(json_data: ReportCounterfeit) -> MovementView:
    """Enter a note that is worth nothing."""
    return cashmoves.report_counterfeit(estate(), caller(), json_data)


@api.post("/drawer/repayments")
@permit(Action.REPORT_COUNTERFEIT)
@api.input(RepayClaim)
@api.output(MovementView)
def repay_claim(json_data: RepayClaim) -> MovementView:
    """Enter what somebody made good for a worthless note."""
    return cashmoves.repay_claim(estate(), caller(), json_data)


@api.get("/spot-checks")
@permit(Action.REPORTS)
@api.input(LatestQuery, location="query")
@api.output(SpotCheckList)
def spot_checks(query_data: LatestQuery) -> SpotCheckList:
    """List the latest spot checks."""
    return spotchecks.spot_checks(estate(), caller(), query_data.limit)


@api.post("/spot-checks")
@permit(Action.SPOT_CHECK)
@api.input(SpotCheckRequest)
@api.output(SpotCheckView)
def spot_check(json_data: SpotCheckRequest) -> SpotCheckView:
    """Count a drawer as the cashier."""
    return spotchecks.spot_check(estate(), caller(), json_data)


@api.get("/suspense")
@permit(Action.REPORTS)
@api.output(SuspenseList)
def list_suspense() -> SuspenseList:
    """List what stands in suspense, with its story."""
    return suspense.suspense(estate(), caller())


@api.post("/suspense")
@permit(Action.SETTLE_SUSPENSE)
@api.input(SettleSuspense)
@api.output(SuspenseSettled)
def settle_suspense(json_data: SettleSuspense) -> SuspenseSettled:
    """Settle one thing that stands in suspense, on evidence."""
    return suspense.settle_suspense(estate(), caller(), json_data)
