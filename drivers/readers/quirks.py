"""How reader models differ from PC/SC part 3, as data; chosen by the reader's name.

Card drivers speak the standard and put key A into slot 0 and key B into slot 1; where there is no
standard they speak as ACS readers do. `adapt` turns the commands concerned into what the model
wants. A driver must not count on both keys being loaded
at once: many readers have room for one.

| model | load key | value block | LED and buzzer |
|---|---|---|---|
| ACS ACR122U | volatile, slots 0 and 1 | FF D7 | FF 00 40 through the card channel |
| ACS ACR1252U, ACR1552U | volatile, slots 0 and 1 | FF D7 | E0 00 00 28/29, escape only |
| Identiv / SCM | volatile, slot names the key type | FF F0 | none |
| HID OMNIKEY 5427 CK, 5022, 5023, 5422 | stored, slot 0 | FF C2 | none |
| Virtual PCD (vsmartcard) | standard | FF D7 | none |
| any other | volatile, slot 0 | unknown | none |
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final


@unique
class ValueBlockForm(StrEnum):
    """How a reader lowers a value block. Part 3 leaves it open, so there are several ways."""

    ACS = "acs"  # FF D7 00 block 05 op value, most significant byte first
    SCM = "scm"  # FF F0 00 block 06 C0 block value, least significant byte first
    TRANSPARENT = "transparent"  # FF C2 00 03 0B A1 .., least significant byte first
    NONE = "none"  # none is known; the ACS form is tried, and a refusal means what it says


@unique
class ResetForm(StrEnum):
    """How a card is selected anew after it refused a key."""

    WARM = "warm"  # SCardReconnect with SCARD_RESET_CARD
    COLD = "cold"  # SCardReconnect with SCARD_UNPOWER_CARD: the field goes off for a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySlot:
    """Where one key goes: P1 and P2 of load key, and the slot named when authenticating."""

    structure: int
    load_slot: int
    use_slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """LED and buzzer. `through_card`: sent like a card command while a card is connected; else
    as an escape command, which the driver may forbid (facts: ccid's ifdDriverOptions).
    """

    accepted: bytes
    refused: bytes
    through_card: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderQuirks:
    """One row: what a model does its own way, and where that is written down.

    `answers_sak`: FF CA 02/03 give SAK and ATQA. `polling`: what to expect of card detection.
    """

    model: str
    pattern: str
    source: str
    key_a: KeySlot = KeySlot(structure=0x00, load_slot=0x00, use_slot=0x00)
    key_b: KeySlot = KeySlot(structure=0x00, load_slot=0x00, use_slot=0x00)
    value_block: ValueBlockForm = ValueBlockForm.NONE
    reset: ResetForm = ResetForm.WARM
    signal: Signal | None = None
    answers_sak: bool = False
    polling: str = ""


_ACS_SLOTS: Final = (
    KeySlot(structure=0x00, load_slot=0x00, use_slot=0x00),
    KeySlot(structure=0x00, load_slot=0x01, use_slot=0x01),
)
_STORED: Final = KeySlot(structure=0x20, load_slot=0x00, use_slot=0x00)

GENERIC: Final = ReaderQuirks(
    model="PC/SC part 3 reader",
    pattern="",
    source="PC/SC Workgroup, Interoperability Specification part 3, rev 2.01.09, 3.2.2.1",
)
MODELS: Final = (
    ReaderQuirks(
        model="ACS ACR122U",
        pattern=r"\bACR122",
        source="ACS ACR122U API manual 2.04, 5.1, 5.5 and 6.2; nfcpy src/nfc/clf/acr122.py. "
        "No document says how it resets: cold, to be sure",
        key_a=_ACS_SLOTS[0],
        key_b=_ACS_SLOTS[1],
        value_block=ValueBlockForm.ACS,
        reset=ResetForm.COLD,
        signal=Signal(
            accepted=bytes.fromhex("FF00402C0401000101"),
            refused=bytes.fromhex("FF00401C0402020301"),
            through_card=True,
        ),
        polling="a removal shows after up to half a second; every failure is status 6300",
    ),
    ReaderQuirks(
        model="ACS ACR1252U or ACR1552U",
        pattern=r"\bACR1[25]52",
        source="ACS ACM1252U-Y3 reference manual 1.03, 5.2.4.1, 5.3 and 5.6.1",
        key_a=_ACS_SLOTS[0],
        key_b=_ACS_SLOTS[1],
        value_block=ValueBlockForm.ACS,
        signal=Signal(
            accepted=bytes.fromhex("E00000280114"),
            refused=bytes.fromhex("E00000280150"),
            through_card=False,
        ),
        polling="every failure is status 6300",
    ),
    ReaderQuirks(
        model="Identiv / SCM",
        pattern=r"\b(Identiv|Identive|SCM|uTrust|CLOUD 37|SCL0|SCL3)",
        source="Identiv uTrust 3720F reference manual 1.00, 6.2.3 and 6.2.4; "
        "LibLogicalAccess commands/mifarescmcommands.cpp",
        key_a=KeySlot(structure=0x00, load_slot=0x60, use_slot=0x01),
        key_b=KeySlot(structure=0x00, load_slot=0x61, use_slot=0x01),
        value_block=ValueBlockForm.SCM,
    ),
    ReaderQuirks(
        model="HID OMNIKEY 5427 CK and 5x2x",
        pattern=r"\bOMNIKEY 5(427|02[0-9]|12[0-9]|42[0-9]|32[0-9])",
        source="hidglobal/HID-OMNIKEY-Sample-Codes 41a18e6, ExampleWithMifareClassic.cs; "
        "LibLogicalAccess commands/mifareomnikeyxx27resultchecker.cpp (status words)",
        key_a=_STORED,
        key_b=_STORED,
        value_block=ValueBlockForm.TRANSPARENT,
        polling="a stored key stays in the reader; the next one overwrites it",
    ),
    ReaderQuirks(
        model="Virtual PCD",
        pattern=r"\bVirtual PCD\b",
        source="frankmorgner/vsmartcard, virtualsmartcard/src/vpcd",
        key_a=_ACS_SLOTS[0],
        key_b=_ACS_SLOTS[1],
        value_block=ValueBlockForm.ACS,
        answers_sak=True,
    ),
)

_LOAD_KEY: Final = bytes([0xFF, 0x82])
_AUTHENTICATE: Final = bytes([0xFF, 0x86])
_VOLATILE: Final = 0x00
_KEY_B: Final = 0x61
_AUTHENTICATE_SIZE: Final = 10
_DECREMENT: Final = bytes([0xFF, 0xD7])
_DECREMENT_SIZE: Final = 10


def quirks_of(reader_name: str) -> ReaderQuirks:
    """Return the row for a reader, by any part of its name; GENERIC when no model is known."""
    for row in MODELS:
        if re.search(row.pattern, reader_name, re.IGNORECASE):
            return row
    return GENERIC


def adapt(apdu: bytes, quirks: ReaderQuirks) -> bytes:
    """Turn a standard load key or authenticate command into the model's own; others pass through.

    A load key command that asks for another structure than the volatile one keeps it: the card
    driver is trying what else the reader takes.
    """
    if apdu[:2] == _LOAD_KEY and len(apdu) > 4:  # noqa: PLR2004 - header and Lc
        slot = quirks.key_b if apdu[3] else quirks.key_a
        structure = slot.structure if apdu[2] == _VOLATILE else apdu[2]
        return apdu[:2] + bytes([structure, slot.load_slot]) + apdu[4:]
    if apdu[:2] == _AUTHENTICATE and len(apdu) == _AUTHENTICATE_SIZE:
        slot = quirks.key_b if apdu[8] == _KEY_B else quirks.key_a
        return apdu[:9] + bytes([slot.use_slot])
    if apdu[:2] == _DECREMENT and len(apdu) == _DECREMENT_SIZE:
        return _decrement(apdu[3], apdu[6:], quirks.value_block)
    return apdu


def _decrement(block: int, amount: bytes, form: ValueBlockForm) -> bytes:
    little = amount[::-1]
    match form:
        case ValueBlockForm.SCM:
            # The manual has the codes of increment and decrement the wrong way round; these are
            # the chip's own (LibLogicalAccess notes it for the SCL011). A gate's key can't
            # increment, so that a mistake here refuses and never counts up.
            return bytes([0xFF, 0xF0, 0, block, 6, 0xC0, block]) + little
        case ValueBlockForm.TRANSPARENT:
            return bytes([0xFF, 0xC2, 0, 3, 11, 0xA1, 9, 0x80, 1, block, 0x81, 4]) + little
        case ValueBlockForm.ACS | ValueBlockForm.NONE:
            return bytes([0xFF, 0xD7, 0, block, 5, 2]) + amount
