"""The published demo keys. Anyone can read them here, so they protect nothing.

They are known by their bytes as well as by the mark on their file: taking the mark off, or copying
them into a keyring of one's own, does not make them pass outside the demo.
"""

from collections.abc import Iterable
from typing import Final

from cardserver.domain.keys import LABELS, EstateId, KeyPurpose

DEMO_ESTATE: Final = EstateId("DEMO")
DEMO_PASSPHRASE: Final = "yika-demo-yika-demo"  # noqa: S105 - published on purpose

_BEGINNINGS: Final = {
    purpose: f"demo{label.decode():-<8} ".encode() for purpose, label in LABELS.items()
}


def demo_master(purpose: KeyPurpose, version: int) -> bytes:
    """16 readable bytes, e.g. ``demoCL-READ- 001``."""
    return _BEGINNINGS[purpose] + f"{version:03d}".encode()


def demo_signing_key(version: int) -> bytes:
    """The 32 bytes of the demo's Ed25519 private key."""
    return f"yika demo signing key, vers. {version:03d}".encode()


def any_demo(masters: Iterable[bytes]) -> bool:
    """True when one of the masters is a demo key, of whatever purpose and version."""
    beginnings = tuple(_BEGINNINGS.values())
    return any(master.startswith(beginnings) for master in masters)
