"""From whatever is held to a lane's reader to a `Presented`: read one slot, verify its seal."""

from collections.abc import Mapping, Sequence

from cardserver.domain.admission import CardEntry, Presented, Problem
from cardserver.domain.errors import RecordInvalid
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.keys import VaultError
from cardserver.domain.record import Medium
from cardserver.domain.rights import SLOT_OF, RightKind
from drivers.api import (
    CLASSIC_KINDS,
    Card,
    CardIdentity,
    CardReader,
    Channel,
    KeyRole,
    KeySet,
    SecureChannel,
)
from drivers.cards.opening import open_identified
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardForeign,
    CardIntegrityError,
    CardUnsupported,
    RecordTorn,
)
from drivers.identify import identify

Cards = Mapping[bytes, CardEntry]


def medium_of(identity: CardIdentity) -> Medium:
    """Card family of a supported card."""
    return Medium.CLASSIC if identity.kind in CLASSIC_KINDS else Medium.DESFIRE


def read_presented(reader: CardReader, right: RightKind, keys: GateKeys, cards: Cards) -> Presented:
    """Read what a lane needs of the card in the field. `cards` says how each one is to be read.

    Raises CardRemoved when it left too early and DeviceError when the reader fails: then there is
    nothing to decide, and the holder simply tries again.
    """
    channel = reader.connect()
    try:
        return _read(channel, right, keys, cards)
    finally:
        channel.close()


def _read(channel: Channel, right: RightKind, keys: GateKeys, cards: Cards) -> Presented:
    identity = identify(channel)
    uid = identity.uid
    try:
        card = open_identified(channel, identity, secure_channel=_recorded_channel(cards.get(uid)))
        data = _read_slot(card, right, keys, cards)
        if not data:
            return Presented(uid=uid, problem=Problem.EMPTY)
        record = keys.open_record(data, uid, medium_of(identity))
    except CardUnsupported:
        return Presented(uid=uid, problem=Problem.UNSUPPORTED)
    except (CardAuthenticationFailed, CardForeign, ApduRefused, VaultError):
        return Presented(uid=uid, problem=Problem.FOREIGN)
    except RecordTorn:
        return Presented(uid=uid, problem=Problem.TORN)
    except (RecordInvalid, CardIntegrityError):
        return Presented(uid=uid, problem=Problem.FORGED)
    return Presented(uid=uid, record=record)


def _read_slot(card: Card, right: RightKind, keys: GateKeys, cards: Cards) -> bytes:
    identity = card.identity
    medium = medium_of(identity)
    refused: CardAuthenticationFailed | None = None
    for version in _versions(cards.get(identity.uid), keys):
        reading = {
            KeyRole(role): key
            for role, key in keys.read_keys(identity.uid, medium, version).items()
        }
        try:
            return card.read_slot(SLOT_OF[right], KeySet(version, reading))
        except CardAuthenticationFailed as error:
            refused = error
    raise refused or CardForeign("no key for this card", uid=identity.uid)


def _versions(entry: CardEntry | None, keys: GateKeys) -> Sequence[int]:
    """Key versions to try: the listed one, then the newest (a card re-keyed since); no others."""
    newest = keys.versions[:1]
    if entry is None or entry.key_version not in keys.versions:
        return newest
    return tuple(dict.fromkeys((entry.key_version, *newest)))


def _recorded_channel(entry: CardEntry | None) -> SecureChannel | None:
    """The recorded secure messaging, so that a card can't be talked down."""
    name = entry.secure_channel if entry is not None else None
    return SecureChannel(name) if name else None
