"""Open an operation on the card that lies on the reader: read what is there, ask the server."""

from uuid import uuid4

from cardserver.client import CardServerClient
from cardserver.domain.record import Medium
from cardserver.domain.rights import Slot
from cardserver.wire_cards import ReadKeys
from cardserver.wire_operations import BeginRequest, Ticket
from cardserver.wire_requests import FormatRequest, IssueRequest, OperationRequest, ReplaceRequest
from drivers.api.cards import CLASSIC_KINDS, Card, KeyRole, KeySet
from drivers.errors import ApduRefused, CardAuthenticationFailed, RecordTorn


def medium_of(card: Card) -> Medium:
    """Card family, which decides the seal of the record."""
    return Medium.CLASSIC if card.identity.kind in CLASSIC_KINDS else Medium.DESFIRE


def begin(
    request: OperationRequest,
    card: Card,
    server: CardServerClient,
    sale_id: str | None,
    *,
    operation_id: str | None = None,
    known: bool = True,
    keys: ReadKeys | None = None,
) -> Ticket:
    """Read the card's slots and open the operation; the server compares them with its own books.

    A caller that may have to ask again keeps `operation_id`: the same id gives the same ticket.
    One that has just heard that the server does not know this chip says so with `known`: nothing
    of ours is on it, and there are no keys to ask for. One that was given the card's reading keys
    before passes them on as `keys`.
    Raises ServerRefused (the rule that forbids it, `card-differs`, `card-busy`), CardError.
    """
    looked_at = known and not isinstance(request, FormatRequest)
    found = found_slots(card, server, keys) if looked_at else {}
    blank = isinstance(request, IssueRequest | ReplaceRequest)
    return server.begin(
        BeginRequest(
            operation_id=operation_id or str(uuid4()),
            request=request,
            uid=card.identity.uid,
            card_kind=card.identity.kind.value,
            medium=medium_of(card),
            secure_channel=card.secure_channel.value if card.secure_channel else None,
            sale_id=sale_id,
            found_slots=found,
            keys_at_once=blank,
        )
    )


def found_slots(
    card: Card, server: CardServerClient, given: ReadKeys | None = None
) -> dict[int, bytes | None]:
    """Every slot of a card of ours, None for a torn one; nothing for a card we never keyed."""
    known = given or server.read_keys(card.identity.uid)
    if known is None:
        return {}
    keys = KeySet(known.version, {KeyRole(role): key for role, key in known.keys.items()})
    found: dict[int, bytes | None] = {}
    for slot in Slot:
        try:
            found[int(slot)] = card.read_slot(slot, keys)
        except (RecordTorn, ApduRefused):  # refused: keyed, but the slot was never made
            found[int(slot)] = None
        except CardAuthenticationFailed:
            return {}
    return found
