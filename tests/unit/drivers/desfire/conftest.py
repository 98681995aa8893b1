"""Channels that play published exchanges, a keying journal in memory, virtual cards on a reader."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from drivers.api.cards import CardIdentity, CardKind, KeyRole, KeySet, SecureChannel, StepState
from drivers.cards.desfire import DesfireCard
from drivers.cards.desfire_layout import SLOT_SIZE
from drivers.cards.desfire_session import Session
from drivers.errors import CardRemoved
from simulators.cards.desfire import VirtualDesfire
from simulators.faults import Fault, FaultPlan
from simulators.reader import VirtualReader

FOLDER = Path(__file__).parent


class ScriptedChannel:
    """Answers exactly the expected commands in their order; the test fails on what is left."""

    def __init__(self, exchanges: Sequence[tuple[bytes, bytes]], challenges: Sequence[bytes] = ()):
        self.left = list(exchanges)
        self.challenges = list(challenges)
        self.atr = bytes.fromhex("3B8180018080")
        self.resets = 0

    def transmit(self, apdu: bytes) -> bytes:
        assert self.left, f"unexpected command {apdu.hex()}"
        sent, received = self.left.pop(0)
        assert apdu.hex() == sent.hex()
        return received

    def challenge(self, size: int) -> bytes:
        value = self.challenges.pop(0)
        assert len(value) == size
        return value

    def reset(self) -> bytes:
        self.resets += 1
        return self.atr

    def close(self) -> None: ...


class MemoryJournal:
    """Keeps the last state of every step, and the order in which they were recorded."""

    def __init__(self) -> None:
        self.steps: dict[str, StepState] = {}
        self.entries: list[tuple[str, StepState]] = []

    def state(self, step: str) -> StepState | None:
        return self.steps.get(step)

    def record(self, step: str, state: StepState) -> None:
        self.steps[step] = state
        self.entries.append((step, state))


@pytest.fixture
def play() -> Iterator[Callable[..., ScriptedChannel]]:
    """Make a channel from (command, answer) pairs in hex; all must have been used at the end."""
    made: list[ScriptedChannel] = []

    def make(*exchanges: tuple[str, str], challenges: Sequence[bytes] = ()) -> ScriptedChannel:
        pairs = [(bytes.fromhex(sent), bytes.fromhex(received)) for sent, received in exchanges]
        made.append(ScriptedChannel(pairs, challenges))
        return made[-1]

    yield make
    for channel in made:
        assert not channel.left, "commands that were never sent"


@pytest.fixture
def replay(play: Callable[..., ScriptedChannel]) -> Callable[[str], ScriptedChannel]:
    """Make a channel from a transcript of this folder: > sent, < received, ~ RndA."""

    def make(name: str) -> ScriptedChannel:
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
        marked = [line.split(" ", 1) for line in lines if line[:1] in {">", "<", "~"}]
        sent = [text for mark, text in marked if mark == ">"]
        received = [text for mark, text in marked if mark == "<"]
        challenges = [bytes.fromhex(text) for mark, text in marked if mark == "~"]
        return play(*zip(sent, received, strict=True), challenges=challenges)

    return make


@pytest.fixture
def journal() -> MemoryJournal:
    """An empty keying journal."""
    return MemoryJournal()


def diversified(version: int) -> KeySet:
    """Four different keys for a card, other ones for every version."""
    roles = [role for role in KeyRole if role.value.startswith("desfire-")]
    keys = {
        role: hashlib.sha256(f"{version} {role.value}".encode()).digest()[:16] for role in roles
    }
    return KeySet(version, keys)


class Table:
    """A virtual card, a reader, and the keys and journal of the operation under way."""

    def __init__(self, generation: str) -> None:
        self.generation = generation
        self.card = VirtualDesfire(bytes.fromhex("04112233445566"), generation)
        self.reader = VirtualReader()
        self.keys = diversified(1)
        self.new_keys = diversified(2)
        self.journal = MemoryJournal()

    @property
    def channel_kind(self) -> SecureChannel:
        """What this card offers at best."""
        return SecureChannel.EV1 if self.generation == "ev1" else SecureChannel.EV2

    def present(self, secure_channel: SecureChannel | None = None) -> DesfireCard:
        """Lay the card on the reader, anew if need be."""
        self.reader.remove()
        self.reader.insert(self.card)
        channel = self.reader.connect()
        identity = CardIdentity(
            kind=CardKind(f"mifare-desfire-{self.generation}"),
            uid=self.card.uid,
            atr=channel.atr,
            name=self.generation,
        )
        return DesfireCard(channel, identity, secure_channel)

    def session(self) -> Session:
        """A bare dialogue with the card, to look behind the driver."""
        self.reader.remove()
        self.reader.insert(self.card)
        return Session(self.reader.connect(), uid=self.card.uid)

    def attempt(self, action: Callable[[DesfireCard], object], *faults: Fault) -> bool:
        """Do something to the card while these faults happen; True when it came to its end."""
        card = self.present()
        self.reader.plan(FaultPlan(*faults))
        try:
            action(card)
        except CardRemoved:
            return False
        finally:
            self.reader.plan(None)
        return True

    def personalise(self, card: DesfireCard) -> None:
        """Bring the card to `keys` under the table's journal."""
        card.personalise(self.keys, self.journal)

    def roll(self, card: DesfireCard) -> None:
        """Bring the card from `keys` to `new_keys` under the table's journal."""
        card.personalise(self.new_keys, self.journal, previous=self.keys)

    def count(self, action: Callable[[], object]) -> int:
        """Exchanges that something takes."""
        before = self.reader.exchanges
        action()
        return self.reader.exchanges - before


@pytest.fixture(params=["ev1", "ev2", "ev3"])
def generation(request: pytest.FixtureRequest) -> str:
    """Generation of the virtual card."""
    return str(request.param)


@pytest.fixture
def table(generation: str) -> Table:
    """A blank card and a reader."""
    return Table(generation)


@pytest.fixture
def keyed(table: Table) -> Table:
    """A card of ours with a record in slot 0, and a fresh journal."""
    card = table.present()
    table.personalise(card)
    card.write_slot(0, b"\x01" * SLOT_SIZE, table.keys)
    table.journal = MemoryJournal()
    return table


@pytest.fixture(scope="module", params=["ev1", "ev2"])
def make_table(request: pytest.FixtureRequest) -> Callable[[], Table]:
    """Make blank cards on readers, as many as a property test needs."""
    return lambda: Table(str(request.param))
