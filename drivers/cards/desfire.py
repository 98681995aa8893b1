"""MIFARE DESFire EV1, EV2 and EV3 with AES keys.

| | supported |
|---|---|
| authentication | AES EV2First and NonFirst; AES (EV1); ISO-DES under the factory's key only |
| secure messaging | EV2, else EV1; every answer must prove itself |
| slots | 0 and 1, 84 bytes each, one backup data file a slot, committed at once |
| personalising | from the factory key, or from the previous key set; resumable |
| formatting | back to the factory key and settings; resumable |

Where things lie and who may do what: `drivers.cards.desfire_layout`. A tap with a known secure
channel takes five exchanges: select, two for the authentication, two frames of MACed data.
"""

import secrets
from typing import Final

from drivers.api.cards import (
    DESFIRE_KINDS,
    CardDriver,
    CardIdentity,
    CardState,
    KeyingJournal,
    KeyRole,
    KeySet,
    SecureChannel,
)
from drivers.api.readers import Channel
from drivers.cards.desfire_auth import Challenge
from drivers.cards.desfire_commands import commit_transaction, read_data, write_data
from drivers.cards.desfire_erasing import erase
from drivers.cards.desfire_keying import personalise
from drivers.cards.desfire_layout import AID, FILE, FILES, KEY_NUMBERS, SLOT_SIZE
from drivers.cards.desfire_session import Session
from drivers.cards.desfire_state import find_state
from drivers.errors import CardAuthenticationFailed

_EMPTY: Final = bytes(SLOT_SIZE)


class DesfireCard:
    """See `drivers.api.cards.Card`. `challenge` gives RndA; only a test gives another."""

    def __init__(
        self,
        channel: Channel,
        identity: CardIdentity,
        secure_channel: SecureChannel | None = None,
        *,
        challenge: Challenge = secrets.token_bytes,
    ) -> None:
        self._identity = identity
        self._session = Session(
            channel, uid=identity.uid, secure_channel=secure_channel, challenge=challenge
        )

    @property
    def identity(self) -> CardIdentity:
        """The card as recognised."""
        return self._identity

    @property
    def slot_size(self) -> int:
        """Bytes in a filled slot."""
        return SLOT_SIZE

    @property
    def secure_channel(self) -> SecureChannel | None:
        """What AES authentications with this card use: as recorded, else as found out."""
        return self._session.secure_channel

    def state(self, keys: KeySet) -> CardState:
        """Find out whether the card is blank, ours, half keyed or foreign, changing nothing."""
        return find_state(self._session, keys)

    def read_slot(self, slot: int, keys: KeySet) -> bytes:
        """Read one slot with the reading key; ``b""`` when it is empty (all zeros).

        Raises:
            CardAuthenticationFailed: no application of ours, or the key does not open it.
            CardIntegrityError: the answer is not proved, or EV2 messaging was talked down.
            ApduRefused: the file is missing on a card whose keying broke off.
            CardRemoved, DeviceTimeout: from the reader.
        """
        file_no = _file_of(slot)
        self._open(KeyRole.DESFIRE_READ, keys)
        data = read_data(self._session, file_no, offset=0, length=SLOT_SIZE, mode=FILE.mode)
        return b"" if data == _EMPTY else data

    def write_slot(self, slot: int, data: bytes, keys: KeySet) -> None:
        """Replace the slot's bytes with the writing key; valid from CommitTransaction on.

        Raises:
            ValueError: neither empty nor 84 bytes that are not all zero.
            CardAuthenticationFailed, CardIntegrityError, ApduRefused, CardRemoved: not written,
                or not known to be; a later read gives the old or the new bytes.
        """
        file_no = _file_of(slot)
        if data and (len(data) != SLOT_SIZE or data == _EMPTY):
            raise ValueError(f"a slot takes {SLOT_SIZE} bytes that are not all zero")
        self._open(KeyRole.DESFIRE_WRITE, keys)
        write_data(self._session, file_no, data or _EMPTY, offset=0, mode=FILE.mode)
        commit_transaction(self._session)

    def personalise(
        self, keys: KeySet, journal: KeyingJournal, *, previous: KeySet | None = None
    ) -> None:
        """See `drivers.cards.desfire_keying.personalise`."""
        personalise(self._session, keys, journal, uid=self._identity.uid, previous=previous)

    def format(self, keys: KeySet, journal: KeyingJournal) -> None:
        """See `drivers.cards.desfire_erasing.erase`."""
        erase(self._session, keys, journal, uid=self._identity.uid)

    def restart(self) -> None:
        """Reset the card and forget every authentication, e.g. before an independent read-back."""
        self._session.reset()

    def _open(self, role: KeyRole, keys: KeySet) -> None:
        key_no, key = KEY_NUMBERS[role], keys[role]
        if self._session.selected != AID and not self._session.find(AID):
            raise CardAuthenticationFailed(
                "no application of ours on the card", uid=self._identity.uid, key_no=key_no
            )
        self._session.authenticate(key_no, key)


def _file_of(slot: int) -> int:
    if slot not in FILES:
        raise ValueError(f"slot {slot} does not exist")
    return slot


def _open(
    channel: Channel, identity: CardIdentity, secure_channel: SecureChannel | None
) -> DesfireCard:
    return DesfireCard(channel, identity, secure_channel)


DRIVER: Final = CardDriver(
    name="desfire",
    medium="desfire",
    kinds=DESFIRE_KINDS,
    slot_size=SLOT_SIZE,
    open=_open,
)
