"""What an answer to reset says about a contactless card (PC/SC part 3, clause 3.1.3.2.3).

    storage card      3B 8F 80 01 80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00 TCK
                      SS standard, NN NN card name, both registered in the supplement to part 3
    ISO/IEC 14443-4   3B 8n 80 01 T1 .. Tn TCK, the historical bytes of the ATS

Names F0 xx and FF xx are the readers' own; FF is followed by the SAK (ACS manuals).
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from drivers.api.cards import CardKind

_CONTACTLESS_HEADER: Final = bytes.fromhex("8001")
_STORAGE_HISTORICAL: Final = bytes.fromhex("804F0CA000000306")
_STORAGE_SIZE: Final = 20
_PRIVATE_SAK: Final = 0xFF

ULTRALIGHT_NAME: Final = 0x0003
"""Every type 2 tag is reported under this name, NTAG included."""

_NAMES: Final = {
    0x0001: (CardKind.CLASSIC_1K, "MIFARE Classic 1K"),
    0x0002: (CardKind.CLASSIC_4K, "MIFARE Classic 4K"),
    ULTRALIGHT_NAME: (CardKind.ULTRALIGHT, "MIFARE Ultralight"),
    0x0026: (CardKind.OTHER, "MIFARE Mini"),
    0x0030: (CardKind.OTHER, "Topaz"),
    0x0036: (CardKind.OTHER, "MIFARE Plus 2K (SL1)"),
    0x0037: (CardKind.OTHER, "MIFARE Plus 4K (SL1)"),
    0x0038: (CardKind.OTHER, "MIFARE Plus 2K (SL2)"),
    0x0039: (CardKind.OTHER, "MIFARE Plus 4K (SL2)"),
    0x003A: (CardKind.ULTRALIGHT, "MIFARE Ultralight C"),
    0x003B: (CardKind.OTHER, "FeliCa"),
    0x003D: (CardKind.ULTRALIGHT, "MIFARE Ultralight EV1"),
    0xF004: (CardKind.OTHER, "Topaz"),
    0xF011: (CardKind.OTHER, "FeliCa 212K"),
    0xF012: (CardKind.OTHER, "FeliCa 424K"),
}
# NXP AN10833, table of SAK values; 88 is Infineon's 1K.
_SAKS: Final = {
    0x00: (CardKind.ULTRALIGHT, "MIFARE Ultralight"),
    0x08: (CardKind.CLASSIC_1K, "MIFARE Classic 1K"),
    0x09: (CardKind.OTHER, "MIFARE Mini"),
    0x18: (CardKind.CLASSIC_4K, "MIFARE Classic 4K"),
    0x20: (CardKind.ISO_14443_4, "ISO 14443-4 card that was not activated"),
    0x88: (CardKind.CLASSIC_1K, "MIFARE Classic 1K (Infineon)"),
}
# PC/SC part 3 supplement, SS; pcsc-tools smartcard_list.txt shows the same.
_STANDARDS: Final = {
    range(0x01, 0x04): "ISO 14443 type A",
    range(0x05, 0x08): "ISO 14443 type B",
    range(0x09, 0x0D): "ISO 15693",
    range(0x0D, 0x11): "contact memory",
    range(0x11, 0x12): "FeliCa",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AtrFacts:
    """What an ATR says. `kind` is a first guess for people and drivers, `name` its words.

    `historical` holds the historical bytes of an ISO 14443-4 card; None on any other card.
    """

    kind: CardKind
    name: str
    historical: bytes | None = None


def read_atr(atr: bytes) -> AtrFacts:
    """Judge an ATR. Any bytes give an answer; what makes no sense is an unknown card."""
    if not _is_contactless(atr):
        return AtrFacts(kind=CardKind.OTHER, name="unknown card")
    historical = atr[4:-1]
    if len(atr) == _STORAGE_SIZE and historical.startswith(_STORAGE_HISTORICAL):
        return _storage_card(atr[12], int.from_bytes(atr[13:15], "big"))
    return AtrFacts(kind=CardKind.ISO_14443_4, name="ISO 14443-4 card", historical=historical)


def _is_contactless(atr: bytes) -> bool:
    minimum = 5
    if len(atr) < minimum or atr[0] != 0x3B or atr[1] & 0xF0 != 0x80:  # noqa: PLR2004 - TS, T0
        return False
    has_right_length = len(atr) == minimum + (atr[1] & 0x0F)
    return has_right_length and atr[2:4] == _CONTACTLESS_HEADER and reduce(xor, atr[1:]) == 0


def _storage_card(standard: int, name: int) -> AtrFacts:
    known = _SAKS.get(name & 0xFF) if name >> 8 == _PRIVATE_SAK else _NAMES.get(name)
    if known is not None:
        return AtrFacts(kind=known[0], name=known[1])
    family = next((text for codes, text in _STANDARDS.items() if standard in codes), "unknown")
    return AtrFacts(kind=CardKind.OTHER, name=f"{family} storage card {name:04X}")
