"""A reader at its post, with cards that come, go and slip."""

import threading
from collections.abc import Iterator

import pytest

from drivers.api.cards import Card, CardIdentity
from drivers.errors import CardRemoved, DeviceError
from kiosk.station.post import ReaderPost, recognise
from simulators.cards.classic import VirtualClassic
from simulators.reader import VirtualReader

SOON_S = 10.0
UID = bytes.fromhex("04A1B2C3")


class Seen:
    """What a post tells, in order; may be waited for."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._changed = threading.Condition()

    def arrived(self, seen: CardIdentity | DeviceError) -> None:
        """A card was looked at."""
        self._add("a fault" if isinstance(seen, DeviceError) else seen.uid.hex())

    def lifted(self) -> None:
        """It has gone."""
        self._add("lifted")

    def wait_for(self, *words: str) -> None:
        """Until so much was told; nothing else may have been."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.told) >= len(words), SOON_S)
            assert self.told == list(words)

    def _add(self, word: str) -> None:
        with self._changed:
            self.told.append(word)
            self._changed.notify_all()


@pytest.fixture
def reader() -> VirtualReader:
    return VirtualReader()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def post(reader: VirtualReader, seen: Seen) -> Iterator[ReaderPost[CardIdentity]]:
    """A card lies on its reader, and was told of."""
    reader.insert(VirtualClassic(UID))
    built = ReaderPost(reader, look=recognise, arrived=seen.arrived, lifted=seen.lifted)
    built.start()
    seen.wait_for(UID.hex())
    yield built
    built.stop()


def slips(post: ReaderPost[CardIdentity], reader: VirtualReader) -> None:
    """A card leaves the field under a job and is back at once."""

    def job(_card: Card) -> None:
        card = reader.remove()
        assert card is not None
        reader.insert(card)
        raise CardRemoved("the card left the field")

    with pytest.raises(CardRemoved):
        post.work(job)


def test_a_card_that_comes_and_goes_is_told_once_each(
    post: ReaderPost[CardIdentity], reader: VirtualReader, seen: Seen
) -> None:
    assert post.occupied
    reader.remove()
    seen.wait_for(UID.hex(), "lifted")


def test_a_card_that_slipped_under_a_job_and_lies_there_again_is_looked_at_again(
    post: ReaderPost[CardIdentity], reader: VirtualReader, seen: Seen
) -> None:
    slips(post, reader)
    seen.wait_for(UID.hex(), "lifted", UID.hex())


def test_a_reader_that_loses_its_card_again_and_again_is_left_to_a_person(
    post: ReaderPost[CardIdentity], reader: VirtualReader, seen: Seen
) -> None:
    slips(post, reader)
    before = (UID.hex(), "lifted", UID.hex())
    seen.wait_for(*before)
    slips(post, reader)
    for _ in range(3):  # each waits behind a look at the reader
        post.work(lambda _card: None)
    seen.wait_for(*before)
    reader.remove()
    seen.wait_for(*before, "lifted")
    reader.insert(VirtualClassic(UID))
    seen.wait_for(*before, "lifted", UID.hex())
