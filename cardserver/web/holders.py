"""Holders, their cards, and the deny list."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import blocking, holders, verifying
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import CARD, CardQuery, ChipQuery, SearchQuery, row
from cardserver.wire_cards import BlockRequest, CardView, HolderList, HolderView, ReadKeys
from cardserver.wire_verifications import VerificationRequest, VerificationView

api = APIBlueprint("holders", __name__, tag="Holders and cards")


@api.get("/holders")
@permit(Action.FIND_HOLDERS)
@api.input(SearchQuery, location="query")
@api.output(HolderList)
def search(query_data: SearchQuery) -> HolderList:
    """Find holders by name, unit, phone, plate, card number or the end of the ID number."""
    return holders.search(estate(), caller(), query_data.query, query_data.limit)


@api.get(f"/holders/{row('holder_id')}")
@permit(Action.FIND_HOLDERS)
@api.output(HolderView)
def holder(holder_id: int) -> HolderView:
    """Show one holder with cards and agreements."""
    return holders.holder(estate(), caller(), holder_id)


@api.get("/cards")
@permit(Action.READ_CARD)
@api.input(CardQuery, location="query")
@api.output(CardView)
def card(query_data: CardQuery) -> CardView:
    """Show one card, by chip number or card number."""
    if query_data.uid is not None:
        return holders.card_by_uid(estate(), caller(), query_data.uid)
    return holders.card_by_number(estate(), caller(), query_data.number or 0)


@api.get("/cards/read-keys")
@permit(Action.READ_KEYS)
@api.input(ChipQuery, location="query")
@api.output(ReadKeys)
def read_keys(query_data: ChipQuery) -> ReadKeys:
    """Give the keys that read one known card and write nothing."""
    return holders.read_keys(estate(), caller(), query_data.uid)


@api.post(f"/cards/{CARD}/block")
@permit(Action.BLOCK)
@api.input(BlockRequest)
@api.output(CardView)
def block(number: int, json_data: BlockRequest) -> CardView:
    """Deny a card at once."""
    return blocking.block(estate(), caller(), number, json_data)


@api.post(f"/cards/{CARD}/unblock")
@permit(Action.BLOCK)
@api.input(BlockRequest)
@api.output(CardView)
def unblock(number: int, json_data: BlockRequest) -> CardView:
    """Allow a blocked card again."""
    return blocking.unblock(estate(), caller(), number, json_data)


@api.post("/verifications")
@permit(Action.VERIFY)
@api.input(VerificationRequest)
@api.output(VerificationView)
def verify(json_data: VerificationRequest) -> VerificationView:
    """Store that a holder was checked."""
    return verifying.verify(estate(), caller(), json_data)
