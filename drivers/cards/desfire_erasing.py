"""Bringing a DESFire card back to its factory state, resumable after a tear at any exchange.

    erase                  FormatPICC, which gives the memory back; where the card carries somebody
                           else's applications too, DeleteApplication of ours, which does not
    picc-settings-factory  listing, creating and deleting free again
    picc-key-factory       the card's own key: AES -> the all-zero DES key

The key comes last: until then the card is still in our hands.
"""

from typing import Final

from drivers.api.cards import KeyingJournal, KeyRole, KeySet, StepState
from drivers.cards.desfire_commands import (
    change_key_settings,
    change_picc_key_to_factory,
    delete_application,
    format_picc,
    get_application_ids,
)
from drivers.cards.desfire_layout import AID, PICC_FACTORY_SETTINGS
from drivers.cards.desfire_session import Session
from drivers.cards.desfire_state import FACTORY_PICC_KEY, PiccKey, open_picc

ERASE_STEP: Final = "erase"
SETTINGS_STEP: Final = "picc-settings-factory"
KEY_STEP: Final = "picc-key-factory"


def erase(session: Session, keys: KeySet, journal: KeyingJournal, *, uid: bytes) -> None:
    """Erase our application and put the card back to its factory state; a blank card stays so.

    Raises:
        CardForeign: neither our key nor the factory's opens the card. It was not changed.
        CardRemoved, CardIntegrityError, ApduRefused, DeviceTimeout: the work broke off.
        KeyError: `keys` lacks the card's own key.
    """
    candidates: list[PiccKey] = [keys[KeyRole.DESFIRE_PICC]]
    if not session.find(AID):
        candidates.append(FACTORY_PICC_KEY)
    if open_picc(session, candidates, uid=uid) is not FACTORY_PICC_KEY:
        _erase_applications(session, journal)
        _restore_settings(session, journal)
        journal.record(KEY_STEP, StepState.BEGUN)
        change_picc_key_to_factory(session)
        session.authenticate_factory()
    journal.record(KEY_STEP, StepState.DONE)


def _erase_applications(session: Session, journal: KeyingJournal) -> None:
    if journal.state(ERASE_STEP) is StepState.DONE:
        return
    journal.record(ERASE_STEP, StepState.BEGUN)
    present = get_application_ids(session)
    if present <= {AID}:
        format_picc(session)
    elif AID in present:
        delete_application(session, AID)
    journal.record(ERASE_STEP, StepState.DONE)


def _restore_settings(session: Session, journal: KeyingJournal) -> None:
    if journal.state(SETTINGS_STEP) is StepState.DONE:
        return
    journal.record(SETTINGS_STEP, StepState.BEGUN)
    change_key_settings(session, PICC_FACTORY_SETTINGS)
    journal.record(SETTINGS_STEP, StepState.DONE)
