"""Command and response APDUs in their short form (ISO/IEC 7816-4:2013, clause 5), bytes only.

    command   CLA INS P1 P2 [Lc data(1..255)] [Le]      response   data(0..) SW1 SW2

Nothing here sends anything: the drivers hand the bytes to a `drivers.api.readers.Channel`.
"""

from dataclasses import dataclass, field
from typing import Final

from drivers.errors import ApduRefused, FrameError

OK: Final = 0x9000
MAX_COMMAND_DATA: Final = 255
MAX_RESPONSE_DATA: Final = 256


@dataclass(frozen=True, slots=True)
class Response:
    """What a card or reader answered. `data` may hold keys or records and is kept out of `repr`."""

    data: bytes = field(repr=False)
    sw: int

    @property
    def ok(self) -> bool:
        """True for status word 9000."""
        return self.sw == OK


def command(  # noqa: PLR0917 - the order is the order on the wire
    cla: int, ins: int, p1: int, p2: int, data: bytes = b"", le: int | None = None
) -> bytes:
    """Bytes of a short command APDU.

    `le` is the number of bytes wanted: None for no Le byte, 1 to 256; 0 and 256 are both coded 00
    ("whatever there is, up to 256").

    Raises:
        ValueError: a header byte, the length of the data or `le` is out of range.
    """
    if len(data) > MAX_COMMAND_DATA:
        raise ValueError(f"{len(data)} data bytes do not fit into a short APDU")
    if le is not None and not 0 <= le <= MAX_RESPONSE_DATA:
        raise ValueError(f"Le {le} does not fit into a short APDU")
    body = bytes([len(data)]) + data if data else b""
    tail = b"" if le is None else bytes([le % MAX_RESPONSE_DATA])
    return bytes([cla, ins, p1, p2]) + body + tail


def parse_response(raw: bytes) -> Response:
    """Split an answer into its data and its status word.

    Raises:
        FrameError: fewer than two bytes.
    """
    if len(raw) < 2:  # noqa: PLR2004 - SW1 and SW2
        raise FrameError(f"an answer of {len(raw)} bytes has no status word")
    return Response(data=bytes(raw[:-2]), sw=int.from_bytes(raw[-2:], "big"))


def require_ok(response: Response, *, uid: bytes = b"") -> bytes:
    """Data of the answer when its status word is 9000.

    Raises:
        ApduRefused: any other status word; `sw` holds it, `uid` names the card where known.
    """
    if not response.ok:
        raise ApduRefused(uid=uid, sw=response.sw)
    return response.data
