"""What the providers sign and seal, computed with their own keys.

WeChat Pay, API v3: RSA-SHA256 (PKCS#1 v1.5) over lines that each end with a line feed; notices
sealed with AES-256-GCM. Alipay: RSA2, the same signature over ``name=value`` pairs in the order of
their names, joined by ``&``, or over the exact characters of an answer's object.

Judged by strangers: Tencent's wechatpay-go (commit 6dbd7ce) publishes a key with the signature it
must give (core/auth/signers), a sealed text (utils) and a whole signed notice (core/notify);
wechatpayv3 and python-alipay-sdk, unchanged, prove and open what is made here
(``tests/unit/simulators/payments``); so did Alipay's own alipay-sdk-python 3.7.1411, once, by hand.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

KEY_BITS: Final = 2048
_EXPONENT: Final = 65537


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Both sides' keys with both providers, and a stranger's."""

    merchant: rsa.RSAPrivateKey = field(repr=False)
    wechat: rsa.RSAPrivateKey = field(repr=False)
    app: rsa.RSAPrivateKey = field(repr=False)
    alipay: rsa.RSAPrivateKey = field(repr=False)
    stranger: rsa.RSAPrivateKey = field(repr=False)


@cache
def own_keys() -> Keys:
    """Keys made at random, once in a process: they take a quarter of a second."""
    made = [rsa.generate_private_key(_EXPONENT, KEY_BITS) for _ in range(5)]
    return Keys(merchant=made[0], wechat=made[1], app=made[2], alipay=made[3], stranger=made[4])


def signature(key: rsa.RSAPrivateKey, message: str) -> str:
    """RSA-SHA256 in base64."""
    return base64.b64encode(key.sign(message.encode(), PKCS1v15(), SHA256())).decode("ascii")


def proves(key: rsa.RSAPublicKey, message: str, signed: str) -> bool:
    """Whether the signature in base64 is of that key."""
    try:
        key.verify(base64.b64decode(signed, validate=True), message.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def wechat_lines(*lines: str) -> str:
    """What WeChat Pay signs: each line with its line feed."""
    return "".join(f"{line}\n" for line in lines)


def alipay_pairs(fields: Mapping[str, str]) -> str:
    """What Alipay signs of a request or notice; the signature itself and empty values are out."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])


def sealed(key: str, nonce: str, associated: str, plain: str) -> str:
    """AES-GCM of a notice's resource, with its tag, in base64."""
    box = AESGCM(key.encode()).encrypt(nonce.encode(), plain.encode(), associated.encode())
    return base64.b64encode(box).decode("ascii")


def compact(value: object) -> str:
    """JSON as the providers write it: no spaces, hanzi as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def private_text(key: rsa.RSAPrivateKey) -> str:
    """PKCS#8 in PEM."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode("ascii")


def public_text(key: rsa.RSAPrivateKey) -> str:
    """The public half as SubjectPublicKeyInfo in PEM."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")
