"""Every virtual card there is, recognised: the two sides were written by different hands."""

import pytest

from drivers.api.cards import CardKind
from drivers.identify import identify
from simulators.cards.catalogue import CATALOGUE, make
from simulators.reader import VirtualReader

UID = bytes.fromhex("04A1B2C3D4E5F6")

# kind in the catalogue: kind, name when asked in full, exchanges at a tap, exchanges in full
EXPECTED = {
    "classic-1k": (CardKind.CLASSIC_1K, "MIFARE Classic 1K", 1, 1),
    "classic-4k": (CardKind.CLASSIC_4K, "MIFARE Classic 4K", 1, 1),
    "desfire-ev1": (CardKind.DESFIRE_EV1, "MIFARE DESFire EV1 8K", 1, 4),
    "desfire-ev2": (CardKind.DESFIRE_EV2, "MIFARE DESFire EV2 8K", 1, 4),
    "desfire-ev3": (CardKind.DESFIRE_EV3, "MIFARE DESFire EV3 8K", 1, 4),
    "ultralight": (CardKind.ULTRALIGHT, "MIFARE Ultralight", 2, 2),
    "ntag213": (CardKind.NTAG, "NTAG213", 2, 2),
    "ntag215": (CardKind.NTAG, "NTAG215", 2, 2),
    "bank-card": (CardKind.BANK_CARD, "bank card", 2, 2),
    "iso-14443-4": (CardKind.ISO_14443_4, "ISO 14443-4 card", 2, 3),
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_virtual_card_is_recognised_and_left_untouched(name: str) -> None:
    kind, full_name, at_tap, in_full = EXPECTED[name]
    reader, card = VirtualReader(), make(name, UID)
    reader.insert(card)
    before = card.dump()
    channel = reader.connect()
    tapped = identify(channel)
    exchanges = reader.exchanges
    known = identify(channel, full=True)
    assert (exchanges, reader.exchanges - exchanges) == (at_tap, in_full)
    assert (known.kind, known.name, known.uid) == (kind, full_name, UID)
    assert tapped.supported == known.supported
    assert card.dump() == before
