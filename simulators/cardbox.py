"""The virtual cards of the person at the panel: in the wallet, or each on one reader.

Where a card lies is asked of the readers themselves, so that a tear, which takes the card out of
the field without asking anybody, is never missed.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from simulators.cardbox_file import BoxContent, read_box, write_box
from simulators.cardbox_kept import (
    BoxFull,
    CardExists,
    Kept,
    NoSuchCard,
    NoSuchReader,
    make_kept,
    uids_for,
)
from simulators.cards.api import VirtualCard

CARD_LIMIT: Final = 500


class Place(Protocol):
    """What a card can be laid on: the part of `VirtualReader` that a hand touches."""

    @property
    def card(self) -> VirtualCard | None:
        """The card in the field."""

    def insert(self, card: VirtualCard) -> None:
        """Lay a card down, in place of one that lies there."""

    def remove(self) -> VirtualCard | None:
        """Pull the card away."""


class CardBox:
    """Cards by short id (``card-1``, ``card-2`` ...). All methods may be called from any thread.

    UIDs that nobody chose follow from `seed` and the card's number, so that two boxes of the same
    seed hold the same cards.
    """

    def __init__(self, readers: Mapping[str, Place], *, seed: int = 1) -> None:
        self._readers = readers
        self._seed = seed
        self._made = 0
        self._kept: dict[str, Kept] = {}
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
            taken = {kept.card.uid for kept in self._kept.values()}
            coming = (each for each in uids_for(kind, self._seed, number) if each not in taken)
            wanted = next(coming) if uid is None else uid
            kept = make_kept(kind, wanted, label)
            if wanted in taken:
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
            write_box(path, BoxContent(seed=self._seed, made=self._made, kept=self._kept))

    def load(self, path: Path) -> None:
        """Become the saved box, every card in the wallet. A damaged file changes nothing.

        Raises:
            FileNotFoundError: nothing was saved there.
            BoxDamaged: it was not `save` that wrote this.
        """
        content = read_box(path)
        with self._lock:
            for reader in self._readers.values():
                reader.remove()
            self._kept = dict(content.kept)
            self._made, self._seed = content.made, content.seed

    # --- within -----------------------------------------------------------------------------------

    def _find(self, card_id: str) -> Kept:
        kept = self._kept.get(card_id)
        if kept is None:
            raise NoSuchCard(f"no card {card_id!r}")
        return kept

    def _reader(self, name: str) -> Place:
        reader = self._readers.get(name)
        if reader is None:
            raise NoSuchReader(f"no reader {name!r}; there are {', '.join(self._readers)}")
        return reader
