"""Who signed: a gate's request is taken once, fresh, from a key on file that is not revoked.

The signature is proven before anything else is looked at. Only then is the time compared, and what
goes wrong there is told in an answer that is signed itself: a gate whose clock stopped learns from
it what time it is and asks again.
"""

from dataclasses import replace

from cardserver.db.gatebooks import has_signed, signing
from cardserver.domain.gatesignature import (
    FRESH,
    AnswerSeal,
    Credential,
    GateSignatureInvalid,
    SignedRequest,
    check,
)
from cardserver.services.errors import GateRefused, NotSignedOn
from cardserver.services.turn import Caller, Estate, latest, looking


def sign_on_gate(
    estate: Estate, credential: Credential, *, method: str, target: str, body: bytes
) -> Caller:
    """The gate that signed this request.

    Raises NotSignedOn for a key that is not on file or a signature that doesn't fit, and
    GateRefused ``revoked``, ``not-fresh``, ``replayed``.
    """
    with looking(estate) as connection:
        found = signing(connection, estate.site, credential.station, credential.key_id)
    if found is None:
        raise NotSignedOn
    request = SignedRequest(
        site=estate.site,
        station=credential.station,
        key_id=credential.key_id,
        at=credential.at,
        nonce=credential.nonce,
        record_keys=credential.record_keys,
        method=method,
        target=target,
        body=body,
    )
    try:
        check(found.public_key, request.message(), credential.signature)
    except GateSignatureInvalid:
        raise NotSignedOn from None
    if found.revoked_at is not None:
        raise GateRefused("revoked", "this gate's key was revoked", proven=True)
    now = latest(found.floor, estate.clock())
    began = estate.gates.nonces.began(now)
    if abs(now - credential.at) > FRESH or credential.at < began:
        raise GateRefused("not-fresh", "signed too long ago, or ahead of time", proven=True)
    if not estate.gates.nonces.take(credential.nonce, credential.at + FRESH, now):
        raise GateRefused("replayed", "this request was taken before", proven=True)
    return Caller(station=credential.station, kind=found.kind)


def check_may_use_token(estate: Estate, caller: Caller) -> None:
    """A gate's token is good only where the estate still lets such gates in, and never for one
    that has a key. Raises GateRefused ``sign``.
    """
    with looking(estate) as connection:
        signs = has_signed(connection, estate.site, caller.station)
    if signs or not estate.bearer_gates:
        raise GateRefused("sign", "gates sign their requests: see yika gates enrol")


def seal_answer(
    estate: Estate, credential: Credential, *, target: str, status: int, body: bytes
) -> AnswerSeal:
    """Sign the answer to a gate's request, with the newest key that this gate knows.

    Raises VaultError where the keys are out of reach.
    """
    known = {each.version for each in estate.vault.versions()}
    usable = [version for version in known if version <= credential.record_keys]
    seal = AnswerSeal(
        site=estate.site,
        station=credential.station,
        nonce=credential.nonce,
        target=target,
        at=estate.clock(),
        key_version=max(usable, default=min(known)),
        status=status,
    )
    return replace(seal, signature=estate.vault.sign(seal.message(body), seal.key_version))
