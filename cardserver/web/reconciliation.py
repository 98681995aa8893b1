"""Cash boxes, days compared with the providers' bills, differences."""

from uuid import UUID

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import cashboxes, differences, reconciling
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import row
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

api = APIBlueprint("reconciliation", __name__, tag="Reconciliation")


@api.post("/cash-boxes")
@permit(Action.SERVICE)
@api.input(TakeBox)
@api.output(BoxView)
def take_box(json_data: TakeBox) -> BoxView:
    """Take the cash box out of the kiosk that asks."""
    return cashboxes.take_box(estate(), caller(), json_data)


@api.get("/cash-boxes")
@permit(Action.SERVICE)
@api.output(BoxList)
def boxes() -> BoxList:
    """List the latest cash boxes; a kiosk sees its own."""
    return cashboxes.boxes(estate(), caller())


@api.post("/cash-boxes/<uuid:box_id>/count")
@permit(Action.RECONCILE)
@api.input(CountBox)
@api.output(BoxView)
def count_box(box_id: UUID, json_data: CountBox) -> BoxView:
    """Say what was found in a cash box."""
    return cashboxes.count_box(estate(), caller(), str(box_id), json_data)


@api.get("/reconciliation")
@permit(Action.REPORTS)
@api.output(ReconciliationView)
def reconciliation() -> ReconciliationView:
    """Show the latest days, the cash boxes and every open difference."""
    return reconciling.reconciliation(estate(), caller())


@api.post(f"/differences/{row('difference_id')}/take")
@permit(Action.RECONCILE)
@api.input(TakeDifference)
@api.output(DifferenceView)
def take_difference(difference_id: int, json_data: TakeDifference) -> DifferenceView:
    """Answer for a difference from now on."""
    return differences.take_difference(estate(), caller(), difference_id, json_data)


@api.post(f"/differences/{row('difference_id')}/settle")
@permit(Action.RECONCILE)
@api.input(SettleDifference)
@api.output(DifferenceView)
def settle_difference(difference_id: int, json_data: SettleDifference) -> DifferenceView:
    """Say what a difference was."""
    return differences.settle_difference(estate(), caller(), difference_id, json_data)
