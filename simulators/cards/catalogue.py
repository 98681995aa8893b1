"""All virtual cards by name, for the command line and the panel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from simulators.cards.api import VirtualCard
from simulators.cards.classic import VirtualClassic
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.others import VirtualType2, bank_card, unknown_iso_card


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of card: its product name for people and how one is made from its UID."""

    name: str
    build: Callable[[bytes], VirtualCard]
    uid_sizes: frozenset[int]


_SEVEN: Final = frozenset({7})
_EITHER: Final = frozenset({4, 7})

CATALOGUE: Final[Mapping[str, Entry]] = {
    "classic-1k": Entry("MIFARE Classic 1K", lambda uid: VirtualClassic(uid, "1k"), _EITHER),
    "classic-4k": Entry("MIFARE Classic 4K", lambda uid: VirtualClassic(uid, "4k"), _EITHER),
    "desfire-ev1": Entry("MIFARE DESFire EV1 8K", lambda uid: VirtualDesfire(uid, "ev1"), _SEVEN),
    "desfire-ev2": Entry("MIFARE DESFire EV2 8K", lambda uid: VirtualDesfire(uid, "ev2"), _SEVEN),
    "desfire-ev3": Entry("MIFARE DESFire EV3 8K", lambda uid: VirtualDesfire(uid, "ev3"), _SEVEN),
    "ultralight": Entry("MIFARE Ultralight", lambda uid: VirtualType2(uid, "ultralight"), _SEVEN),
    "ntag213": Entry("NTAG213", lambda uid: VirtualType2(uid, "ntag213"), _SEVEN),
    "ntag215": Entry("NTAG215", lambda uid: VirtualType2(uid, "ntag215"), _SEVEN),
    "bank-card": Entry("Bank card", bank_card, _EITHER),
    "iso-14443-4": Entry("Unknown ISO 14443-4 card", unknown_iso_card, _EITHER),
}


def make(kind: str, uid: bytes) -> VirtualCard:
    """A card in its factory state.

    Raises:
        ValueError: no such kind, or a UID of a length that this kind does not have.
    """
    entry = CATALOGUE.get(kind)
    if entry is None:
        raise ValueError(f"no card kind {kind!r}; there are {', '.join(CATALOGUE)}")
    if len(uid) not in entry.uid_sizes:
        sizes = " or ".join(str(size) for size in sorted(entry.uid_sizes))
        raise ValueError(f"the UID of a {entry.name} has {sizes} bytes, not {len(uid)}")
    return entry.build(uid)
