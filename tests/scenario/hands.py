"""What the people of a bad day do again and again."""

from collections.abc import Callable, Mapping
from typing import Any

from cardserver.domain.record import Medium
from cardserver.domain.rights import RightKind
from drivers.api.cards import Card, KeyRole, KeySet
from kiosk.station.i18n import DEFAULT_LANGUAGE, text
from simulators.cards.api import CardDump, VirtualCard
from simulators.reader import VirtualReader
from simulators.teller import Teller
from tests.scenario.ground import medium_of, on_card

YUAN = 100


def card_of(day: Teller, name: str) -> VirtualCard:
    return day.site.box.cards[day.card_ids[name]]


def memory_of(day: Teller, name: str) -> CardDump:
    return card_of(day, name).dump()


def ready_to_issue(day: Teller, holder_id: int | None = None, *, received: str = "20") -> None:
    """The holder is verified and has paid; only the card is missing."""
    day.open_business(holder_id or day.site.people.owner, "issue")
    day.serve(received=received)


def issue(day: Teller, name: str, kind: str) -> None:
    """A door card for the owner, without any accident; it is in nobody's way afterwards."""
    ready_to_issue(day)
    day.blank(name, kind)
    day.lay(name, "desk")
    day.write()
    day.lift("desk")


def with_parking(day: Teller, name: str, kind: str) -> None:
    """The owner's card with both rights."""
    issue(day, name, kind)
    people = day.site.people
    day.lay(name, "desk")
    day.open_business(
        people.owner,
        "add-parking",
        card_number=day.card(name).number,
        agreement_id=people.owner_agreement,
        months=1,
    )
    day.serve(("id-card", "driving-licence", "vehicle-licence"), received="300")
    day.write()
    day.lift("desk")


def write(day: Teller) -> Mapping[str, Any]:
    """The clerk presses "write" and waits for what comes of it."""
    day.post("/desk/act/write")
    day.until("the writing ends", lambda: day.business().get("phase") != "writing")
    return day.business()


def settle_paper(day: Teller) -> None:
    """The receipt goes to the customer and the page is cleared."""
    done = {"paper", "explain", "closed"}
    day.until("the paper is next", lambda: day.business().get("phase") in done)
    day.hand_over()


def says(day: Teller, path: str, key: str) -> bool:
    """True when the page holds the words of the catalogue under that key."""
    words = text(DEFAULT_LANGUAGE, key)
    assert words != key, f"nobody wrote words for {key}"
    return words in day.page(path)


def trial(day: Teller) -> tuple[int, int, int, int]:
    """Settled, held, payable and suspended fen; the books balance."""
    found = day.site.trial()
    assert found.balanced, found
    return found.settled_fen, found.held_fen, found.payable_fen, found.suspense_fen


def papers(day: Teller, printer: str = "desk") -> list[str]:
    """What the customer could take along: not the office's copies of a receipt."""
    sheets = [sheet.text for sheet in day.site.printers[printer].sheets]
    return [text for text in sheets if "存根联" not in text and "记账联" not in text]


# --- with the keys of a card in hand --------------------------------------------------------------


def keys_of(day: Teller, card: VirtualCard, version: int = 1) -> KeySet:
    keys = day.site.estate.vault.card_keys(card.uid, medium_of(card), version)
    return KeySet(version, {KeyRole(role): key for role, key in keys.items()})


def tamper(card: VirtualCard, act: Callable[[Card], object]) -> None:
    """Do something to a card on a reader that is none of ours."""
    reader = VirtualReader()
    reader.insert(card)
    on_card(reader, act)
    reader.remove()


def sealed_size(card: VirtualCard) -> int:
    return 28 if medium_of(card) is Medium.CLASSIC else 84


DOOR, PARKING = 0, 1
SLOTS = {DOOR: RightKind.DOOR, PARKING: RightKind.PARKING}
