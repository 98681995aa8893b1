"""A reader in process: virtual cards are laid on it and pulled away, from any thread.

It implements `drivers.api.readers.CardReader`, so that everything above the drivers' seam runs
unchanged, and adds what a person's hands do: `insert`, `remove`, `unplug`, `replug`, and a plan of
faults.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from drivers.api.readers import Channel
from drivers.errors import CardAbsent, CardRemoved, DeviceBusy, DeviceNotFound
from simulators.cards.api import VirtualCard
from simulators.faults import FaultPlan, PowerCut
from simulators.timing import NONE, Sleep, Timing, pause

Listener: TypeAlias = Callable[[bytes, bytes], None]
"""Called with each command and its answer (empty when none arrived)."""


class _Field:
    """The field of a reader: a card or none, held by a channel or by none. One lock guards it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.changed = threading.Condition(threading.RLock())
        self.plugged = True
        self.card: VirtualCard | None = None
        self.exchanged = False  # …for another card, since a channel last met one here
        self.holder: object = None
        self.plan: FaultPlan | None = None
        self.exchanges = 0

    def require_plugged(self) -> None:
        if not self.plugged:
            raise DeviceNotFound("the reader is unplugged", device=self.name)

    def require(self, holder: object, uid: bytes) -> VirtualCard:
        self.require_plugged()
        if self.card is None or self.holder is not holder:
            raise CardRemoved("the card left the field", device=self.name, uid=uid)
        return self.card

    def empty(self) -> VirtualCard | None:
        with self.changed:
            card, self.card = self.card, None
            self.power_off(card)
            return card

    def power_off(self, card: VirtualCard | None) -> None:
        """Let go of the card and drop what it kept in RAM."""
        self.holder = None
        if card is not None:
            card.power_off()
        self.changed.notify_all()

    def exchange(self, card: VirtualCard, apdu: bytes) -> bytes:
        self.exchanges += 1
        if self.plan is None:
            return card.transmit(apdu)
        try:
            return self.plan.exchange(card.transmit, apdu)
        except CardRemoved as torn:
            self.empty()
            raise CardRemoved(str(torn), device=self.name, uid=card.uid) from torn
        except PowerCut:
            self.power_off(card)
            raise


class VirtualReader:
    """One reader slot with at most one card in its field."""

    def __init__(
        self,
        name: str = "Yika Virtual Reader 00 00",
        *,
        timing: Timing = NONE,
        sleep: Sleep = time.sleep,
        listener: Listener | None = None,
    ) -> None:
        self._field = _Field(name)
        self._timing = timing
        self._sleep = sleep
        self.listener = listener

    @property
    def card(self) -> VirtualCard | None:
        """The card in the field."""
        return self._field.card

    @property
    def exchanges(self) -> int:
        """APDUs sent to the reader so far, those that it answers itself included."""
        return self._field.exchanges

    # What a person does.

    def insert(self, card: VirtualCard) -> None:
        """Lay a card on the reader, in place of one that lies there."""
        with self._field.changed:
            self._field.exchanged = self._field.empty() is not None
            self._field.card = card

    def remove(self) -> VirtualCard | None:
        """Pull the card away, whatever it is doing; returns it."""
        return self._field.empty()

    def plan(self, plan: FaultPlan | None) -> None:
        """Let these faults happen from now on; None for none."""
        with self._field.changed:
            self._field.plan = plan

    def unplug(self) -> None:
        """Pull the reader's cable. A card that lies on it stays there, without power."""
        with self._field.changed:
            self._field.plugged = False
            self._field.power_off(self._field.card)

    def replug(self) -> None:
        """Put the cable back; channels of before stay dead."""
        with self._field.changed:
            self._field.plugged = True
            self._field.changed.notify_all()

    # What the station does: drivers.api.readers.CardReader.

    @property
    def name(self) -> str:
        """Name as a PC/SC service would report it."""
        return self._field.name

    def wait_card(self, timeout_s: float) -> bool:
        """Wait for a card. Raises DeviceNotFound when the reader is or gets unplugged."""
        return self._wait(lambda: self._field.card is not None, timeout_s)

    def wait_removed(self, timeout_s: float) -> bool:
        """Wait for the empty field; a card laid in place of another was preceded by one.

        Raises DeviceNotFound when the reader is or gets unplugged.
        """
        field = self._field
        gone = self._wait(lambda: field.card is None or field.exchanged, timeout_s)
        with field.changed:
            field.exchanged = False
        return gone

    def _wait(self, reached: Callable[[], bool], timeout_s: float) -> bool:
        field = self._field
        with field.changed:
            field.changed.wait_for(lambda: not field.plugged or reached(), timeout_s)
            field.require_plugged()
            return reached()

    def connect(self) -> Channel:
        """Power the card up and hold it exclusively."""
        field = self._field
        with field.changed:
            field.require_plugged()
            if field.card is None:
                raise CardAbsent("no card in the field", device=field.name)
            if field.holder is not None:
                raise DeviceBusy("another channel holds the card", device=field.name)
            channel = _VirtualChannel(field, field.card, self._after_exchange)
            field.holder, field.exchanged = channel, False
        pause(self._timing.of_activation(), self._sleep)
        return channel

    def close(self) -> None:
        """Let go of the card, if one is held; the reader can be used again."""
        with self._field.changed:
            if self._field.holder is not None:
                self._field.power_off(self._field.card)

    def _after_exchange(self, command: bytes, answer: bytes) -> None:
        if self.listener is not None:
            self.listener(command, answer)
        pause(self._timing.of_exchange(len(command), len(answer)), self._sleep)


class _VirtualChannel:
    """A card held exclusively; dead for ever once the card has left the field."""

    def __init__(self, field: _Field, card: VirtualCard, after_exchange: Listener) -> None:
        self._field = field
        self._uid = card.uid
        self._after_exchange = after_exchange
        self._atr = card.power_on()

    @property
    def atr(self) -> bytes:
        return self._atr

    def transmit(self, apdu: bytes) -> bytes:
        answer = b""
        try:
            with self._field.changed:
                answer = self._field.exchange(self._field.require(self, self._uid), apdu)
        finally:
            self._after_exchange(apdu, answer)
        with self._field.changed:
            self._field.require(self, self._uid)
        return answer

    def reset(self) -> bytes:
        with self._field.changed:
            card = self._field.require(self, self._uid)
            card.power_off()
            self._atr = card.power_on()
            return self._atr

    def close(self) -> None:
        with self._field.changed:
            if self._field.holder is self:
                self._field.power_off(self._field.card)
