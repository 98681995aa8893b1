"""Finding holders and cards, and the keys that only read."""

from sqlalchemy import select

from cardserver.db.queries import latest_on_chip, search_holders
from cardserver.db.tables import CardRow, HolderRow
from cardserver.domain.keys import GATE_PURPOSES
from cardserver.services.errors import NotFound
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.services.views import card_view, holder_view, holder_views
from cardserver.wire_cards import CardView, HolderList, HolderView, ReadKeys


def search(estate: Estate, caller: Caller, query: str, limit: int) -> HolderList:
    """Holders that fit the words typed at the desk."""
    with reading(estate, caller) as turn:
        rows = search_holders(turn.session, query.strip(), limit)
        return HolderList(holders=holder_views(turn, rows))


def holder(estate: Estate, caller: Caller, holder_id: int) -> HolderView:
    """One holder. Raises NotFound."""
    with reading(estate, caller) as turn:
        return holder_view(turn, turn.find(HolderRow, holder_id, "holder"))


def card_by_uid(estate: Estate, caller: Caller, uid: bytes) -> CardView:
    """The last card made of the chip on the reader. Raises NotFound."""
    with reading(estate, caller) as turn:
        return card_view(turn, _on_chip(turn, uid))


def card_by_number(estate: Estate, caller: Caller, number: int) -> CardView:
    """A card by the number printed on it. Raises NotFound."""
    with reading(estate, caller) as turn:
        row = turn.session.scalars(select(CardRow).where(CardRow.number == number)).first()
        if row is None:
            raise NotFound("card", number)
        return card_view(turn, row)


def read_keys(estate: Estate, caller: Caller, uid: bytes) -> ReadKeys:
    """The reading keys of a known card, so that it can be looked at before an operation.

    Raises NotFound for a chip no card was made of.
    """
    with reading(estate, caller) as turn:
        return read_keys_of(turn, _on_chip(turn, uid))


def read_keys_of(turn: Turn, row: CardRow) -> ReadKeys:
    """The same of a card that was found. Raises VaultError."""
    keys = turn.estate.vault.card_keys(row.uid, row.medium, row.key_version)
    reading_only = {role: key for role, key in keys.items() if role in GATE_PURPOSES}
    return ReadKeys(version=row.key_version, keys=reading_only)


def _on_chip(turn: Turn, uid: bytes) -> CardRow:
    row = latest_on_chip(turn.session, uid)
    if row is None:
        raise NotFound("card", uid.hex())
    return row
