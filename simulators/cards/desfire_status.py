"""Status codes and generations of MIFARE DESFire (NXP MF3ICDx21_41_81, MF3DX2_MF3DHX2_SDS)."""

from enum import IntEnum, StrEnum, unique


@unique
class Status(IntEnum):
    """The second status byte after 91."""

    OK = 0x00
    NO_CHANGES = 0x0C
    OUT_OF_MEMORY = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH = 0x7E
    PERMISSION = 0x9D
    PARAMETER = 0x9E
    NO_APPLICATION = 0xA0
    AUTHENTICATION = 0xAE
    MORE = 0xAF
    BOUNDARY = 0xBE
    ABORTED = 0xCA
    COUNT = 0xCE
    DUPLICATE = 0xDE
    NO_FILE = 0xF0


class Refused(Exception):
    """The command ends with this status, and the authentication with it."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


def demand(condition: object, status: Status) -> None:
    """Refuse with `status` unless the condition holds."""
    if not condition:
        raise Refused(status)


@unique
class Generation(StrEnum):
    """Generations that differ on the wire."""

    EV1 = "ev1"
    EV2 = "ev2"
    EV3 = "ev3"
