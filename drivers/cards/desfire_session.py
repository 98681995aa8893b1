"""A card in the field: what is selected, who is authenticated, and commands under that protection.

A session is dropped, never repaired: on any status other than 00 and AF, on an answer without its
proof, on SelectApplication, after a change of its own key, and when the reader reports anything.
A command that needs a session is not sent without one, so no key ever travels in clear
(nfc-tools/libfreefare issue 68) and no unproved answer is taken for a proved one (issue 90).
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from drivers.api.cards import SecureChannel
from drivers.api.readers import Channel
from drivers.cards.desfire_auth import (
    Challenge,
    Dialogue,
    aes_dialogue,
    ev2_first_dialogue,
    ev2_non_first_dialogue,
    factory_dialogue,
)
from drivers.cards.desfire_frames import (
    APPLICATION_NOT_FOUND,
    ILLEGAL_COMMAND,
    OK,
    SW1,
    converse,
    refusal,
    transceive,
)
from drivers.cards.desfire_messaging import Command, CommMode, Ev2Messaging, SecureMessaging
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardError,
    CardFull,
    CardIntegrityError,
    DeviceError,
)

PICC: Final = bytes(3)
SELECT_APPLICATION: Final = 0x5A


@dataclass(frozen=True, slots=True)
class _Opened:
    """The key that the running session stands on; None is the factory's DES key."""

    key_no: int
    key: bytes | None = field(repr=False)
    messaging: SecureMessaging = field(repr=False)


class Session:
    """Dialogue with one card. `secure_channel` is what AES authentications use, once known."""

    def __init__(
        self,
        channel: Channel,
        *,
        uid: bytes,
        secure_channel: SecureChannel | None = None,
        challenge: Challenge = secrets.token_bytes,
    ) -> None:
        self.secure_channel = secure_channel
        self.selected: bytes | None = None
        self.factory_key_refused = False
        self._channel = channel
        self._uid = uid
        self._challenge = challenge
        self._opened: _Opened | None = None
        self._ev2_refused = False
        self._disturbed = False

    @property
    def key_no(self) -> int | None:
        """Number of the authenticated key; None without a session."""
        return self._opened.key_no if self._opened else None

    def reset(self) -> None:
        """Power the card off and on, and forget everything but the kind of secure channel.

        Raises CardRemoved, DeviceNotFound.
        """
        self._forget()
        self._channel.reset()
        self.factory_key_refused = False
        self._disturbed = False

    def find(self, aid: bytes) -> bool:
        """Select the application (AID as on the wire, lowest byte first); False when absent.

        After a disturbance the card is reset first: it may still wait for the rest of a chain, and
        would abort the next command with CA.

        Raises:
            ApduRefused: the card refused for another reason.
        """
        if self._disturbed:
            self.reset()
        self._forget()
        try:
            self.run(Command(ins=SELECT_APPLICATION, header=aid, mode=CommMode.PLAIN, free=True))
        except ApduRefused as error:
            if error.sw == SW1 << 8 | APPLICATION_NOT_FOUND:
                return False
            raise
        self.selected = aid
        return True

    def select_picc(self) -> None:
        """Leave every application. Raises ApduRefused."""
        if self.selected != PICC and not self.find(PICC):
            raise ApduRefused(uid=self._uid, sw=SW1 << 8 | APPLICATION_NOT_FOUND)

    def authenticate_factory(self) -> None:
        """Open the card itself with the all-zero DES key.

        Raises:
            CardAuthenticationFailed: it is not a card with the factory's key. Not asked twice.
        """
        if self._stands_on(0, None):
            return
        if self.factory_key_refused:
            raise CardAuthenticationFailed("not the factory's key", uid=self._uid, key_no=0)
        self.select_picc()
        try:
            self._run_dialogue(0, None, factory_dialogue(challenge=self._challenge))
        except CardAuthenticationFailed:
            self.factory_key_refused = True
            raise

    def authenticate(self, key_no: int, key: bytes) -> None:
        """Open the selected application with an AES key; nothing is sent when it is open with it.

        EV2 is tried unless the card is known to speak EV1 only; EV1 is fallen back to on "illegal
        command" and only while nothing better has been agreed with this card.

        Raises:
            CardAuthenticationFailed: the card refused the key or could not prove it.
            CardIntegrityError: a card known to speak EV2 pretends that it does not.
        """
        if self._stands_on(key_no, key):
            return
        if self.secure_channel is SecureChannel.EV1 or self._ev2_refused:
            self._authenticate_ev1(key_no, key)
            return
        try:
            self._run_dialogue(key_no, key, self._ev2_dialogue(key_no, key))
        except ApduRefused as error:
            if error.sw != SW1 << 8 | ILLEGAL_COMMAND:
                raise
            self._fall_back()
            self._authenticate_ev1(key_no, key)
        else:
            self.secure_channel = SecureChannel.EV2

    def opens(self, key_no: int, key: bytes) -> bool:
        """Whether the card takes this AES key; the session is open with it if so."""
        try:
            self.authenticate(key_no, key)
        except CardAuthenticationFailed:
            return False
        return True

    def run(self, command: Command) -> bytes:
        """Send a command under the session's protection and return the proved data of the answer.

        Raises:
            CardAuthenticationFailed: there is no session, or its key may not do this.
            CardIntegrityError: the answer is not proved.
            CardFull, ApduRefused: the card refused.
            CardRemoved, DeviceTimeout, DeviceNotFound, FrameError: from the reader.
        """
        if self._opened is None and not command.free:
            raise CardAuthenticationFailed("not authenticated", uid=self._uid)
        if command.ends_session:
            self.factory_key_refused = False
        try:
            answer = self._run(command, self._opened.messaging if self._opened else None)
        except DeviceError as error:
            self._fail(error)
            raise
        if command.ends_session:
            self._opened = None
        return answer

    def _run(self, command: Command, messaging: SecureMessaging | None) -> bytes:
        payload = messaging.wrap(command) if messaging else command.header + command.data
        status, answer = transceive(self._channel, command.ins, payload)
        if status != OK:
            raise refusal(status, key_no=-1 if self.key_no is None else self.key_no)
        return messaging.unwrap(command, answer) if messaging else answer

    def _authenticate_ev1(self, key_no: int, key: bytes) -> None:
        self._run_dialogue(key_no, key, aes_dialogue(key_no, key, challenge=self._challenge))
        self.secure_channel = SecureChannel.EV1

    def _ev2_dialogue(self, key_no: int, key: bytes) -> Dialogue:
        running = self._opened.messaging if self._opened else None
        if isinstance(running, Ev2Messaging):
            return ev2_non_first_dialogue(key_no, key, running, challenge=self._challenge)
        return ev2_first_dialogue(key_no, key, challenge=self._challenge)

    def _fall_back(self) -> None:
        if self.secure_channel is SecureChannel.EV2:
            raise CardIntegrityError(
                "a card that speaks EV2 secure messaging refused it now", uid=self._uid
            )
        self._ev2_refused = True

    def _run_dialogue(self, key_no: int, key: bytes | None, dialogue: Dialogue) -> None:
        self._opened = None
        try:
            messaging = converse(self._channel, dialogue, key_no=key_no)
        except DeviceError as error:
            self._fail(error)
            raise
        self._opened = _Opened(key_no, key, messaging)

    def _stands_on(self, key_no: int, key: bytes | None) -> bool:
        opened = self._opened
        return opened is not None and opened.key_no == key_no and opened.key == key

    def _fail(self, error: DeviceError) -> None:
        """Drop the session; what is not a plain no of the card also forgets the selection."""
        self._opened = None
        if not _is_refusal(error):
            self.selected = None
            self._disturbed = True
        if isinstance(error, CardError) and not error.uid:
            error.uid = self._uid

    def _forget(self) -> None:
        self._opened = None
        self.selected = None


def _is_refusal(error: DeviceError) -> bool:
    """Whether the card itself ended the command, with a status byte of its own."""
    if isinstance(error, ApduRefused):
        return error.sw >> 8 == SW1
    return isinstance(error, CardAuthenticationFailed | CardFull)
