"""A DESFire's lasting memory as JSON and back."""

from collections.abc import Mapping
from typing import Any

from simulators.cards.api import CardDump
from simulators.cards.desfire_crypto import Key, KeyKind
from simulators.cards.desfire_memory import (
    Access,
    AnyFile,
    Application,
    Comm,
    DataFile,
    FileType,
    Picc,
    RecordFile,
    ValueFile,
)


def dump(picc: Picc) -> CardDump:
    """Everything that outlives the field."""
    return {
        "uid": picc.uid.hex(),
        "storage": picc.storage,
        "lost": picc.lost,
        "format_disabled": picc.format_disabled,
        "random_id": picc.random_id,
        "default_key": picc.default_key.hex(),
        "default_version": picc.default_version,
        "master": _dump_application(picc.master),
        "applications": [_dump_application(each) for each in picc.applications.values()],
    }


def load(picc: Picc, state: Mapping[str, Any]) -> None:
    """Take over what `dump` gave. Raises ValueError where something is missing or malformed."""
    try:
        master = _load_application(state["master"])
        applications = [_load_application(each) for each in state["applications"]]
        picc.storage, picc.lost = int(state["storage"]), int(state["lost"])
        picc.default_key = bytes.fromhex(state["default_key"])
        picc.default_version = int(state["default_version"])
        picc.format_disabled = bool(state["format_disabled"])
        picc.random_id = bool(state["random_id"])
    except (AttributeError, LookupError, TypeError) as malformed:
        raise ValueError(f"not a card's memory: {malformed}") from malformed
    picc.master = master
    picc.applications = {each.aid: each for each in applications}


def _dump_application(application: Application) -> CardDump:
    return {
        "aid": application.aid.hex(),
        "settings": application.settings,
        "kind": application.kind.value,
        "keys": [[key.value.hex(), key.aes_version] for key in application.keys],
        "iso_files": application.iso_files,
        "iso_id": application.iso_id.hex(),
        "df_name": application.df_name.hex(),
        "spent": application.spent,
        "files": {str(number): _dump_file(file) for number, file in application.files.items()},
    }


def _load_application(state: Mapping[str, Any]) -> Application:
    kind = KeyKind(state["kind"])
    return Application(
        aid=bytes.fromhex(state["aid"]),
        settings=int(state["settings"]),
        kind=kind,
        keys=[Key(kind, bytes.fromhex(value), version) for value, version in state["keys"]],
        iso_files=bool(state["iso_files"]),
        iso_id=bytes.fromhex(state["iso_id"]),
        df_name=bytes.fromhex(state["df_name"]),
        spent=int(state["spent"]),
        files={int(number): _load_file(file) for number, file in state["files"].items()},
    )


def _dump_file(file: AnyFile) -> CardDump:
    state: CardDump = {
        "kind": int(file.kind),
        "comm": int(file.comm),
        "access": file.access.to_bytes().hex(),
        "iso_id": file.iso_id.hex(),
    }
    match file:
        case DataFile():
            state["data"] = file.data.hex()
        case ValueFile():
            state["value"] = [file.lower, file.upper, file.value, file.limited_credit]
            state["limited_on"], state["free_get"] = file.limited_on, file.free_get
        case RecordFile():
            state["record_size"], state["capacity"] = file.record_size, file.capacity
            state["records"] = [record.hex() for record in file.records]
    return state


def _load_file(state: Mapping[str, Any]) -> AnyFile:
    kind, comm = FileType(state["kind"]), Comm(state["comm"])
    access = Access.parse(bytes.fromhex(state["access"]))
    iso_id = bytes.fromhex(state["iso_id"])
    if kind in {FileType.STANDARD, FileType.BACKUP}:
        return DataFile(kind, comm, access, iso_id, data=bytes.fromhex(state["data"]))
    if kind is FileType.VALUE:
        value = ValueFile(kind, comm, access, iso_id, *state["value"])
        value.limited_on, value.free_get = bool(state["limited_on"]), bool(state["free_get"])
        return value
    records = [bytes.fromhex(record) for record in state["records"]]
    file = RecordFile(kind, comm, access, iso_id, records=records)
    file.record_size, file.capacity = int(state["record_size"]), int(state["capacity"])
    return file
