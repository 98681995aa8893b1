"""A desk with a reader and one virtual Classic card, and a journal that survives a tear."""

from dataclasses import dataclass, field
from typing import Final

from drivers.api.cards import KeyRole, KeySet, StepState
from drivers.cards.mifare_classic import ClassicCard
from drivers.identify import identify
from simulators.cards.classic import VirtualClassic
from simulators.faults import FaultPlan
from simulators.reader import VirtualReader

UID: Final = bytes.fromhex("04A1B2C3D4E5F6")


@dataclass
class MemoryJournal:
    """What a station records durably: it outlives card, channel and driver."""

    steps: dict[str, StepState] = field(default_factory=dict)

    def state(self, step: str) -> StepState | None:
        return self.steps.get(step)

    def record(self, step: str, state: StepState) -> None:
        self.steps[step] = state


def key_set(version: int) -> KeySet:
    return KeySet(
        version,
        {
            KeyRole.CLASSIC_READ: bytes([0xA0, version]) * 3,
            KeyRole.CLASSIC_WRITE: bytes([0xB0, version]) * 3,
        },
    )


class Desk:
    """A station: a reader, one card, and a fresh driver each time the card is laid on."""

    def __init__(self, size: str, uid: bytes = UID) -> None:
        self.reader = VirtualReader()
        self.virtual = VirtualClassic(uid, size)
        self.reader.insert(self.virtual)

    def card(self, plan: FaultPlan | None = None) -> ClassicCard:
        """Lay the card on, recognise it, then let the faults begin."""
        self.reader.plan(None)
        self.reader.insert(self.virtual)
        channel = self.reader.connect()
        card = ClassicCard(channel, identify(channel))
        self.reader.plan(plan)
        return card

    def block(self, number: int) -> bytes:
        """A block of the card as it is in the chip, keys included."""
        return bytes.fromhex(self.virtual.dump()["blocks"][number])

    def ours(self, keys: KeySet) -> ClassicCard:
        """A card taken into use with these keys."""
        card = self.card()
        card.personalise(keys, MemoryJournal())
        return card
