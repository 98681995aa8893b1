"""From whatever is held to a lane's reader to a `Presented`: read one slot, verify its seal."""

from collections.abc import Mapping, Sequence

from cardserver.domain.admission import CardEntry, Presented, Problem
from cardserver.domain.errors import RecordInvalid
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.keys import VaultError
from cardserver.domain.record import Medium
from cardserver.domain.rights import SLOT_OF, RightKind
from drivers.api.cards import (
    CLASSIC_KINDS,
    Card,
    CardIdentity,
    CountingCard,
    KeyRole,
    KeySet,
    SecureChannel,
)
from drivers.api.readers import CardReader, Channel
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


def read_presented(
    reader: CardReader, right: RightKind, keys: GateKeys, cards: Cards, *, counting: bool = False
) -> Presented:
    """Read what a lane needs of the card in the field. `cards` says how each one is to be read.

    With `counting` a card that has a counter uses up a number, by which clones show up.
    Raises CardRemoved when it left too early and DeviceError when the reader fails: then there is
    nothing to decide, and the holder simply tries again.
    """
    channel = reader.connect()
    try:
        return _read(channel, right, keys, cards, counting=counting)
    finally:
        channel.close()


def _read(
    channel: Channel, right: RightKind, keys: GateKeys, cards: Cards, *, counting: bool
) -> Presented:
    identity = identify(channel)
    uid = identity.uid
    try:
        card = open_identified(channel, identity, secure_channel=_recorded_channel(cards.get(uid)))
        data, opened_with = _read_slot(card, right, keys, cards)
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
    counter = _counted(card, opened_with) if counting else None
    return Presented(uid=uid, record=record, counter=counter)


def _counted(card: Card, keys: KeySet) -> int | None:
    """The number that the card used up. Raises CardRemoved: it may have, and is shown again."""
    if not isinstance(card, CountingCard):
        return None
    try:
        return card.count_down(keys)
    except (CardAuthenticationFailed, ApduRefused):
        return None


def _read_slot(card: Card, right: RightKind, keys: GateKeys, cards: Cards) -> tuple[bytes, KeySet]:
    """The slot's bytes, and the keys that opened it."""
    identity = card.identity
    medium = medium_of(identity)
    refused: CardAuthenticationFailed | None = None
    for version in _versions(cards.get(identity.uid), keys):
        reading = {
            KeyRole(role): key
            for role, key in keys.read_keys(identity.uid, medium, version).items()
        }
        opening = KeySet(version, reading)
        try:
            return card.read_slot(SLOT_OF[right], opening), opening
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
