"""Charges that stand on no list (FEE-36)."""

from uuid import UUID

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import charging
from cardserver.web.auth import caller, estate, permit
from cardserver.wire_charges import ChargeList, ChargeView, PutCharge, SettleCharge

api = APIBlueprint("charges", __name__, tag="Money")


@api.get("/charges")
@permit(Action.REPORTS)
@api.output(ChargeList)
def latest() -> ChargeList:
    """List the latest charges that the cashier entered."""
    return charging.latest(estate(), caller())


@api.post("/charges")
@permit(Action.FREE_AMOUNT)
@api.input(PutCharge)
@api.output(ChargeView)
def put(json_data: PutCharge) -> ChargeView:
    """Enter a charge that stands on no list."""
    return charging.put_charge(estate(), caller(), json_data)


@api.get("/charges/<uuid:charge_id>")
@permit(Action.REPORTS)
@api.output(ChargeView)
def charge(charge_id: UUID) -> ChargeView:
    """Show a charge and its money."""
    return charging.charge(estate(), caller(), str(charge_id))


@api.post("/charges/<uuid:charge_id>/settlement")
@permit(Action.WORK_SHIFT)
@api.input(SettleCharge)
@api.output(ChargeView)
def settle(charge_id: UUID, json_data: SettleCharge) -> ChargeView:
    """Settle a paid charge; its receipt is owed from now on."""
    return charging.settle_charge(estate(), caller(), str(charge_id), json_data)
