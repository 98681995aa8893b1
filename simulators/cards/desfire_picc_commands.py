"""Commands about the card and its applications (NXP MF3ICDx21_41_81, MF3DX2_MF3DHX2_SDS)."""

from collections.abc import Mapping
from typing import Final

from simulators.cards.desfire_command import Answer, Spec
from simulators.cards.desfire_crypto import KEY_SIZE, Key
from simulators.cards.desfire_memory import (
    KIND_OF_BITS,
    PICC_LEVEL,
    Application,
    Picc,
    Setting,
)
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Generation, Refused, Status, demand

EV1_APPLICATIONS: Final = 28
MOST_KEYS: Final = 14
CONFIGURATION_LENGTHS: Final = {2, 26, *range(3, 23)}  # options 00, 01 and 02

_HARDWARE: Final = {
    Generation.EV1: (b"\x04\x01\x01\x01\x00", b"\x04\x01\x01\x01\x04"),
    Generation.EV2: (b"\x04\x01\x01\x12\x00", b"\x04\x01\x01\x02\x01"),
    Generation.EV3: (b"\x04\x01\x01\x33\x00", b"\x04\x01\x01\x03\x00"),
}
_ISO_14443_PROTOCOL: Final = 0x05


def get_version(picc: Picc, _: bytes) -> Answer:
    """Hardware, software, production: three frames. Under a random ID only a session sees it."""
    tail = bytes([picc.storage, _ISO_14443_PROTOCOL])
    hardware, software = _HARDWARE[picc.generation]
    hidden = picc.random_id and picc.session is None
    uid = bytes(7) if hidden else picc.uid
    return [hardware + tail, software + tail, uid + picc.production]


def get_card_uid(picc: Picc, _: bytes) -> Answer:
    """The true identifier, enciphered."""
    demand(picc.session is not None, Status.AUTHENTICATION)
    return picc.uid


def free_memory(picc: Picc, _: bytes) -> Answer:
    """Bytes left, three bytes."""
    return picc.free.to_bytes(3, "little")


def format_picc(picc: Picc, _: bytes) -> Answer:
    """Delete every application and give all memory back; the master key and settings stay."""
    picc.demand_level(picc=True)
    picc.demand_master()
    demand(not picc.format_disabled, Status.PERMISSION)
    picc.applications.clear()
    picc.lost = 0
    return b""


def set_configuration(picc: Picc, data: bytes) -> Answer:
    """Options 00 (format off, random ID), 01 (default key), 02 (ATS, taken and ignored)."""
    picc.demand_level(picc=True)
    picc.demand_master()
    option, value = data[0], data[1:]
    match option, len(value):
        case 0x00, 1:
            picc.format_disabled |= bool(value[0] & 1)
            picc.random_id |= bool(value[0] & 2)
        case 0x01, 25:
            picc.default_key, picc.default_version = value[:24], value[24]
        case 0x02, _:
            demand(value and value[0] == len(value), Status.LENGTH)
        case ((0x00 | 0x01), _):
            raise Refused(Status.LENGTH)
        case _:
            raise Refused(Status.PARAMETER)
    return b""


def get_application_ids(picc: Picc, _: bytes) -> Answer:
    """Identifiers in order of creation, up to 19 in a frame."""
    picc.demand_level(picc=True)
    picc.demand_master(unless=Setting.FREE_LIST)
    return b"".join(picc.applications)


def get_df_names(picc: Picc, _: bytes) -> Answer:
    """AID, ISO file identifier and DF name of each application that has them, a frame each."""
    picc.demand_level(picc=True)
    picc.demand_master(unless=Setting.FREE_LIST)
    return [
        each.aid + each.iso_id + each.df_name for each in picc.applications.values() if each.iso_id
    ] or b""


def select_application(picc: Picc, data: bytes) -> Answer:
    """Select by AID; ends session and transaction."""
    aid = data[:3]
    picc.select(PICC_LEVEL)
    demand(aid == PICC_LEVEL or aid in picc.applications, Status.NO_APPLICATION)
    picc.select(aid)
    return b""


def create_application(picc: Picc, data: bytes) -> Answer:
    """AID(3) settings(1) settings 2(1), optionally ISO identifier(2) and DF name(1 to 16)."""
    picc.demand_level(picc=True)
    picc.demand_master(unless=Setting.FREE_CREATE)
    application = _parse_application(picc, data)
    others = picc.applications.values()
    iso_id, name = application.iso_id, application.df_name
    demand(application.aid not in picc.applications, Status.DUPLICATE)
    demand(not iso_id or all(each.iso_id != iso_id for each in others), Status.DUPLICATE)
    demand(not name or all(each.df_name != name for each in others), Status.DUPLICATE)
    full = picc.generation is Generation.EV1 and len(others) >= EV1_APPLICATIONS
    demand(not full, Status.COUNT)
    picc.demand_room(application.cost)
    picc.applications[application.aid] = application
    return b""


def _parse_application(picc: Picc, data: bytes) -> Application:
    aid, settings, settings_2 = data[:3], data[3], data[4]
    count, kind = settings_2 & 0x0F, KIND_OF_BITS.get(settings_2 & 0xC0)
    demand(aid != PICC_LEVEL, Status.DUPLICATE)
    demand(count <= MOST_KEYS and not settings_2 & 0x10, Status.PARAMETER)
    demand(len(data) != 6, Status.LENGTH)
    if kind is None:
        raise Refused(Status.PARAMETER)
    first = Key(kind, picc.default_key[: KEY_SIZE[kind]], picc.default_version)
    return Application(
        aid=aid,
        settings=settings,
        kind=kind,
        keys=[first] * count,
        iso_files=bool(settings_2 & 0x20),
        iso_id=data[5:7],
        df_name=data[7:],
    )


def delete_application(picc: Picc, data: bytes) -> Answer:
    """At card level with the card's master key, or from inside with the application's own."""
    demand(data in picc.applications, Status.NO_APPLICATION)
    if not picc.at_picc_level:
        demand(data == picc.selected, Status.PERMISSION)
        demand(picc.master.allows(Setting.FREE_CREATE), Status.AUTHENTICATION)
    picc.demand_master()
    gone = picc.applications.pop(data)
    if picc.generation is Generation.EV1:
        picc.lost += gone.cost + gone.spent
    if data == picc.selected:
        picc.select(PICC_LEVEL)
    return b""


COMMANDS: Final[Mapping[int, Spec]] = {
    0x60: Spec(run=get_version, lengths={0}),
    0x51: Spec(run=get_card_uid, lengths={0}, response=Mode.FULL),
    0x6E: Spec(run=free_memory, lengths={0}),
    0xFC: Spec(run=format_picc, lengths={0}),
    0x5C: Spec(run=set_configuration, lengths=CONFIGURATION_LENGTHS, header=1, request=Mode.FULL),
    0x6A: Spec(run=get_application_ids, lengths={0}, unit=3),
    0x6D: Spec(run=get_df_names, lengths={0}),
    0x5A: Spec(run=select_application, lengths={3}, request=Mode.PLAIN),
    0xCA: Spec(run=create_application, lengths=range(5, 24)),
    0xDA: Spec(run=delete_application, lengths={3}),
}
