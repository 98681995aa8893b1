"""Native DESFire commands inside ISO 7816-4 APDUs, in frames as short as every generation takes.

    90 INS 00 00 [Lc data] 00   ->   data 91 ST

A command longer than a frame goes on in further frames with instruction AF, each of which the card
asks for with status AF; a long answer is fetched with empty AF frames.

A wrapped APDU is kept within 60 bytes, what one ISO 14443-4 block of EV1 holds (NXP, MIFARE forum
reply 17822; libfreefare and proxmark3 keep to 55 and 54 data bytes).
"""

from collections.abc import Generator
from typing import Final, TypeVar

from drivers.apdu import command, parse_response
from drivers.api.readers import Channel
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardError,
    CardFull,
    CardIntegrityError,
)

CLA: Final = 0x90
SW1: Final = 0x91
FRAME_DATA: Final = 54
# The longest file of the largest card (16 KiB) takes fewer frames; more is a hostile card.
MAX_ANSWER_FRAMES: Final = 300

OK: Final = 0x00
OUT_OF_MEMORY: Final = 0x0E
ILLEGAL_COMMAND: Final = 0x1C
NO_SUCH_KEY: Final = 0x40
PERMISSION_DENIED: Final = 0x9D
APPLICATION_NOT_FOUND: Final = 0xA0
AUTHENTICATION_ERROR: Final = 0xAE
MORE: Final = 0xAF
FILE_NOT_FOUND: Final = 0xF0

Outcome = TypeVar("Outcome")

_KEY_REFUSED: Final = frozenset({NO_SUCH_KEY, PERMISSION_DENIED, AUTHENTICATION_ERROR})


def exchange(channel: Channel, ins: int, payload: bytes = b"") -> tuple[int, bytes]:
    """One frame each way: the status byte and the data.

    Raises:
        ApduRefused: the answer is not a DESFire answer at all.
        FrameError, CardRemoved, DeviceNotFound, DeviceTimeout: from the reader.
    """
    response = parse_response(channel.transmit(command(CLA, ins, 0, 0, payload, le=0)))
    sw1, status = divmod(response.sw, 0x100)
    if sw1 != SW1:
        raise ApduRefused(sw=response.sw)
    return status, response.data


def transceive(channel: Channel, ins: int, payload: bytes = b"") -> tuple[int, bytes]:
    """One command with all its frames: the final status byte and the data of all answers.

    Raises:
        CardIntegrityError: the card broke the order of the frames.
        ApduRefused, FrameError, CardRemoved, DeviceNotFound, DeviceTimeout: see `exchange`.
    """
    status, data = _send(channel, ins, payload)
    answer = bytearray(data)
    for _ in range(MAX_ANSWER_FRAMES):
        if status != MORE:
            return status, bytes(answer)
        status, data = exchange(channel, MORE)
        answer += data
    raise CardIntegrityError("the card's answer has no end")


def _send(channel: Channel, ins: int, payload: bytes) -> tuple[int, bytes]:
    frames = [payload[at : at + FRAME_DATA] for at in range(0, len(payload), FRAME_DATA)] or [b""]
    status, data = exchange(channel, ins, frames[0])
    for frame in frames[1:]:
        if status == OK or data:
            raise CardIntegrityError("the card answered before the command was complete")
        if status != MORE:
            break
        status, data = exchange(channel, MORE, frame)
    return status, data


def converse(
    channel: Channel, dialogue: Generator[tuple[int, bytes], bytes, Outcome], *, key_no: int
) -> Outcome:
    """Play an authentication: a question the card answers with AF, a proof it answers with 00.

    Raises:
        CardAuthenticationFailed: the card refused key `key_no`, or could not prove it.
        CardIntegrityError: the card broke the order.
        ApduRefused, FrameError, CardRemoved, DeviceNotFound, DeviceTimeout: see `exchange`.
    """
    ins, payload = next(dialogue)
    expected = MORE
    while True:
        status, data = exchange(channel, ins, payload)
        if status not in {OK, MORE}:
            raise refusal(status, key_no=key_no)
        if status != expected:
            raise CardIntegrityError("the card left the order of the authentication")
        expected = OK
        try:
            ins, payload = dialogue.send(data)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def refusal(status: int, *, key_no: int = -1) -> CardError:
    """The error that a status byte other than 00 and AF stands for."""
    if status in _KEY_REFUSED:
        return CardAuthenticationFailed(f"status {status:02X}", key_no=key_no)
    if status == OUT_OF_MEMORY:
        return CardFull("the card has no memory left")
    return ApduRefused(sw=SW1 << 8 | status)
