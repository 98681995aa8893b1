"""Calls about what we owe to cards for their next top-up, reached as `client.credits`."""

from cardserver.clientbase import Calls
from cardserver.wire_cashmoves import MovementView
from cardserver.wire_credits import CreditList, PayCreditBack


class CreditCalls(Calls):
    """Credits of cards. A top-up uses its card's credit by itself."""

    def all(self) -> CreditList:
        """Every card with a credit, and what that comes to."""
        return self._get("/api/credits", CreditList)

    def pay_back(self, request: PayCreditBack) -> MovementView:
        """Pay a returned card's credit out; ``card-still-used`` for a live card."""
        return self._post("/api/drawer/credits", request, MovementView)
