"""A host for the virtual acceptor, on the driver's codec: another hand's than the simulator's."""

from dataclasses import dataclass

from drivers.acceptors.ssp_frame import Decoder, Frame, encode
from simulators.acceptor import VirtualAcceptor

OK, POLL, HOLD, REJECT, ENABLE, DISABLE = 0xF0, 0x07, 0x18, 0x08, 0x0A, 0x09


@dataclass
class TurnedClock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Host:
    """Sends new commands, each with the other sequence bit."""

    acceptor: VirtualAcceptor
    clock: TurnedClock
    sequence: int = 0

    def sync(self) -> None:
        [answer] = Decoder().feed(
            self.acceptor.receive(encode(Frame(address=0, sequence=1, data=b"\x11")))
        )
        assert answer.data == bytes([OK])
        self.sequence = 0

    def say(self, *command: int, again: bool = False) -> bytes:
        """The answer's data; ``b""`` when there is none."""
        if again:
            self.sequence ^= 1
        sent = encode(Frame(address=0, sequence=self.sequence, data=bytes(command)))
        self.sequence ^= 1
        answers = Decoder().feed(self.acceptor.receive(sent))
        if not answers:
            return b""
        [answer] = answers
        assert answer.sequence != self.sequence, "an answer bears its command's bit"
        return answer.data

    def begin(self, *, mask: int = 0xFFFF) -> None:
        """Wake the acceptor up and enable the channels of `mask`."""
        self.sync()
        assert self.say(0x06, 8) == bytes([OK])
        assert self.say(0x02, mask & 0xFF, mask >> 8) == bytes([OK])
        assert self.say(ENABLE) == bytes([OK])
        self.say(POLL)

    def poll(self, *, after_s: float = 0.0) -> bytes:
        """What is reported, without the OK."""
        self.clock.now += after_s
        answer = self.say(POLL)
        assert answer[:1] == bytes([OK])
        return answer[1:]

    def stacked(self) -> int:
        """The first of the lifetime counters."""
        return int.from_bytes(self.say(0x58)[2:6], "little")
