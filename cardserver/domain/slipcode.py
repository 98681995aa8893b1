"""The code on a top-up slip, which a desk can check without asking anybody (PARK-07a).

::

    YIKA-SLIP2 SUNNY01 1 00000012 00003456 30000 20250609 20250708 <signature in Base32>

Estate, key version, slip number, card number, fen, first and last day, and an Ed25519 signature
(RFC 8032) of ``yika-slip-1``, a zero byte and all that stands before the signature. No record of a
card begins like that, so neither signature serves for the other. Capitals, figures and spaces only
(RFC 4648 Base32 without padding): QR codes hold these densest, and a scanner that types like a
keyboard gets them through whatever layout is set.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cardserver.domain.keys import EstateId

HEAD: Final = "YIKA-SLIP2"
LONGEST: Final = 400
"""More characters than any code has; bounds what is looked at."""

_TAG: Final = b"yika-slip-1\0"
_DAY: Final = "%Y%m%d"
_CODE: Final = re.compile(
    rf"{HEAD} ([A-Z0-9]{{4,8}}) ([0-9]{{1,3}}) ([0-9]{{8,12}}) ([0-9]{{8,10}}) ([0-9]{{1,12}})"
    r" ([0-9]{8}) ([0-9]{8}) ([A-Z2-7]{103})",
    re.ASCII,
)


@unique
class Verdict(StrEnum):
    """What a desk can say of a code by itself. Whether it was exchanged only the server knows."""

    GENUINE = "genuine"
    NOT_OURS = "not-ours"
    OTHER_ESTATE = "other-estate"
    KEY_UNKNOWN = "key-unknown"  # a version this desk was not told of yet


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipFacts:
    """What a slip says: its number, the card, the money and the days paid for, both included."""

    estate: EstateId
    key_version: int
    number: int
    card_number: int
    amount_fen: int
    first: date
    last: date

    def said(self) -> str:
        """The code without its signature."""
        return (
            f"{HEAD} {self.estate} {self.key_version} {self.number:08d} {self.card_number:08d}"
            f" {self.amount_fen} {self.first.strftime(_DAY)} {self.last.strftime(_DAY)}"
        )

    def message(self) -> bytes:
        """What is signed."""
        return _TAG + self.said().encode()


def code_of(facts: SlipFacts, signature: bytes) -> str:
    """The code as it is printed."""
    return f"{facts.said()} {base64.b32encode(signature).decode().rstrip('=')}"


def is_code(typed: str) -> bool:
    """True for what begins like a signed code, whatever follows."""
    return _plain(typed[:LONGEST]).startswith(HEAD)


def judge(
    typed: str, estate: EstateId, keys: Mapping[int, bytes]
) -> tuple[Verdict, SlipFacts | None]:
    """What a code is worth, and what it says where it is genuine.

    `keys` are the estate's raw public keys by version. What can't be read, was changed or was
    signed by somebody else is not ours.
    """
    found = _read(typed)
    if found is None:
        return Verdict.NOT_OURS, None
    facts, signature = found
    if facts.estate != estate:
        return Verdict.OTHER_ESTATE, None
    if facts.key_version not in keys:
        return Verdict.KEY_UNKNOWN, None
    try:
        key = Ed25519PublicKey.from_public_bytes(keys[facts.key_version])
        key.verify(signature, facts.message())
    except (InvalidSignature, ValueError):
        return Verdict.NOT_OURS, None
    return Verdict.GENUINE, facts


def _read(typed: str) -> tuple[SlipFacts, bytes] | None:
    match = _CODE.fullmatch(_plain(typed)) if len(typed) <= LONGEST else None
    if match is None:
        return None
    try:
        facts = SlipFacts(
            estate=EstateId(match[1]),
            key_version=int(match[2]),
            number=int(match[3]),
            card_number=int(match[4]),
            amount_fen=int(match[5]),
            first=_day(match[6]),
            last=_day(match[7]),
        )
        signature = base64.b32decode(match[8] + "=")
    except (ValueError, binascii.Error):
        return None
    # One code for one slip: no other figures and no other last letter say the same.
    return (facts, signature) if code_of(facts, signature) == match[0] else None


def _plain(typed: str) -> str:
    """As a scanner meant it: full-width figures made plain, small letters capital."""
    return " ".join(unicodedata.normalize("NFKC", typed).upper().split())


def _day(figures: str) -> date:
    return datetime.strptime(figures, _DAY).date()  # noqa: DTZ007 - a date of the estate
