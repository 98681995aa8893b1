"""Where our records lie on a DESFire card, and who may do what there.

    card (PICC)          AES key DESFIRE_PICC; without it nobody lists, creates or deletes
    application F51E50   three AES keys; without key 0 nobody lists, creates or deletes
      key 0  DESFIRE_APP    changes all keys and the files' rights
      key 1  DESFIRE_READ   reads both files
      key 2  DESFIRE_WRITE  writes both files, cannot read them
      file 0, file 1        backup data files of 84 bytes, MACed: slot 0 and slot 1

The AID follows NXP AN10787: F, a MAD number, a serial nibble. MAD number 51E5 lies in the cluster
of access control (51) and is not in the public list of given-out numbers; it is not registered.
An estate with a number of its own changes `AID` here before its first card.

Key settings (KS1): bit 0 master key changeable, 1 listing free, 2 creating and deleting free,
3 settings changeable; the high nibble of an application's is the key that changes keys (0).
The settings stay changeable, by the master keys only, so that a card can be brought back to its
factory state.
"""

from typing import Final

from drivers.api.cards import KeyRole
from drivers.cards.desfire_commands import DataFile
from drivers.cards.desfire_messaging import CommMode

AID: Final = bytes.fromhex("501EF5")  # F51E50, lowest byte first
SLOT_SIZE: Final = 84
FILES: Final = (0, 1)

MASTER_KEY: Final = 0
READ_KEY: Final = 1
WRITE_KEY: Final = 2
_NOBODY: Final = 0xF
KEY_NUMBERS: Final = {
    KeyRole.DESFIRE_APP: MASTER_KEY,
    KeyRole.DESFIRE_READ: READ_KEY,
    KeyRole.DESFIRE_WRITE: WRITE_KEY,
}
APPLICATION_FACTORY_KEY: Final = bytes(16)  # what the card gives every key of a new application

PICC_SETTINGS: Final = 0x09
PICC_FACTORY_SETTINGS: Final = 0x0F
APPLICATION_SETTINGS: Final = 0x09
APPLICATION_KEYS: Final = 0x80 | len(KEY_NUMBERS)  # bits 7 and 6: AES

FILE: Final = DataFile(
    mode=CommMode.MAC, access=(READ_KEY, WRITE_KEY, _NOBODY, MASTER_KEY), size=SLOT_SIZE
)

# An estimate on the safe side: memory is given out in blocks of 32 bytes and a backup file takes
# its data twice, so 2 files x (2 x 96 + 32), and about 192 for the application with its keys. The
# card's own answer to CreateApplication has the last word.
NEEDED_BYTES: Final = 640
