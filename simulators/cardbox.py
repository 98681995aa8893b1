"""The virtual cards of the person at the panel: in the wallet, or each on one reader.

Where a card lies is asked of the readers themselves, so that a tear, which takes the card out of
the field without asking anybody, is never missed.
"""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import CATALOGUE, make

LABEL_LIMIT: Final = 40
CARD_LIMIT: Final = 500
FORMAT: Final = 1

_NUID_KINDS: Final = frozenset({"classic-1k", "bank-card", "iso-14443-4"})
_NXP: Final = 0x04  # manufacturer's first byte of a seven-byte UID
_DAMAGE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
_CASCADE_TAG: Final = 0x88  # never the fourth byte of one (ISO/IEC 14443-3, 6.5.4)


class CardBoxError(Exception):
    """Something that can't be done with the cards. `code` is stable."""

    code: ClassVar[str] = "card-box"


class NoSuchCard(CardBoxError):
    """No card of that id."""

    code = "no-such-card"


class NoSuchReader(CardBoxError):
    """No reader of that name."""

    code = "no-such-reader"


class CardNotMade(CardBoxError):
    """No such kind, or a UID or label this kind can't have."""

    code = "card-not-made"


class CardExists(CardBoxError):
    """A card with this UID is in the box already."""

    code = "uid-taken"


class BoxFull(CardBoxError):
    """Nobody needs that many cards."""

    code = "box-full"


class BoxDamaged(CardBoxError):
    """A file that `CardBox.save` can't have written."""

    code = "box-damaged"


class Place(Protocol):
    """What a card can be laid on: the part of `VirtualReader` that a hand touches."""

    @property
    def card(self) -> VirtualCard | None:
        """The card in the field."""

    def insert(self, card: VirtualCard) -> None:
        """Lay a card down, in place of one that lies there."""

    def remove(self) -> VirtualCard | None:
        """Pull the card away."""


@dataclass(frozen=True, slots=True)
class _Kept:
    card: VirtualCard
    label: str


class CardBox:
    """Cards by short id (``card-1``, ``card-2`` ...). All methods may be called from any thread.

    UIDs that nobody chose follow from `seed` and the card's number, so that two boxes of the same
    seed hold the same cards.
    """

    def __init__(self, readers: Mapping[str, Place], *, seed: int = 1) -> None:
        self._readers = readers
        self._seed = seed
        self._made = 0
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.RLock()

    # --- what there is ----------------------------------------------------------------------------

    @property
    def cards(self) -> dict[str, VirtualCard]:
        """Every card by its id, in the order they were made."""
        with self._lock:
            return {card_id: kept.card for card_id, kept in self._kept.items()}

    def label(self, card_id: str) -> str:
        """What a person calls the card. Raises NoSuchCard."""
        with self._lock:
            return self._find(card_id).label

    def where(self, card_id: str) -> str | None:
        """Name of the reader the card lies on, None for the wallet. Raises NoSuchCard."""
        with self._lock:
            card = self._find(card_id).card
            return next((name for name, r in self._readers.items() if r.card is card), None)

    def on(self, reader_name: str) -> str | None:
        """Id of the card on that reader. Raises NoSuchReader."""
        with self._lock:
            card = self._reader(reader_name).card
            return next((each for each, kept in self._kept.items() if kept.card is card), None)

    # --- what a person does -----------------------------------------------------------------------

    def add(self, kind: str, uid: bytes | None = None, label: str | None = None) -> str:
        """Put a new card in its factory state into the wallet; returns its id.

        Raises:
            CardNotMade: no such kind, or a UID or label it can't have.
            CardExists: a card with this UID is here already.
            BoxFull: there are `CARD_LIMIT` cards.
        """
        with self._lock:
            if len(self._kept) >= CARD_LIMIT:
                raise BoxFull(f"{CARD_LIMIT} cards are enough")
            number = self._made + 1
            wanted = self._next_uid(kind, number) if uid is None else uid
            kept = _make(kind, wanted, label)
            if wanted in self._uids():
                raise CardExists(f"a card {wanted.hex().upper()} is here already")
            self._made = number
            self._kept[f"card-{number}"] = kept
            return f"card-{number}"

    def lay(self, card_id: str, reader_name: str) -> None:
        """Lay the card on that reader, wherever it lies now. One that lay there is taken away.

        A card that lies there already is left alone. Raises NoSuchCard, NoSuchReader.
        """
        with self._lock:
            card, reader = self._find(card_id).card, self._reader(reader_name)
            if reader.card is card:
                return
            before = self.where(card_id)
            if before is not None:
                self._readers[before].remove()
            reader.insert(card)

    def lift(self, reader_name: str) -> str | None:
        """Pull the card off that reader, whatever it is doing; returns its id, None where none lay.

        Raises NoSuchReader.
        """
        with self._lock:
            lifted = self._reader(reader_name).remove()
            return next((each for each, kept in self._kept.items() if kept.card is lifted), None)

    # --- from one run to the next -----------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write every card's memory; a kill leaves the old file or the new one.

        To be called while no station talks to a card. Where the cards lie is not kept.
        """
        with self._lock:
            state = {
                "format": FORMAT,
                "seed": self._seed,
                "made": self._made,
                "cards": [_state_of(card_id, kept) for card_id, kept in self._kept.items()],
            }
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(json.dumps(state, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(path)

    def load(self, path: Path) -> None:
        """Become the saved box, every card in the wallet. A damaged file changes nothing.

        Raises:
            FileNotFoundError: nothing was saved there.
            BoxDamaged: it was not `save` that wrote this.
        """
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            if state["format"] != FORMAT:
                raise BoxDamaged(f"{path.name} is of another format")
            kept = dict(_kept_of(each) for each in state["cards"])
            made, seed = int(state["made"]), int(state["seed"])
        except _DAMAGE as damage:
            raise BoxDamaged(f"{path.name} does not hold cards: {damage}") from damage
        if not _consistent(kept, made):
            raise BoxDamaged(f"{path.name} holds one card twice, or one that was never made")
        with self._lock:
            for reader in self._readers.values():
                reader.remove()
            self._kept, self._made, self._seed = kept, made, seed

    # --- within -----------------------------------------------------------------------------------

    def _find(self, card_id: str) -> _Kept:
        kept = self._kept.get(card_id)
        if kept is None:
            raise NoSuchCard(f"no card {card_id!r}")
        return kept

    def _reader(self, name: str) -> Place:
        reader = self._readers.get(name)
        if reader is None:
            raise NoSuchReader(f"no reader {name!r}; there are {', '.join(self._readers)}")
        return reader

    def _uids(self) -> set[bytes]:
        return {kept.card.uid for kept in self._kept.values()}

    def _next_uid(self, kind: str, number: int) -> bytes:
        taken = self._uids()
        size = 4 if kind in _NUID_KINDS else 7
        return next(uid for uid in _uids_after(self._seed, number, size) if uid not in taken)


def _uids_after(seed: int, number: int, size: int) -> Iterable[bytes]:
    """UIDs as NXP gives them: 04 and six bytes, or a NUID whose first byte ends in F (AN10927, B).

    So none begins with 08, which says that a card makes its identifier up each time.
    """
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{seed}/{number}/{attempt}".encode()).digest()
        attempt += 1
        if size == 4:
            yield bytes([digest[0] & 0xE0 | 0x0F]) + digest[1:4]
        elif digest[3] != _CASCADE_TAG:
            yield bytes([_NXP]) + digest[1:7]


def _make(kind: str, uid: bytes, label: str | None) -> _Kept:
    try:
        card = make(kind, uid)
    except ValueError as impossible:
        raise CardNotMade(str(impossible)) from impossible
    name = CATALOGUE[kind].name if label is None else label.strip()
    if not 0 < len(name) <= LABEL_LIMIT or not name.isprintable():
        raise CardNotMade(f"a label has 1 to {LABEL_LIMIT} printable characters")
    return _Kept(card, name)


def _state_of(card_id: str, kept: _Kept) -> dict[str, Any]:
    card = kept.card
    return {
        "id": card_id,
        "label": kept.label,
        "kind": card.kind,
        "uid": card.uid.hex(),
        "memory": card.dump(),
    }


def _kept_of(state: Mapping[str, Any]) -> tuple[str, _Kept]:
    try:
        kept = _make(str(state["kind"]), bytes.fromhex(state["uid"]), str(state["label"]))
    except CardNotMade as impossible:
        raise ValueError(str(impossible)) from impossible
    kept.card.load(state["memory"])
    return str(state["id"]), kept


def _consistent(kept: Mapping[str, _Kept], made: int) -> bool:
    """Every id is one that this box gave, and no UID occurs twice."""
    given = {f"card-{number}" for number in range(1, min(made, 10**6) + 1)}
    return kept.keys() <= given and len({each.card.uid for each in kept.values()}) == len(kept)
