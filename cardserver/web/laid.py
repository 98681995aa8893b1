"""What lies on a kiosk's reader."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services.laid import card_laid
from cardserver.web.auth import caller, estate, permit
from cardserver.web.errors import refused
from cardserver.web.params import ChipQuery
from cardserver.wire_laid import CardLaid
from cardserver.wirebase import Refusal

api = APIBlueprint("laid", __name__, tag="Holders and cards")


@api.get("/cards/laid")
@permit(Action.SELL)
@api.input(ChipQuery, location="query")
@api.output(CardLaid)
def laid(query_data: ChipQuery) -> CardLaid:
    """Show the card on the reader, what waits for it, and the price of one month more."""
    return card_laid(estate(), caller(), query_data.uid, _told)


def _told(error: Exception) -> Refusal:
    return refused(error).refusal
