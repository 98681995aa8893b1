"""Cards: what lies on a reader, the keys it is opened with, and what can be done with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final, Protocol, runtime_checkable

from drivers.api.readers import Channel


@unique
class CardKind(StrEnum):
    """What lies on the reader. The first group can carry our records."""

    CLASSIC_1K = "mifare-classic-1k"
    CLASSIC_4K = "mifare-classic-4k"
    DESFIRE_EV1 = "mifare-desfire-ev1"
    DESFIRE_EV2 = "mifare-desfire-ev2"
    DESFIRE_EV3 = "mifare-desfire-ev3"
    ULTRALIGHT = "mifare-ultralight"
    NTAG = "ntag"
    BANK_CARD = "bank-card"
    ISO_14443_4 = "iso-14443-4"
    OTHER = "other"


CLASSIC_KINDS: Final = frozenset({CardKind.CLASSIC_1K, CardKind.CLASSIC_4K})
DESFIRE_KINDS: Final = frozenset({CardKind.DESFIRE_EV1, CardKind.DESFIRE_EV2, CardKind.DESFIRE_EV3})
SUPPORTED_KINDS: Final = CLASSIC_KINDS | DESFIRE_KINDS


@unique
class SecureChannel(StrEnum):
    """Secure messaging of a DESFire session. Recorded per card, so that it can't be talked down."""

    EV1 = "ev1"
    EV2 = "ev2"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIdentity:
    """A card as recognised before any key is used. `name` is the product name for people."""

    kind: CardKind
    uid: bytes
    atr: bytes
    name: str

    @property
    def supported(self) -> bool:
        """True when a card driver can carry our records on it."""
        return self.kind in SUPPORTED_KINDS


@unique
class KeyRole(StrEnum):
    """What a diversified key is for. Classic keys are 6 bytes, DESFire keys AES-128 (16 bytes)."""

    CLASSIC_READ = "classic-read"
    CLASSIC_WRITE = "classic-write"
    DESFIRE_PICC = "desfire-picc"
    DESFIRE_APP = "desfire-app"
    DESFIRE_READ = "desfire-read"
    DESFIRE_WRITE = "desfire-write"


@dataclass(frozen=True, slots=True)
class KeySet:
    """The diversified keys of one card. A gate's set lacks the writing ones.

    `version` is 1 to 255 and is stored on the card (DESFire key version; index block on Classic).
    The key bytes never appear in `repr`.
    """

    version: int
    keys: Mapping[KeyRole, bytes] = field(repr=False)

    def __getitem__(self, role: KeyRole) -> bytes:
        """Key bytes for `role`. Raises KeyError when this set does not hold it."""
        return self.keys[role]

    def __contains__(self, role: object) -> bool:
        return role in self.keys


@unique
class CardState(StrEnum):
    """What the keys say about the card."""

    BLANK = "blank"  # factory keys, nothing of ours
    HALF_KEYED = "half-keyed"  # personalising or formatting broke off; can be resumed
    OURS = "ours"  # opens with the given keys
    FOREIGN = "foreign"  # neither factory keys nor the given ones


@unique
class StepState(StrEnum):
    """Progress of one step in a keying journal."""

    BEGUN = "begun"
    DONE = "done"


class KeyingJournal(Protocol):
    """Where a card driver writes each key change before and after it, so that it can be resumed.

    Step names are the driver's own and stable, e.g. ``picc-key`` or ``sector-2``.
    """

    def state(self, step: str) -> StepState | None:
        """What is known of this step; None where nothing is, so that the card itself must say."""

    def record(self, step: str, state: StepState) -> None:
        """Record durably before returning."""


class Card(Protocol):
    """A supported card on a reader, seen as a few atomic slots of opaque bytes.

    Slot numbers start at 0. A slot is empty (``b""``) or holds exactly `slot_size` bytes. Writing
    a slot replaces old by new atomically: torn anywhere, a later read gives the old bytes, the new
    bytes or raises RecordTorn, and the other slots are untouched.
    An authentication is kept between calls until `restart`.
    """

    @property
    def identity(self) -> CardIdentity:
        """The card as recognised."""

    @property
    def slot_size(self) -> int:
        """Bytes in a filled slot."""

    @property
    def secure_channel(self) -> SecureChannel | None:
        """Secure messaging in use after the first authentication; None on Classic."""

    def state(self, keys: KeySet) -> CardState:
        """Find out whether the card is blank, ours, half keyed or foreign, changing nothing."""

    def read_slot(self, slot: int, keys: KeySet) -> bytes:
        """Read one slot; ``b""`` when it is empty.

        Raises:
            CardAuthenticationFailed: the keys do not open it.
            RecordTorn: a broken-off write left it undecided.
            CardRemoved: the card left the field.
        """

    def write_slot(self, slot: int, data: bytes, keys: KeySet) -> None:
        """Replace the slot's bytes (``b""`` empties it) atomically. Needs the writing keys."""

    def personalise(
        self, keys: KeySet, journal: KeyingJournal, *, previous: KeySet | None = None
    ) -> None:
        """Bring a blank card, or one keyed with `previous`, to `keys`; resume where it broke off.

        Leaves no default key behind. Raises CardForeign, CardFull, CardRemoved.
        """

    def format(self, keys: KeySet, journal: KeyingJournal) -> None:
        """Erase our application and put the card back to its factory state, resumable."""

    def restart(self) -> None:
        """Reset the card and forget every authentication, e.g. before an independent read-back."""


@runtime_checkable
class CountingCard(Protocol):
    """A card with a number that a gate's keys can lower and nothing else: a trap for clones."""

    def count_down(self, keys: KeySet) -> int | None:
        """Use up the card's next number; needs the reading keys only.

        The number is used when this returns: no card returns one twice, and each is lower than
        those before it, unless there are two cards. None: this card, or this reader, can't count.

        Raises:
            CardAuthenticationFailed: the keys do not open it.
            CardRemoved: it left the field; the number may be used or not.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDriver:
    """A card type: which kinds it handles, how wide its slots are, how to open one.

    `medium` names the seal the record needs there (see docs/card-format.md).
    `open` takes the channel, the identity and the recorded secure channel (None: not known yet).
    """

    name: str
    medium: str
    kinds: frozenset[CardKind]
    slot_size: int
    open: Callable[[Channel, CardIdentity, SecureChannel | None], Card]
