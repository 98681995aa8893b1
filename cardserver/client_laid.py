"""The call a kiosk makes when a card is laid down, reached as `client.laid`."""

from cardserver.clientbase import Calls
from cardserver.wire_laid import CardLaid


class LaidCalls(Calls):
    """What lies here?"""

    def card(self, uid: bytes) -> CardLaid:
        """A card, the money that waits for it, the price of a month, and who can take it."""
        return self._get("/api/cards/laid", CardLaid, {"uid": uid.hex()})
