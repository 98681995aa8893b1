"""The seams to the hardware: what readers, cards, acceptors, barriers and displays can do.

Everything above these protocols runs unchanged on real devices, on recorded exchanges and on the
simulators. All calls block and belong to the one thread that owns the device (`drivers.worker`).

A driver is a file: ``drivers/<kind>/<name>.py`` exports ``DRIVER``; `drivers.loader` finds it by
its name in the configuration.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final, Protocol, runtime_checkable

# --- cards ---------------------------------------------------------------------------------------


class Channel(Protocol):
    """A card in the field, held exclusively (PC/SC: connected with SHARE_EXCLUSIVE)."""

    @property
    def atr(self) -> bytes:
        """Answer to reset as the reader reports it (ISO 7816-3; PC/SC part 3 for storage cards)."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command APDU; the answer is its data followed by SW1 SW2 (never shorter than 2).

        Raises:
            CardRemoved: the card left the field.
            DeviceNotFound: the reader or its service is gone.
            DeviceTimeout: no answer.
        """

    def reset(self) -> bytes:
        """Power the card off and on; every authentication is lost. Returns the ATR."""

    def close(self) -> None:
        """Let go of the card. Safe to call twice and after a removal."""


class CardReader(Protocol):
    """One reader slot."""

    @property
    def name(self) -> str:
        """Name of the reader as its service reports it; quirks are chosen by it."""

    def wait_card(self, timeout_s: float) -> bool:
        """Wait until a card lies in the field; False when the time is over first."""

    def wait_removed(self, timeout_s: float) -> bool:
        """Wait until the field is empty; False when the time is over first."""

    def connect(self) -> Channel:
        """Take the card exclusively.

        Raises:
            CardAbsent: the field is empty.
            DeviceBusy: another program holds the card.
            DeviceNotFound: the reader or its service is gone.
        """

    def close(self) -> None:
        """Give the reader back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDriver:
    """A kind of reader: `open` takes the settings of the reader's section in the station's TOML."""

    name: str
    open: Callable[[Mapping[str, str]], CardReader]
    list_names: Callable[[], Sequence[str]]


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


# --- readers that give a number -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRead:
    """What a reader saw that only tells an identifier (Wiegand, OSDP): no record, no seal.

    `code` is the identifier without parity, the first bit sent highest, filled up to whole bytes;
    `bits` is how many of it were sent. `read_at` is the earliest instant (`time.monotonic`) at
    which the card may have been held there: a read that waited in a line, in a buffer or in the
    reader itself keeps its old instant. `duress`: the agreed digits were typed before the card.
    """

    code: bytes
    bits: int
    read_at: float
    duress: bool = False

    @property
    def uid(self) -> bytes:
        """The card's UID, or ``b""`` when the reader's format has no room for a whole one."""
        return self.code if self.bits in UID_BITS else b""

    @property
    def number(self) -> int:
        """The identifier as a number, as installers read it from lists of such cards."""
        return int.from_bytes(self.code, "big")


UID_BITS: Final = frozenset({32, 56, 80})
"""Lengths of a UID (ISO/IEC 14443-3: four, seven or ten bytes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLink:
    """How the line to a reader stands. `drops` counts how often it was lost since the start.

    `secure`: an encrypted session is up (None: the protocol knows none). `tamper`: the reader's
    housing was opened (None: it cannot tell). `damaged` counts reads that failed their parity.
    """

    up: bool
    secure: bool | None = None
    drops: int = 0
    damaged: int = 0
    tamper: bool | None = None


class CodeReader(Protocol):
    """A reader that tells identifiers by itself. It finds a lost line again by itself, too."""

    def poll(self, timeout_s: float) -> CodeRead | None:
        """The next read, oldest first; None when the time is over.

        Raises:
            DeviceTimeout: the reader has been away for longer than a moment.
            DeviceNotFound, DeviceBusy, DeviceFault: the line cannot be used.
        Call it again after any of them; the pause between two tries is the driver's own.
        """

    def answer(self, *, granted: bool) -> None:
        """Show the outcome by the reader's own lamp and buzzer, where it has them. Never raises."""

    def link(self) -> ReaderLink:
        """How the line stands; from any thread."""

    def close(self) -> None:
        """Give the line back. Safe to call twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReaderDriver:
    """A kind of such readers: `open` takes the settings of the reader's section in the TOML.

    `open` only checks the settings; the line is opened by the first `poll`.
    """

    name: str
    open: Callable[[Mapping[str, str]], CodeReader]


# --- banknotes -----------------------------------------------------------------------------------


@unique
class BillEventKind(StrEnum):
    """What an acceptor can report. Only CREDITED is money."""

    READING = "reading"
    ESCROW = "escrow"
    RETURNED = "returned"
    STACKING = "stacking"
    CREDITED = "credited"
    STACKED = "stacked"
    REJECTED = "rejected"
    RETURNED_AT_POWER_UP = "returned-at-power-up"
    STACKED_AT_POWER_UP = "stacked-at-power-up"
    JAM = "jam"
    STACKER_FULL = "stacker-full"
    CASHBOX_REMOVED = "cashbox-removed"
    CASHBOX_REPLACED = "cashbox-replaced"
    FRAUD = "fraud"
    DISABLED = "disabled"
    RESET = "reset"


@unique
class RejectReason(StrEnum):
    """Why an acceptor did not take a note, as far as it says."""

    UNTOLD = "untold"
    NOT_RECOGNISED = "not-recognised"  # foreign, worn, or no note at all
    NOT_WANTED = "not-wanted"  # a value that is not taken now
    LAID_CROOKED = "laid-crooked"
    PULLED_BACK = "pulled-back"
    SEVERAL_AT_ONCE = "several-at-once"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillEvent:
    """One event of an acceptor; `value_fen` is the value of the note where the event names one.

    `unnamed` is money whose value the acceptor does not say again: it is the one note that it was
    last told to stack. `reason` belongs to REJECTED.
    """

    kind: BillEventKind
    value_fen: int = 0
    unnamed: bool = False
    reason: RejectReason = RejectReason.UNTOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorInfo:
    """Who the acceptor is: currency (ISO 4217) and the note values it knows, in fen.

    `stacked_count` is None where it has no lifetime counter. `repeats_credit`: it tells a credit
    until the call after the `poll` that told it, so a note that it is still seen to give back
    after a `start` is the last one it was told to take.
    """

    serial: str
    firmware: str
    currency: str
    notes_fen: tuple[int, ...]
    stacked_count: int | None
    repeats_credit: bool = False


class BillAcceptor(Protocol):
    """A banknote acceptor with escrow. Off until `enable`; a note in escrow waits for a word."""

    def start(self) -> AcceptorInfo:
        """Open the dialogue and learn who is there. Raises DeviceTimeout, DeviceFault."""

    def enable(self, notes_fen: Sequence[int]) -> None:
        """Take notes of these values only."""

    def disable(self) -> None:
        """Take no further note."""

    def poll(self) -> Sequence[BillEvent]:
        """Events since the last poll. A note in escrow is *held*, never accepted by polling.

        The next call to the acceptor says that the caller has taken these events in, durably.
        """

    def stack(self) -> None:
        """Accept the note in escrow. It counts only when a later poll reports CREDITED."""

    def return_note(self) -> None:
        """Give the note in escrow back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorDriver:
    """A kind of acceptor: `open` takes the settings of its section in the station's TOML.

    `open` only checks the settings; the line is opened by `BillAcceptor.start`.
    """

    name: str
    open: Callable[[Mapping[str, str]], BillAcceptor]


# --- barriers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Contacts of a lane or door as they stand now. None where a contact is not wired.

    `fire`: the fire alarm's contact, which frees exits in hardware, whatever we do.
    `tamper`: the cabinet is open.
    """

    arm_up: bool | None = None
    vehicle_present: bool | None = None
    door_open: bool | None = None
    exit_button: bool | None = None
    fire: bool | None = None
    tamper: bool | None = None


@unique
class Lamp(StrEnum):
    """Lamps and sounders that a board may switch."""

    GO = "go"
    STOP = "stop"
    ALARM = "alarm"  # beacon or sounder for the guard


class Barrier(Protocol):
    """A barrier or door strike. There is no `close`: closing is the barrier's own safety logic."""

    def open(self) -> None:
        """Request one opening by the board's own timed pulse. Raises DeviceTimeout, FrameError."""

    def state(self) -> Inputs:
        """Read the inputs."""

    def light(self, lamp: Lamp, for_s: float) -> None:
        """Light a lamp by the board's own timed pulse; it goes out by itself. Raises as `open`.

        Nothing happens where that lamp is not wired.
        """

    def close(self) -> None:
        """Give the line back (the device, not the arm)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierDriver:
    """A kind of barrier: `open` takes the settings of its section in the station's TOML.

    `open` only checks the settings; the line is opened by the first call to the barrier.
    """

    name: str
    open: Callable[[Mapping[str, str]], Barrier]


# --- text displays --------------------------------------------------------------------------------


@unique
class Tone(StrEnum):
    """How a text is meant; a display with colours shows it."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


class TextDisplay(Protocol):
    """A few lines of text beside a lane, for a driver some metres away."""

    @property
    def rows(self) -> int:
        """Lines it has."""

    @property
    def columns(self) -> int:
        """Columns of a line; a Chinese character takes two. Longer lines run through."""

    def show(self, lines: Sequence[str], *, tone: Tone = Tone.PLAIN, for_s: int = 10) -> None:
        """Show this instead of what stands there, for 1 to 255 seconds.

        Then the text goes away by itself, whatever became of us, and what the display's own memory
        holds stands there; `rest` puts the resting text back. A character it does not have is
        shown as a blank square.

        Raises:
            DeviceTimeout, FrameError: no answer, or none that makes sense. Nothing is sent again.
            DeviceFault: the display refused.
            DeviceNotFound, DeviceBusy: the line cannot be used.
        """

    def rest(self, lines: Sequence[str]) -> None:
        """Show what stands there while there is nothing to say, until the next `show`.

        Raises as `show`.
        """

    def check(self) -> None:
        """Ask whether it is there; what stands on it stays. Raises as `show`."""

    def close(self) -> None:
        """Give the line back. Safe to call twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayDriver:
    """A kind of display: `open` takes the settings of its section in the station's TOML.

    `open` only checks the settings; the line is opened by the first call to the display.
    """

    name: str
    open: Callable[[Mapping[str, str]], TextDisplay]


# --- byte streams --------------------------------------------------------------------------------


class ByteStream(Protocol):
    """A serial line or anything like it."""

    def write(self, data: bytes) -> None:
        """Send all bytes. Raises DeviceTimeout or DeviceNotFound."""

    def read(self, size: int, timeout_s: float) -> bytes:
        """Up to `size` bytes, as soon as some are there; ``b""`` when the time is over."""

    def close(self) -> None:
        """Give the line back."""
