"""Faults of devices and cards, with their data as attributes.

An outcome the business foresees is a value; an exception here means that the caller cannot go on.
`code` is stable and is the key under which screens find their words. Exceptions of third-party
libraries end at the adapter that calls them, with ``raise … from``.
"""

from typing import ClassVar


class DeviceError(Exception):
    """A device cannot do what was asked. `device` is its name in the configuration."""

    code: ClassVar[str] = "device-error"

    def __init__(self, message: str = "", *, device: str = "") -> None:
        super().__init__(message or self.code)
        self.device = device


class DeviceNotFound(DeviceError):
    """No device of that name is attached, or its service is not running."""

    code = "device-not-found"


class DeviceTimeout(DeviceError):
    """The device did not answer within `timeout_s` seconds."""

    code = "device-timeout"

    def __init__(self, message: str = "", *, device: str = "", timeout_s: float = 0.0) -> None:
        super().__init__(message, device=device)
        self.timeout_s = timeout_s


class DeviceBusy(DeviceError):
    """Another program holds the device."""

    code = "device-busy"


class DeviceFault(DeviceError):
    """The device answered that it is out of order; `status` is its own word for it."""

    code = "device-fault"

    def __init__(self, message: str = "", *, device: str = "", status: str = "") -> None:
        super().__init__(message, device=device)
        self.status = status


class AcceptorUnsuitable(DeviceFault):
    """A banknote acceptor for other notes than this station's; it stays off.

    Another currency, a table of notes that do not exist, or a protocol too old to name its notes.
    """

    code = "acceptor-unsuitable"


class FrameError(DeviceError):
    """Bytes from a device that are not a frame of its protocol (length, checksum, order)."""

    code = "frame-error"


class CardError(DeviceError):
    """Something about the card on the reader; `uid` is empty where it is not known."""

    code = "card-error"

    def __init__(self, message: str = "", *, device: str = "", uid: bytes = b"") -> None:
        super().__init__(message, device=device)
        self.uid = uid


class CardAbsent(CardError):
    """No card lies on the reader."""

    code = "card-absent"


class CardRemoved(CardError):
    """The card left the reader in the middle of the work."""

    code = "card-removed"


class CardUnsupported(CardError):
    """A card we know by `name` but do not work with. It was not touched."""

    code = "card-unsupported"

    def __init__(
        self, message: str = "", *, device: str = "", uid: bytes = b"", name: str = ""
    ) -> None:
        super().__init__(message, device=device, uid=uid)
        self.name = name


class CardForeign(CardError):
    """A supported card whose keys are neither ours nor the factory's: another estate's card."""

    code = "card-foreign"


class CardAuthenticationFailed(CardError):
    """The card refused key `key_no` (or could not prove that it holds it)."""

    code = "card-authentication-failed"

    def __init__(
        self, message: str = "", *, device: str = "", uid: bytes = b"", key_no: int = -1
    ) -> None:
        super().__init__(message, device=device, uid=uid)
        self.key_no = key_no


class CardIntegrityError(CardError):
    """An answer without a valid MAC, CRC or padding in a secure channel. The session is over."""

    code = "card-integrity"


class ApduRefused(CardError):
    """The card or reader answered with a status word that means no; `sw` is 0000h to FFFFh."""

    code = "apdu-refused"

    def __init__(
        self, message: str = "", *, device: str = "", uid: bytes = b"", sw: int = 0
    ) -> None:
        super().__init__(message or f"status word {sw:04X}", device=device, uid=uid)
        self.sw = sw


class CardFull(CardError):
    """The card has no room for our application (`free_bytes` of `needed_bytes`)."""

    code = "card-full"

    def __init__(
        self,
        message: str = "",
        *,
        device: str = "",
        uid: bytes = b"",
        free_bytes: int = 0,
        needed_bytes: int = 0,
    ) -> None:
        super().__init__(message, device=device, uid=uid)
        self.free_bytes = free_bytes
        self.needed_bytes = needed_bytes


class RecordTorn(CardError):
    """A slot that a broken-off write left undecided: neither old nor new can be read from it."""

    code = "record-torn"


class RecordMismatch(CardError):
    """The card does not hold the bytes it should: old ones before a write, new after."""

    code = "record-mismatch"
