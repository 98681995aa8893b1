"""What a DESFire card is to us, and which of several keys it holds now.

A card that left the field while a key was changed holds the old key or the new one. The journal
says which keys can be there at all; asking the card decides. The factory's DES key is asked for
only where our application is absent: we never give it back to a card that still has one.
"""

from collections.abc import Sequence
from typing import Final

from drivers.api.cards import CardState, KeyRole, KeySet, StepState
from drivers.cards.desfire_commands import read_data
from drivers.cards.desfire_frames import FILE_NOT_FOUND, SW1
from drivers.cards.desfire_layout import (
    AID,
    APPLICATION_FACTORY_KEY,
    FILE,
    FILES,
    KEY_NUMBERS,
    MASTER_KEY,
)
from drivers.cards.desfire_session import Session
from drivers.errors import ApduRefused, CardAuthenticationFailed, CardForeign

PiccKey = bytes | None
FACTORY_PICC_KEY: Final = None


def find_state(session: Session, keys: KeySet) -> CardState:
    """Blank, ours, half keyed or foreign, judged by the keys in `keys`; changes nothing.

    OURS means that every key at hand opens its part and that the files are there.
    """
    if session.find(AID):
        return _state_with_application(session, keys)
    if _opens_picc(session, FACTORY_PICC_KEY):
        return CardState.BLANK
    if KeyRole.DESFIRE_PICC in keys and _opens_picc(session, keys[KeyRole.DESFIRE_PICC]):
        return CardState.HALF_KEYED
    return CardState.FOREIGN


def _state_with_application(session: Session, keys: KeySet) -> CardState:
    # The master key first and the reading key last, so that the files can be tried at once.
    roles = [KeyRole.DESFIRE_APP, KeyRole.DESFIRE_WRITE, KeyRole.DESFIRE_READ]
    opened = [session.opens(KEY_NUMBERS[role], keys[role]) for role in roles if role in keys]
    complete = all(opened) and (KeyRole.DESFIRE_READ not in keys or _has_files(session))
    if KeyRole.DESFIRE_PICC in keys:
        opened.append(_opens_picc(session, keys[KeyRole.DESFIRE_PICC]))
    if not any(opened):
        return CardState.FOREIGN
    return CardState.OURS if complete and all(opened) else CardState.HALF_KEYED


def _has_files(session: Session) -> bool:
    try:
        for file_no in FILES:
            read_data(session, file_no, offset=0, length=1, mode=FILE.mode)
    except ApduRefused as error:
        if error.sw == SW1 << 8 | FILE_NOT_FOUND:
            return False
        raise
    return True


def open_picc(session: Session, candidates: Sequence[PiccKey], *, uid: bytes) -> PiccKey:
    """Open the card itself with the first of these keys that it takes, and say which.

    Raises:
        CardForeign: it takes none of them.
    """
    for key in candidates:
        if _opens_picc(session, key):
            return key
    raise CardForeign("none of our keys opens this card", uid=uid)


def _opens_picc(session: Session, key: PiccKey) -> bool:
    session.select_picc()
    if key is not None:
        return session.opens(MASTER_KEY, key)
    try:
        session.authenticate_factory()
    except CardAuthenticationFailed:
        return False
    return True


def picc_candidates(
    step: StepState | None, new: bytes, previous: bytes | None, *, has_application: bool
) -> Sequence[PiccKey]:
    """Keys that the card itself may hold in this state of its step, the likeliest first."""
    if step is StepState.DONE:
        return [new]
    factory: list[PiccKey] = [] if has_application else [FACTORY_PICC_KEY]
    older: list[PiccKey] = [] if previous is None else [previous]
    ordered = [new, *older, *factory] if step is StepState.BEGUN else [*factory, *older, new]
    return list(dict.fromkeys(ordered))


def application_candidates(
    step: StepState | None, new: bytes, previous: bytes | None
) -> Sequence[bytes]:
    """Keys that a key of our application may be in this state of its step, the likeliest first."""
    if step is StepState.DONE:
        return [new]
    older = [] if previous is None else [previous]
    ordered = [new, *older] if step is StepState.BEGUN else [*older, new]
    return list(dict.fromkeys([*ordered, APPLICATION_FACTORY_KEY]))
