"""A PKCS#11 token (v2.40, 3.0 for Ed25519): AES-CMAC and signatures by keys that stay inside it.

The only module that imports python-pkcs11. Keys are found by label. All are private, sensitive and
cannot be changed; they are non-extractable, except those that every gate holds anyway: these can be
wrapped for a passing RSA key of ours (``CKM_RSA_PKCS_OAEP``). A session belongs to one process and
is used by one thread at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, Self

import pkcs11
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.rsa import decode_rsa_public_key

from cardserver.domain.sealed import WrongSecret
from cardserver.vault_store import TokenFault

_ED25519: Final = bytes.fromhex("06032B6570")
"""Object identifier 1.3.101.112 of Ed25519 (RFC 8410)."""
_PUBLIC_KEY_SIZE: Final = 32
_AES_BITS: Final = 128
_WRAPPING_BITS: Final = 3072
_WRAPPING: Final = Mechanism.RSA_PKCS_OAEP
_CLOSED: Final = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.MODIFIABLE: False,
    Attribute.SIGN: True,
    Attribute.DERIVE: False,
    Attribute.EXTRACTABLE: False,
}
_CLOSED_AES: Final = {
    **_CLOSED,
    Attribute.ENCRYPT: False,
    Attribute.DECRYPT: False,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
}


class Token:
    """A token after log-in. Every fault is a TokenFault, a refused PIN is WrongSecret."""

    __slots__ = ("_closed", "_found", "_lock", "_session", "signs")

    def __init__(self, session: Any, *, signs: bool) -> None:
        self._session = session
        self._closed = False
        self._lock = Lock()
        self._found: dict[tuple[str, ObjectClass], Any] = {}
        self.signs = signs
        """True when the token offers Ed25519 (``CKM_EDDSA``)."""

    @classmethod
    def open(cls, library: str, label: str, pin: str, *, writable: bool = False) -> Self:
        """Load the module, find the token by its label and log in as its user."""
        if not library:
            raise TokenFault(
                "these keys are in a PKCS#11 token; name the library that speaks to it"
            )
        with _faults():
            token = pkcs11.lib(library).get_token(token_label=label)
            mechanisms = token.slot.get_mechanisms()
            if Mechanism.AES_CMAC not in mechanisms:
                raise TokenFault("the token does not offer AES-CMAC (CKM_AES_CMAC)")
            session = token.open(user_pin=pin, rw=writable)
        return cls(session, signs=Mechanism.EDDSA in mechanisms)

    def close(self) -> None:
        """Log out. Safe to call twice."""
        with self._lock, _faults():
            if not self._closed:
                self._closed = True
                self._session.close()

    def cmac(self, label: str, message: bytes) -> bytes:
        """AES-CMAC under the AES key of this label."""
        with self._open_session():
            key = self._get(label, ObjectClass.SECRET_KEY)
            return bytes(key.sign(message, mechanism=Mechanism.AES_CMAC))

    def sign(self, label: str, message: bytes) -> bytes:
        """Ed25519 signature by the private key of this label."""
        with self._open_session():
            key = self._get(label, ObjectClass.PRIVATE_KEY)
            return bytes(key.sign(message, mechanism=Mechanism.EDDSA))

    def ensure_aes(self, label: str, *, exportable: bool, value: bytes | None = None) -> None:
        """Make an AES-128 key, or bring in `value`. A key of this label that is there stays.

        So a creation that broke off is finished, and a lost description finds its keys again.
        """
        with self._open_session():
            found = self._find(label, ObjectClass.SECRET_KEY)
            if found is not None:
                if value is not None:
                    raise TokenFault(f"the token has a key {label} already")
                if not exportable:
                    _require_closed(found, label)
                return
            template = {
                **_CLOSED_AES,
                Attribute.LABEL: label,
                Attribute.EXTRACTABLE: exportable,
            }
            if value is None:
                self._session.generate_key(KeyType.AES, _AES_BITS, store=True, template=template)
                return
            kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
            self._session.create_object({**kind, **template, Attribute.VALUE: value})

    def ensure_ed25519(self, label: str) -> bytes:
        """Make an Ed25519 key pair unless it is there; the raw public key, 32 bytes."""
        with self._open_session():
            public = self._find(label, ObjectClass.PUBLIC_KEY)
            if public is not None:
                _require_closed(self._get(label, ObjectClass.PRIVATE_KEY), label)
            else:
                parameters = self._session.create_domain_parameters(
                    KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True
                )
                public, _ = parameters.generate_keypair(
                    mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                    label=label,
                    store=True,
                    private_template=_CLOSED,
                )
            # Tokens disagree on whether the point is in an OCTET STRING; its end is the key.
            return bytes(public[Attribute.EC_POINT])[-_PUBLIC_KEY_SIZE:]

    def import_ed25519(self, label: str, value: bytes) -> None:
        """Bring in an Ed25519 private key of 32 bytes."""
        with self._open_session():
            if self._find(label, ObjectClass.PRIVATE_KEY) is not None:
                raise TokenFault(f"the token has a key {label} already")
            self._session.create_object(
                {
                    Attribute.CLASS: ObjectClass.PRIVATE_KEY,
                    Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
                    Attribute.EC_PARAMS: _ED25519,
                    **_CLOSED,
                    Attribute.LABEL: label,
                    Attribute.VALUE: value,
                }
            )

    def export(self, labels: Sequence[str]) -> list[bytes]:
        """The bytes of exportable AES keys, wrapped inside the token and unwrapped here."""
        ours = rsa.generate_private_key(public_exponent=65537, key_size=_WRAPPING_BITS)
        public = ours.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        with self._open_session():
            wrapping = self._session.create_object(
                {
                    **decode_rsa_public_key(public),
                    Attribute.TOKEN: False,
                    Attribute.WRAP: True,
                    Attribute.LABEL: "yika-export",
                }
            )
            try:
                keys = [self._get(label, ObjectClass.SECRET_KEY) for label in labels]
                wrapped = [wrapping.wrap_key(key, mechanism=_WRAPPING) for key in keys]
            finally:
                wrapping.destroy()
        # OAEP as PKCS#11 modules take it when no parameter is given, SHA-1: nothing leans on the
        # hash's resistance to collisions here, and SoftHSM2 knows no other.
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
        try:
            return [ours.decrypt(bytes(each), oaep) for each in wrapped]
        except ValueError:
            raise TokenFault("the token wrapped a key in a way we cannot open") from None

    @contextmanager
    def _open_session(self) -> Iterator[None]:
        with self._lock, _faults():
            if self._closed:
                raise TokenFault("the token was closed")
            yield

    def _get(self, label: str, kind: ObjectClass) -> Any:
        key = self._find(label, kind)
        if key is None:
            raise TokenFault(f"the token has no key {label}")
        return key

    def _find(self, label: str, kind: ObjectClass) -> Any:
        if (label, kind) not in self._found:
            found = self._session.get_objects({Attribute.LABEL: label, Attribute.CLASS: kind})
            keys = list(found)
            if len(keys) > 1:
                raise TokenFault(f"the token has more than one key {label}")
            if not keys:
                return None
            self._found[label, kind] = keys[0]
        return self._found[label, kind]


def _require_closed(key: Any, label: str) -> None:
    # Someone may have put a key of this name there, to take it out again later.
    if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
        raise TokenFault(f"the token's key {label} could be taken out of it; it is not used")


@contextmanager
def _faults() -> Iterator[None]:
    """End the exceptions of python-pkcs11 here."""
    try:
        yield
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
        raise WrongSecret("the token refuses this PIN") from None
    except pkcs11.PinLocked:
        raise TokenFault(
            "the token has locked its PIN; its security officer can set it anew"
        ) from None
    except pkcs11.NoSuchToken:
        raise TokenFault("no token of this name is attached") from None
    except pkcs11.UserAlreadyLoggedIn:
        raise TokenFault("another part of this program has the token open") from None
    except pkcs11.PKCS11Error as fault:
        words = str(fault) or type(fault).__name__
        raise TokenFault(f"the token cannot do it: {words}") from fault
