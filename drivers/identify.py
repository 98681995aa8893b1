"""Recognises the card on a reader without using any key and without writing to it.

| card | told by | exchanges |
|---|---|---|
| MIFARE Classic 1K, 4K | ATR | 1: UID |
| MIFARE DESFire | ATR: the one historical byte 80 | 1: UID |
| its generation | GetVersion, only when asked for | 3 more |
| MIFARE Ultralight, NTAG21x | ATR, capability container | 2 |
| bank card | it knows the payment directory 2PAY.SYS.DDF01 | 2 |
| other ISO 14443-4 cards | ATR | 2; when asked 1 to 3 more |
| anything else | ATR | 1 |

At a tap an exchange costs more than the knowledge of the generation, so without `full` every
DESFire is reported as EV1, whose commands all generations understand, and named without a
generation. The ATR of a DESFire is shared by NTAG 424 and DESFire Light: those are told apart by
`full`, and at a tap by lacking our application.

A card that shows a new UID at every tap (ISO/IEC 14443-3: 4 bytes, the first 08) can't carry our
records, whose keys are bound to the UID: it is reported as another card, with a name that says so.
"""

from dataclasses import dataclass
from typing import Final

from drivers.apdu import Response, command, parse_response
from drivers.api.cards import SUPPORTED_KINDS, CardIdentity, CardKind
from drivers.api.readers import Channel
from drivers.atr import AtrFacts, read_atr
from drivers.errors import FrameError

GET_UID: Final = command(0xFF, 0xCA, 0, 0, le=0)
SELECT_PAYMENT_DIRECTORY: Final = command(0x00, 0xA4, 0x04, 0x00, b"2PAY.SYS.DDF01", le=0)
READ_CAPABILITIES: Final = command(0xFF, 0xB0, 0x00, 3, le=16)
GET_VERSION: Final = command(0x90, 0x60, 0, 0, le=0)
NEXT_FRAME: Final = command(0x90, 0xAF, 0, 0, le=0)

_UID_SIZES: Final = frozenset({4, 7, 10})
_RANDOM_UID: Final = 0x08
_DESFIRE_HISTORICAL: Final = b"\x80"
_MORE: Final = 0x91AF
_DONE: Final = 0x9100
_HARDWARE_SIZE: Final = 7
_NXP: Final = 0x04

# Third byte of the capability container (NXP NTAG213/215/216 data sheet, 8.5.6): data area / 8.
_NTAG_SIZES: Final = {0x12: "NTAG213", 0x3E: "NTAG215", 0x6D: "NTAG216"}
_CAPABILITIES_MAGIC: Final = 0xE1

# Hardware type and major version (RfidResearchGroup/proxmark3, getCardType in
# client/src/cmdhfmfdes.c; NXP AN10833).
_GENERATIONS: Final = {
    (0x01, 0x00): (CardKind.OTHER, "MIFARE DESFire D40"),
    (0x01, 0x01): (CardKind.DESFIRE_EV1, "MIFARE DESFire EV1"),
    (0x01, 0x12): (CardKind.DESFIRE_EV2, "MIFARE DESFire EV2"),
    (0x01, 0x22): (CardKind.DESFIRE_EV2, "MIFARE DESFire EV2 XL"),
    (0x81, 0x42): (CardKind.DESFIRE_EV2, "MIFARE DESFire EV2C"),
    (0x01, 0x33): (CardKind.DESFIRE_EV3, "MIFARE DESFire EV3"),
    (0x81, 0x43): (CardKind.DESFIRE_EV3, "MIFARE DESFire EV3C"),
    (0x08, 0x30): (CardKind.OTHER, "MIFARE DESFire Light"),
    (0x04, 0x30): (CardKind.NTAG, "NTAG 424 DNA"),
    (0x02, 0x11): (CardKind.OTHER, "MIFARE Plus EV1"),
    (0x02, 0x22): (CardKind.OTHER, "MIFARE Plus EV2"),
}


@dataclass(frozen=True, slots=True)
class _Recognised:
    kind: CardKind
    name: str


def identify(channel: Channel, *, full: bool = False) -> CardIdentity:
    """Say what lies on the reader; `full` finds out the exact generation of a DESFire.

    `uid` is empty on a card that has none to show, e.g. a contact card in a dual reader.

    Raises:
        FrameError: the reader's answer makes no sense.
        CardRemoved: the card left the field.
    """
    facts = read_atr(channel.atr)
    uid = _read_uid(channel)
    found = _recognise(channel, facts, full=full)
    if found.kind in SUPPORTED_KINDS and not uid:
        found = _Recognised(CardKind.OTHER, f"{found.name} without a UID")
    elif found.kind in SUPPORTED_KINDS and len(uid) == min(_UID_SIZES) and uid[0] == _RANDOM_UID:
        found = _Recognised(CardKind.OTHER, f"{found.name} with a random UID")
    return CardIdentity(kind=found.kind, uid=uid, atr=channel.atr, name=found.name)


def _read_uid(channel: Channel) -> bytes:
    answer = _ask(channel, GET_UID)
    if not answer.ok:
        return b""
    if len(answer.data) not in _UID_SIZES:
        raise FrameError(f"a UID of {len(answer.data)} bytes")
    return answer.data


def _recognise(channel: Channel, facts: AtrFacts, *, full: bool) -> _Recognised:
    if facts.kind is CardKind.ULTRALIGHT:
        return _type_2_tag(channel, facts)
    if facts.historical is None:
        return _Recognised(facts.kind, facts.name)
    if facts.historical == _DESFIRE_HISTORICAL:
        generation = _generation(channel) if full else None
        return generation or _Recognised(CardKind.DESFIRE_EV1, "MIFARE DESFire")
    if _ask(channel, SELECT_PAYMENT_DIRECTORY).ok:
        return _Recognised(CardKind.BANK_CARD, "bank card")
    generation = _generation(channel) if full else None
    return generation or _Recognised(facts.kind, facts.name)


def _type_2_tag(channel: Channel, facts: AtrFacts) -> _Recognised:
    """Tell an NTAG from an Ultralight by what both let anybody read."""
    container = _ask(channel, READ_CAPABILITIES).data[:4]
    if len(container) > 2 and container[0] == _CAPABILITIES_MAGIC:  # noqa: PLR2004
        name = _NTAG_SIZES.get(container[2])
        if name is not None:
            return _Recognised(CardKind.NTAG, name)
    return _Recognised(facts.kind, facts.name)


def _generation(channel: Channel) -> _Recognised | None:
    """Ask GetVersion (three frames). None when the card does not know the command."""
    frames: list[bytes] = []
    answer = _ask(channel, GET_VERSION)
    while answer.sw == _MORE and len(frames) < 2:  # noqa: PLR2004 - hardware and software frame
        frames.append(answer.data)
        answer = _ask(channel, NEXT_FRAME)
    if answer.sw != _DONE or not frames:
        return None
    hardware = frames[0]
    if len(hardware) != _HARDWARE_SIZE or hardware[0] != _NXP:
        return _Recognised(CardKind.ISO_14443_4, "ISO 14443-4 card with DESFire commands")
    known = _GENERATIONS.get((hardware[1], hardware[3]))
    if known is None:
        return _Recognised(CardKind.OTHER, "NXP card of an unknown generation")
    return _Recognised(known[0], f"{known[1]}{_capacity(hardware[5])}")


def _capacity(storage: int) -> str:
    kilobytes = (1 << (storage >> 1)) // 1024
    return f" {kilobytes}K" if 1 <= kilobytes <= 64 else ""  # noqa: PLR2004


def _ask(channel: Channel, apdu: bytes) -> Response:
    return parse_response(channel.transmit(apdu))
