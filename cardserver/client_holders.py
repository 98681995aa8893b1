"""Calls about holders and their cards: who it is, what may be read, what was checked and denied."""

from uuid import uuid4

from cardserver.clientbase import Calls
from cardserver.wire_cards import BlockRequest, CardView, HolderList, HolderView, ReadKeys
from cardserver.wire_verifications import VerificationRequest, VerificationView


class HolderCalls(Calls):
    """Holders, cards, verifications and the deny list."""

    def search(self, query: str, limit: int = 20) -> list[HolderView]:
        """Holders by name, unit, phone, plate, card number or the end of the ID number."""
        params = {"query": query, "limit": str(limit)}
        return list(self._get("/api/holders", HolderList, params).holders)

    def holder(self, holder_id: int) -> HolderView:
        """One holder. Refused with ``not-found``."""
        return self._get(f"/api/holders/{holder_id}", HolderView)

    def card(self, *, uid: bytes | None = None, number: int | None = None) -> CardView | None:
        """A card by chip number or card number; None when the server doesn't know it."""
        params = {"number": str(number)} if uid is None else {"uid": uid.hex()}
        return self._find("/api/cards", CardView, params)

    def read_keys(self, uid: bytes) -> ReadKeys | None:
        """Keys that read a card of ours before an operation; None for an unknown card."""
        return self._find("/api/cards/read-keys", ReadKeys, {"uid": uid.hex()})

    def verify(self, request: VerificationRequest) -> VerificationView:
        """Store that a holder was checked."""
        return self._post("/api/verifications", request, VerificationView)

    def block(self, card_number: int, reason: str) -> CardView:
        """Deny a card at once; it needn't be there."""
        body = BlockRequest(request_id=str(uuid4()), reason=reason)
        return self._post(f"/api/cards/{card_number}/block", body, CardView)

    def unblock(self, card_number: int, reason: str) -> CardView:
        """Allow a blocked card again, while no replacement exists or is being made."""
        body = BlockRequest(request_id=str(uuid4()), reason=reason)
        return self._post(f"/api/cards/{card_number}/unblock", body, CardView)
