"""What we owe to cards for their next top-up."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import cardcredits
from cardserver.web.auth import caller, estate, permit
from cardserver.wire_cashmoves import MovementView
from cardserver.wire_credits import CreditList, PayCreditBack

api = APIBlueprint("credits", __name__, tag="Money")


@api.get("/credits")
@permit(Action.REPORTS)
@api.output(CreditList)
def card_credits() -> CreditList:
    """List what we owe to cards for their next top-up."""
    return cardcredits.card_credits(estate(), caller())


@api.post("/drawer/credits")
@permit(Action.REFUND)
@api.input(PayCreditBack)
@api.output(MovementView)
def pay_credit_back(json_data: PayCreditBack) -> MovementView:
    """Pay a returned card's credit out in cash."""
    return cardcredits.pay_credit_back(estate(), caller(), json_data)
