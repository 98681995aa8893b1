"""Own CPU time per exchange on the real PC/SC path, beside a bare pyscard loop.

A virtual Classic card lies on pcscd's virtual reader. A gate's way to the record (recognise, load
key, authenticate, read twice) is gone again and again by the production code; in turns with it a
loop around ``connection.transmit``, pyscard as its guide shows it, sends the same five commands to
the same card and looks at no answer. Counted is the CPU time of the sending thread, kernel
included; card and daemon are processes of their own.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from smartcard.CardConnection import CardConnection
from smartcard.System import readers

from benchmarks.estate import UID
from benchmarks.measure import Effort, Figure, Measure, cpu_s
from benchmarks.processes import yika
from drivers.api.cards import KeyRole, KeySet, StepState
from drivers.api.readers import Channel
from drivers.cards.opening import open_card
from drivers.readers.pcsc import PcscChannel, PcscReader
from simulators.cards.classic import VirtualClassic
from simulators.pcscd import PcscdUnavailable, open_pcscd
from simulators.reader import VirtualReader

_NAME: Final = "apdu.cpu"
_UNIT: Final = "us per exchange"
_READING: Final = {KeyRole.CLASSIC_READ: b"reader"}
_GATE_KEYS: Final = KeySet(1, _READING)
_DESK_KEYS: Final = KeySet(1, _READING | {KeyRole.CLASSIC_WRITE: b"writer"})
_RECORD: Final = b"a record of 28 bytes in all."
_ARRIVES_S: Final = 15.0
_TURN_S: Final = 30.0


class _Steps(dict[str, StepState]):
    """A keying journal for a card that is thrown away."""

    def state(self, step: str) -> StepState | None:
        return self.get(step)

    def record(self, step: str, state: StepState) -> None:
        self[step] = state


def _apdu_cpu(effort: Effort) -> Figure:
    card = VirtualClassic(UID)
    commands = _issued(card)
    try:
        with _on_pcscd(card) as channel, _bare_loop(channel, commands) as bare:
            # The kernel is part of it and minds its neighbours: many short turns, not a few long.
            brief = replace(effort, repeats=effort.repeats * 20, repeat_s=effort.repeat_s / 100)
            ours_s, bare_s = cpu_s([lambda: _read(channel), bare], brief)
    except PcscdUnavailable as error:
        return Figure(name=_NAME, value=None, unit=_UNIT, note=str(error))
    scale = 1e6 / len(commands)
    return Figure(name=_NAME, value=ours_s * scale, unit=_UNIT, baseline=bare_s * scale)


def _read(channel: Channel) -> None:
    open_card(channel).read_slot(0, _GATE_KEYS)


def _issued(card: VirtualClassic) -> Sequence[bytes]:
    """Bring a record onto the card; returns the commands that read it."""
    reader, commands = VirtualReader(), list[bytes]()
    reader.insert(card)
    channel = reader.connect()
    desk = open_card(channel)
    desk.personalise(_DESK_KEYS, _Steps())
    desk.write_slot(0, _RECORD, _DESK_KEYS)
    desk.restart()
    reader.listener = lambda command, _answer: commands.append(command)
    _read(channel)
    reader.remove()
    return commands


@contextmanager
def _on_pcscd(card: VirtualClassic) -> Iterator[PcscChannel]:
    """The card held by our driver. Raises PcscdUnavailable when pcscd does not see it."""
    with open_pcscd(turn_s=_TURN_S) as daemon:
        name, port = next(iter(daemon.slots.items()))
        with _laid(card, port):
            reader = PcscReader(name)
            channel = reader.connect() if reader.wait_card(_ARRIVES_S) else None
            if not isinstance(channel, PcscChannel):
                raise PcscdUnavailable("the virtual card does not arrive on its reader")
            try:
                yield channel
            finally:
                reader.close()


@contextmanager
def _laid(card: VirtualClassic, port: int) -> Iterator[None]:
    """`yika sim card` with this card's memory."""
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        memory = Path(folder) / "card.json"
        memory.write_text(json.dumps(card.dump()), encoding="utf-8")
        words = ["--type", card.kind, "--uid", card.uid.hex(), "--port", str(port)]
        process = subprocess.Popen(
            [*yika(), "sim", "card", *words, "--state", memory], stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(_ARRIVES_S)


@contextmanager
def _bare_loop(channel: PcscChannel, commands: Sequence[bytes]) -> Iterator[Callable[[], None]]:
    connection = readers()[0].createConnection()
    # Put on the card that our channel holds: one card on one reader can be held by one side only.
    connection.component.hcard = channel.handle
    apdus = [list(command) for command in commands]

    def send_all() -> None:
        for apdu in apdus:
            connection.transmit(apdu, CardConnection.T1_protocol)

    try:
        yield send_all
    finally:
        connection.component.hcard = None
        connection.release()


MEASURES: Final[Mapping[str, Measure]] = {_NAME: _apdu_cpu}
