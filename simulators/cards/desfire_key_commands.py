"""Commands about keys and their settings (NXP MF3ICDx21_41_81; AN12196 for EV2 messaging)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulators.cards.desfire_command import Answer, Spec
from simulators.cards.desfire_crypto import KEY_SIZE, Key, KeyKind, exclusive_or
from simulators.cards.desfire_memory import KIND_OF_BITS, Picc, Setting
from simulators.cards.desfire_session import Mode, Session
from simulators.cards.desfire_status import Refused, Status, demand

CHANGE_KEY: Final = 0xC4
EACH_ITSELF: Final = 0xE
FROZEN: Final = 0xF


def get_key_version(picc: Picc, data: bytes) -> Answer:
    """Version of one key; free for all."""
    number = data[0] & 0x0F
    demand(number < len(picc.application.keys), Status.NO_SUCH_KEY)
    return bytes([picc.application.keys[number].version])


def get_key_settings(picc: Picc, _: bytes) -> Answer:
    """Both settings bytes."""
    picc.demand_master(unless=Setting.FREE_LIST)
    return bytes([picc.application.settings, picc.application.settings_2])


def change_key_settings(picc: Picc, data: bytes) -> Answer:
    """Replace the first settings byte; at card level its high nibble stays zero."""
    picc.demand_master()
    demand(picc.application.allows(Setting.SETTINGS_CHANGEABLE), Status.PERMISSION)
    picc.application.settings = data[0] & 0x0F if picc.at_picc_level else data[0]
    return b""


def change_key(picc: Picc, data: bytes) -> Answer:
    """Replace a key of this level. At card level the top bits of its number give the new type."""
    session = picc.session
    if session is None:
        raise Refused(Status.AUTHENTICATION)
    number, kind = _target(picc, data[0])
    _demand_right(picc, number, session.key_no)
    cryptogram = _Cryptogram(data[0], data[1:], session)
    application = picc.application
    own = number == session.key_no
    new = cryptogram.new_key(kind, None if own else application.keys[number])
    application.keys[number] = new
    application.kind = kind
    if own:
        picc.session = None
    return b""


def _target(picc: Picc, number: int) -> tuple[int, KeyKind]:
    if not picc.at_picc_level:
        demand(number < len(picc.application.keys), Status.NO_SUCH_KEY)
        return number, picc.application.kind
    kind = KIND_OF_BITS.get(number & 0xC0)
    if kind is None:
        raise Refused(Status.PARAMETER)
    demand(number & 0x3F == 0, Status.NO_SUCH_KEY)
    return 0, kind


def _demand_right(picc: Picc, number: int, authenticated: int) -> None:
    changer = picc.application.settings >> 4
    if number == 0:
        demand(picc.application.allows(Setting.MASTER_KEY_CHANGEABLE), Status.PERMISSION)
        needed = 0
    elif changer == FROZEN:
        raise Refused(Status.PERMISSION)
    elif changer == EACH_ITSELF:
        needed = number
    else:
        # The change key itself is changed by the master key.
        needed = 0 if number == changer else changer
    demand(authenticated == needed, Status.AUTHENTICATION)


@dataclass(frozen=True, slots=True)
class _Cryptogram:
    """What ChangeKey carries, deciphered: key, version (AES), check sums, padding."""

    number: int
    plain: bytes
    session: Session

    def new_key(self, kind: KeyKind, old: Key | None) -> Key:
        """The new key; `old` is the one it was masked with, unless it changes itself."""
        size = KEY_SIZE[kind]
        body = size + (1 if kind is KeyKind.AES else 0)
        value, rest = self.plain[:size], self.plain[body:]
        demand(len(self.plain) >= body, Status.LENGTH)
        version = self.plain[size] if kind is KeyKind.AES else 0
        prefix = bytes([CHANGE_KEY, self.number])
        rest = _strip(rest, self.session.cryptogram_check(prefix, self.plain[:body]))
        if old is not None:
            value = exclusive_or(value, old.value)
            rest = _strip(rest, self.session.key_check(value))
        demand(not any(rest), Status.INTEGRITY)
        return Key(kind, value, version)


def _strip(rest: bytes, expected: bytes) -> bytes:
    demand(rest.startswith(expected), Status.INTEGRITY)
    return rest[len(expected) :]


COMMANDS: Final[Mapping[int, Spec]] = {
    0x64: Spec(run=get_key_version, lengths={1}),
    0x45: Spec(run=get_key_settings, lengths={0}),
    0x54: Spec(run=change_key_settings, lengths={1}, request=Mode.FULL),
    CHANGE_KEY: Spec(run=change_key, lengths=range(17, 64), header=1, request=Mode.CRYPTOGRAM),
}
