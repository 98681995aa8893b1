"""Personalising a DESFire card, step by step and resumable after a tear at any exchange.

    picc-key        the card's own key: factory DES or the previous AES key -> the new AES key
    picc-settings   nobody without that key lists, creates or deletes applications
    application     our application, created with the factory's AES keys
    app-key-2, -1   writing and reading key, changed under the application's master key
    app-key-0       the master key itself; from here on no default key is left
    file-0, file-1  only now is there a place for a record

A step is recorded BEGUN before its exchange and DONE once the card has proved it. Where a step
was begun, the card is asked which key it holds (`drivers.cards.desfire_state`). The keys that
EV2 and EV3 keep for delegated applications and virtual cards are out of use until somebody who
holds the card's own key sets them; they are left so.
"""

from dataclasses import dataclass
from typing import Final

from drivers.api.cards import DESFIRE_KINDS, KeyingJournal, KeyRole, KeySet, StepState
from drivers.cards.desfire_commands import (
    change_key,
    change_key_settings,
    change_picc_key,
    create_application,
    create_backup_data_file,
    free_memory,
    get_backup_data_file,
    get_file_ids,
    get_version,
)
from drivers.cards.desfire_layout import (
    AID,
    APPLICATION_FACTORY_KEY,
    APPLICATION_KEYS,
    APPLICATION_SETTINGS,
    FILE,
    FILES,
    KEY_NUMBERS,
    MASTER_KEY,
    NEEDED_BYTES,
    PICC_SETTINGS,
)
from drivers.cards.desfire_session import Session
from drivers.cards.desfire_state import (
    FACTORY_PICC_KEY,
    application_candidates,
    open_picc,
    picc_candidates,
)
from drivers.errors import CardForeign, CardFull, CardUnsupported

PICC_KEY_STEP: Final = "picc-key"
PICC_SETTINGS_STEP: Final = "picc-settings"
APPLICATION_STEP: Final = "application"


def personalise(
    session: Session,
    keys: KeySet,
    journal: KeyingJournal,
    *,
    uid: bytes,
    previous: KeySet | None = None,
) -> None:
    """Bring a blank card, or one keyed with `previous`, to `keys`; resume where it broke off.

    Raises:
        CardForeign: the card holds neither factory keys nor any of ours. It was not changed.
        CardUnsupported: it shows readers another UID than its own. It was not changed.
        CardFull: there is no room for our application.
        CardRemoved, CardIntegrityError, ApduRefused, DeviceTimeout: the work broke off.
        KeyError: `keys` lacks one of the four keys.
    """
    keying = _Keying(session=session, keys=keys, journal=journal, previous=previous, uid=uid)
    has_application = session.find(AID)
    keying.key_card(has_application=has_application)
    try:
        if not has_application:
            keying.create_application()
        keying.key_application(fresh=not has_application)
        keying.create_files(fresh=not has_application)
    except CardFull as error:
        error.needed_bytes = NEEDED_BYTES
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keying:
    session: Session
    keys: KeySet
    journal: KeyingJournal
    previous: KeySet | None
    uid: bytes

    def key_card(self, *, has_application: bool) -> None:
        new = self.keys[KeyRole.DESFIRE_PICC]
        candidates = picc_candidates(
            self.journal.state(PICC_KEY_STEP),
            new,
            self._older(KeyRole.DESFIRE_PICC),
            has_application=has_application,
        )
        key = open_picc(self.session, candidates, uid=self.uid)
        if key is FACTORY_PICC_KEY:
            _require_room(self.session, self.uid)
        if key != new:
            self._begin(PICC_KEY_STEP)
            change_picc_key(self.session, new, version=self.keys.version)
            self.session.authenticate(MASTER_KEY, new)
        self._finish(PICC_KEY_STEP)
        if self.journal.state(PICC_SETTINGS_STEP) is not StepState.DONE:
            self._begin(PICC_SETTINGS_STEP)
            change_key_settings(self.session, PICC_SETTINGS)
            self._finish(PICC_SETTINGS_STEP)

    def create_application(self) -> None:
        self._begin(APPLICATION_STEP)
        create_application(self.session, AID, settings=APPLICATION_SETTINGS, keys=APPLICATION_KEYS)
        self._finish(APPLICATION_STEP)

    def key_application(self, *, fresh: bool) -> None:
        self._finish(APPLICATION_STEP)
        self.session.find(AID)
        master = self._current(KeyRole.DESFIRE_APP, fresh=fresh)
        for role in (KeyRole.DESFIRE_WRITE, KeyRole.DESFIRE_READ):
            self._change_under_master(role, master, fresh=fresh)
        self._change_master(master)

    def create_files(self, *, fresh: bool) -> None:
        self.session.authenticate(MASTER_KEY, self.keys[KeyRole.DESFIRE_APP])
        existing = frozenset[int]() if fresh else get_file_ids(self.session)
        for file_no in FILES:
            step = f"file-{file_no}"
            if file_no not in existing:
                self._begin(step)
                create_backup_data_file(self.session, file_no, FILE)
            elif get_backup_data_file(self.session, file_no) != FILE:
                raise CardForeign("a file of our application is not of our layout", uid=self.uid)
            self._finish(step)

    def _change_under_master(self, role: KeyRole, master: bytes, *, fresh: bool) -> None:
        current, new = self._current(role, fresh=fresh), self.keys[role]
        if current != new:
            self.session.authenticate(MASTER_KEY, master)
            self._begin(_key_step(role))
            number = KEY_NUMBERS[role]
            change_key(self.session, number, new, version=self.keys.version, old=current)
        self._finish(_key_step(role))

    def _change_master(self, current: bytes) -> None:
        new = self.keys[KeyRole.DESFIRE_APP]
        if current != new:
            self.session.authenticate(MASTER_KEY, current)
            self._begin(_key_step(KeyRole.DESFIRE_APP))
            change_key(self.session, MASTER_KEY, new, version=self.keys.version)
            self.session.authenticate(MASTER_KEY, new)
        self._finish(_key_step(KeyRole.DESFIRE_APP))

    def _current(self, role: KeyRole, *, fresh: bool) -> bytes:
        """Key that the application holds now; a fresh one is not asked."""
        if fresh:
            return APPLICATION_FACTORY_KEY
        step = self.journal.state(_key_step(role))
        for key in application_candidates(step, self.keys[role], self._older(role)):
            if self.session.opens(KEY_NUMBERS[role], key):
                return key
        raise CardForeign("none of our keys opens its application", uid=self.uid)

    def _older(self, role: KeyRole) -> bytes | None:
        if self.previous is None or role not in self.previous:
            return None
        return self.previous[role]

    def _begin(self, step: str) -> None:
        self.journal.record(step, StepState.BEGUN)

    def _finish(self, step: str) -> None:
        if self.journal.state(step) is not StepState.DONE:
            self.journal.record(step, StepState.DONE)


def _key_step(role: KeyRole) -> str:
    return f"app-key-{KEY_NUMBERS[role]}"


def _require_room(session: Session, uid: bytes) -> None:
    """Look at a blank card before its first change. Keys are made from the UID, so it must hold."""
    version = get_version(session)
    if version.kind not in DESFIRE_KINDS:
        raise CardUnsupported("not a DESFire EV1, EV2 or EV3", uid=uid, name="DESFire")
    if version.uid != uid:
        raise CardUnsupported("the card shows a random UID", uid=uid, name="DESFire, random UID")
    free = free_memory(session)
    if free < NEEDED_BYTES:
        raise CardFull(
            "no room for our application", uid=uid, free_bytes=free, needed_bytes=NEEDED_BYTES
        )
