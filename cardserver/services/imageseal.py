"""Sealing pictures of papers: AES-128-GCM, a key of its own for every picture.

The key comes from the vault by the picture's id and key version and is kept nowhere. Each part has
a nonce of its own, and is bound to its place, its picture and the person the picture is of: nothing
can be put elsewhere, left out or taken from another picture unseen.
"""

import secrets
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cardserver.db.tables_images import PaperImageRow
from cardserver.services.errors import Conflict
from cardserver.vault import Vault

_NONCE_SIZE: Final = 12


def seal_part(vault: Vault, row: PaperImageRow, part: int, data: bytes) -> bytes:
    """Nonce, ciphertext and tag of one part. Raises VaultError."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return nonce + _cipher(vault, row).encrypt(nonce, data, _bound_to(row, part))


def open_part(vault: Vault, row: PaperImageRow, part: int, sealed: bytes) -> bytes:
    """The part again. Raises Conflict ``image-damaged``, VaultError."""
    nonce, rest = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
    try:
        return _cipher(vault, row).decrypt(nonce, rest, _bound_to(row, part))
    except (InvalidTag, ValueError):
        raise Conflict("image-damaged", "a stored picture was changed from outside") from None


def open_all(vault: Vault, row: PaperImageRow, parts: Mapping[int, bytes]) -> bytes:
    """The picture from all its sealed parts. Raises Conflict ``image-damaged``, VaultError."""
    return b"".join(open_part(vault, row, part, parts[part]) for part in sorted(parts))


def _cipher(vault: Vault, row: PaperImageRow) -> AESGCM:
    return AESGCM(vault.image_key(UUID(row.id).bytes, row.key_version))


def _bound_to(row: PaperImageRow, part: int) -> bytes:
    facts = ("yika-image-1", row.id, row.holder_id, row.paper, row.kind, row.size, row.parts, part)
    return "|".join(map(str, facts)).encode()
