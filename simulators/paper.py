r"""A virtual ESC/POS receipt printer: prints on paper one can look at, and answers like a real one.

    bytes --> tokens --> in real time (DLE ...): obeyed at once, also when the printer stands still
                     \-> in order: into the buffer, worked off while there is paper and the cover is
                         shut --> rows of paper (`paper_carriage`), answers to GS r, GS ( H, GS I

Written from Epson's ESC/POS command reference. It can run out of paper at any byte, have its cover
opened, its cutter jammed, be switched off, or keep silent while it prints. A printer that stopped
keeps what it was sent and goes on by itself when the cause is gone, as the real ones do.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from simulators.paper_carriage import Carriage
from simulators.paper_commands import CommandStream, Token
from simulators.paper_model import PAPER_80, PrinterModel
from simulators.paper_sheet import Sheet

BUFFER_BYTES: Final = 64 * 1024  # what comes on top of it is lost, as without flow control
LOG_BYTES: Final = 64 * 1024

_CLEAR_BUFFERS: Final = bytes((8, 1, 3, 20, 1, 6, 2, 8))  # DLE DC4: fn and d1 to d7
_NAMES: Final = {65: b"1.0", 66: b"YIKA", 67: b"VIRTUAL", 68: b"0", 69: b"GB18030"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterCondition:
    """What a person standing before the printer sees."""

    powered: bool = True
    cover_open: bool = False
    paper_out: bool = False
    paper_near_end: bool = False
    cutter_jammed: bool = False
    offline: bool = False  # held by its feed button
    mute: bool = False  # it prints, but its answers do not get through

    @property
    def stopped(self) -> bool:
        """It takes bytes and prints nothing."""
        return self.cover_open or self.paper_out or self.cutter_jammed or self.offline


class VirtualPrinter:
    """A `StreamDevice`. `on_unasked` is given what the printer says when nobody asked.

    All methods may be called from any thread.
    """

    def __init__(
        self,
        model: PrinterModel = PAPER_80,
        *,
        on_unasked: Callable[[bytes], None] | None = None,
    ) -> None:
        self.model = model
        self.on_unasked = on_unasked
        self._lock = threading.RLock()
        self._condition = PrinterCondition()
        self._carriage = Carriage(model)
        self._stream = CommandStream()
        self._waiting: deque[Token] = deque()
        self._waiting_bytes = 0
        self._log: deque[int] = deque(maxlen=LOG_BYTES)
        self._answers = b""
        self._automatic = 0  # GS a
        self._paper_bytes: int | None = None  # bytes until the roll ends

    # --- the cable ---

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the host; the answer is what the printer says to it now."""
        with self._lock:
            if not self._condition.powered:
                return b""
            self._log.extend(data)
            for token in self._stream.feed(data):
                if token.in_real_time:
                    self._obey_in_real_time(token)
                elif self._waiting_bytes < BUFFER_BYTES:
                    self._waiting.append(token)
                    self._waiting_bytes += token.size
                    self._work()
            return self._take_answers()

    # --- the person before it ---

    @property
    def condition(self) -> PrinterCondition:
        """How it stands."""
        return self._condition

    @property
    def sheets(self) -> list[Sheet]:
        """The papers that came out, oldest first."""
        with self._lock:
            return list(self._carriage.sheets)

    @property
    def hanging(self) -> Sheet:
        """The paper that still hangs in the printer; it may be blank."""
        with self._lock:
            return replace(self._carriage.sheet, rows=list(self._carriage.sheet.rows))

    @property
    def drawer_pulses(self) -> int:
        """How often the cash drawer was told to open."""
        return self._carriage.drawer_pulses

    @property
    def log(self) -> bytes:
        """The last bytes it was sent."""
        with self._lock:
            return bytes(self._log)

    def change(self, **changes: bool) -> None:
        """Open the cover, take the paper out, switch off ...: fields of `PrinterCondition`.

        A new roll (``paper_out=False``) leaves what was printed on the old one behind as torn;
        switching off forgets every byte that was not printed.

        Raises:
            TypeError: there is no such field.
        """
        with self._lock:
            before, self._condition = self._condition, replace(self._condition, **changes)
            if before.paper_out and not self._condition.paper_out:
                self._carriage.finish_sheet(torn=True)
            if not self._condition.powered:
                self._forget_everything()
            elif self._condition != before:
                self._tell_change()
            self._work()
            unasked = self._take_answers() if self.on_unasked else b""
        if unasked and self.on_unasked:
            self.on_unasked(unasked)

    def run_out_of_paper(self, *, after_bytes: int) -> None:
        """Let the roll end when `after_bytes` more bytes of a job were worked off."""
        with self._lock:
            self._paper_bytes = after_bytes

    def load_paper(self) -> None:
        """Put a new roll in. What waits in the buffer is printed on it."""
        self.change(paper_out=False, paper_near_end=False)

    def tear_off(self) -> None:
        """Take the paper that hangs out of a printer without a cutter."""
        with self._lock:
            self._carriage.finish_sheet()

    # --- working off ---

    def _work(self) -> None:
        while self._waiting and not self._condition.stopped and self._condition.powered:
            token = self._waiting.popleft()
            self._waiting_bytes -= token.size
            room = token.size if self._paper_bytes is None else self._paper_bytes
            if room < token.size:
                printable = token.body[:room] if not token.head else b""
                rest = token.body[len(printable) :]
                self._waiting.appendleft(Token(token.head, rest, token.size - len(printable)))
                self._waiting_bytes += token.size - len(printable)
                self._print(printable)
                self._paper_bytes = None
                self._condition = replace(self._condition, paper_out=True)
                self._tell_change()
                return
            if self._paper_bytes is not None:
                self._paper_bytes -= token.size
            self._obey(token)

    def _obey(self, token: Token) -> None:
        match token.head:
            case b"":
                self._print(token.body)
            case b"\x1dr" | b"\x1bv":  # GS r n; ESC v is its old name for paper
                drawer = token.body[:1] in (b"\x02", b"2")
                self._say(bytes((0 if drawer else self._paper_bits(near=0x03, end=0x0C),)))
            case b"\x1bu":
                self._say(b"\x00")
            case b"\x1da":
                self._automatic = token.body[0]
                self._tell_change()
            case b"\x1dI":
                self._identify(token.body[0])
            case b"\x1d(" if token.body[:1] == b"H":
                self._answer_process_id(token.body[3:])
            case _:
                self._carriage.obey(token)

    def _print(self, text: bytes) -> None:
        for byte in text:
            self._carriage.print_byte(byte)

    def _answer_process_id(self, parameters: bytes) -> None:
        """GS ( H fn 48: all before it is on paper, so the answer goes out at once."""
        if self.model.process_id and parameters[:2] == b"00" and len(parameters) == 6:
            self._say(b"\x37\x22" + parameters[2:] + b"\x00")

    def _identify(self, number: int) -> None:
        if number in _NAMES:
            self._say(b"\x5f" + _NAMES[number] + b"\x00")
        elif number % 48 in (1, 2, 3):
            self._say(b"\x02")

    # --- real time ---

    def _obey_in_real_time(self, token: Token) -> None:
        match token.head:
            case b"\x10\x04" if self.model.real_time:
                self._tell_status(token.body[0])
            case b"\x10\x05" if self._condition.cutter_jammed and token.body[0] in (1, 2):
                if token.body[0] == 2:
                    self._clear_buffers()
                self._condition = replace(self._condition, cutter_jammed=False)
                self._tell_change()
                self._work()
            case b"\x10\x14" if token.body == _CLEAR_BUFFERS:
                self._clear_buffers()
                self._say(b"\x37\x25\x00")
            case b"\x10\x14" if token.body[:1] == b"\x01":
                self._carriage.drawer_pulses += 1

    def _tell_status(self, question: int) -> None:
        now = self._condition
        flags = {
            1: now.stopped << 3,
            2: now.cover_open << 2 | now.offline << 3 | now.paper_out << 5 | now.cutter_jammed << 6,
            3: now.cutter_jammed << 3,
            4: self._paper_bits(near=0x0C, end=0x60),
        }
        if question in flags:
            self._say(bytes((0x12 | flags[question],)))

    def _paper_bits(self, *, near: int, end: int) -> int:
        """A roll that has ended is also near its end."""
        now = self._condition
        return end | near if now.paper_out else near if now.paper_near_end else 0

    def _tell_change(self) -> None:
        """Automatic status, if GS a asked for online, error or paper."""
        now = self._condition
        if self._automatic & 0x0E:
            first = 0x10 | now.stopped << 3 | now.cover_open << 5
            paper = self._paper_bits(near=0x03, end=0x0C)
            self._say(bytes((first, now.cutter_jammed << 3, paper, 0)))

    def _say(self, answer: bytes) -> None:
        if not self._condition.mute:
            self._answers += answer

    def _take_answers(self) -> bytes:
        answers, self._answers = self._answers, b""
        return answers

    # --- forgetting ---

    def _clear_buffers(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self._carriage.drop_line()

    def _forget_everything(self) -> None:
        self._stream.clear()
        self._clear_buffers()
        self._answers = b""
        self._automatic = 0
        self._carriage.reset()
