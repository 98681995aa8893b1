"""What `yika doctor` sees of the keyring where it lies: never a key, and no secret is asked for.

What a sealed file says of itself stands in the open, but its key versions are sealed with the keys:
they are told where the server's settings name what opens it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cardserver.domain.finding import Finding, fine, look, wrong
from cardserver.domain.gatekeys import read_estate
from cardserver.domain.keys import EstateId, VaultError
from cardserver.domain.sealed import (
    KeyFile,
    Passphrase,
    SealedFileGarbled,
    Secret,
    WrongSecret,
    parse_frame,
    parse_json,
)
from cardserver.vault import open_vault
from cardserver.vault_disk import is_open_to_all, read_file
from cardserver.vault_file import FORMAT as FILE_FORMAT
from cardserver.vault_pkcs11 import FORMAT as TOKEN_FORMAT
from cardserver.vault_pkcs11 import decode as decode_token
from cardserver.vault_store import KeyringMissing

KEYRING: Final = "keyring"
VERSIONS: Final = "key versions"
_MAKE: Final = (
    "Is the path right, and may this account read it? A lost keyring comes back from its copy "
    "only; a new estate makes one with `yika keys init`."
)
_COPY: Final = "Put back the copy of the keyring that was kept; without one its cards are lost."
_OPENER: Final = "Name the right passphrase file or key file in the server's settings."
_PIN: Final = "Look the PIN up first: most tokens lock themselves after a few wrong tries."
_ABSENT: Final = "Plug the token in, and see that the PKCS#11 library is the one that came with it."
_LIBRARY: Final = "Name it with --pkcs11-library, or as pkcs11_library in the server's settings."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where the server's settings say that keyring and opener are."""

    keyring: Path
    passphrase_file: Path | None = None
    keyfile: Path | None = None
    pkcs11_library: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """What the file says in the open, unproven."""

    estate: EstateId
    demo: bool
    token: str | None = None
    versions: tuple[int, ...] = ()


def keyring(place: KeyPlace) -> Iterator[Finding]:
    """Is it there, whose is it, who may read it, and does it open with what is named?"""
    try:
        told = _told(read_file(place.keyring))
    except KeyringMissing as error:
        yield wrong(KEYRING, str(error), _MAKE)
        return
    except VaultError as error:
        yield wrong(KEYRING, f"{place.keyring}: {error}", _COPY)
        return
    where = "a sealed file" if told.token is None else f"its keys are in the token {told.token}"
    if told.demo:
        advice = "`yika serve` refuses them. Make the estate's own: `yika keys init`."
        yield wrong(KEYRING, f"{place.keyring} holds the published demo keys", advice)
    else:
        yield fine(KEYRING, f"{place.keyring}: estate {told.estate}, {where}")
    yield from _rights(place)
    yield from _left_behind(place.keyring)
    faults = [] if told.token is None else list(_library(place.pkcs11_library))
    yield from faults
    if not faults:
        yield from _versions(place, told)


def _told(blob: bytes) -> _Open:
    if parse_json(blob).get("format") == TOKEN_FORMAT:
        description, _ = decode_token(blob)
        return _Open(
            estate=description.estate_id,
            demo=False,
            token=description.token_label,
            versions=tuple(each.version for each in description.versions),
        )
    head = parse_frame(blob, kind=FILE_FORMAT)["head"]
    if not isinstance(head, dict):
        raise SealedFileGarbled("the file is cut off or garbled")
    return _Open(estate=read_estate(head), demo=head.get("demo") is not False)


def _rights(place: KeyPlace) -> Iterator[Finding]:
    for path in filter(None, (place.keyring, place.passphrase_file, place.keyfile)):
        if path.exists() and is_open_to_all(path):
            advice = f"Leave it to the server's account: chmod 600 {path}"
            yield wrong("who reads keys", f"every account of this machine may read {path}", advice)


def _left_behind(path: Path) -> Iterator[Finding]:
    lock = path.with_name(f"{path.name}.lock")
    if lock.exists():
        advice = f"If no `yika keys` runs, delete {lock}."
        yield look(KEYRING, "another program is changing it, or ended while it did", advice)


def _library(library: str) -> Iterator[Finding]:
    if find_spec("pkcs11") is None:
        yield wrong("token", "python-pkcs11 is missing", "pip install 'yika[server]'")
    if not library:
        yield wrong("token", "no PKCS#11 library is named that speaks to it", _LIBRARY)
    elif Path(library).name != library and not Path(library).is_file():
        yield wrong("token", f"there is no PKCS#11 library {library}", _LIBRARY)


def _versions(place: KeyPlace, told: _Open) -> Iterator[Finding]:
    try:
        secret = _secret(place)
        if secret is None:
            yield _unopened(told)
            return
        vault = open_vault(
            place.keyring, secret, allow_demo=True, pkcs11_library=place.pkcs11_library
        )
    except WrongSecret as error:
        yield wrong(VERSIONS, str(error), _OPENER if told.token is None else _PIN)
    except VaultError as error:
        yield wrong(VERSIONS, str(error), _OPENER if told.token is None else _ABSENT)
    else:
        yield fine(VERSIONS, _listed([each.version for each in vault.versions()]))
        vault.close()


def _unopened(told: _Open) -> Finding:
    advice = "Give --passphrase-file or --keyfile to have it opened here."
    if told.token is not None:
        return look(VERSIONS, f"{_listed(told.versions)}, by the file; no PIN was given", advice)
    return look(VERSIONS, "not seen: it is sealed, and nothing is named that opens it", advice)


def _listed(versions: Sequence[int]) -> str:
    return f"{', '.join(map(str, sorted(versions)))}; {max(versions)} is active"


def _secret(place: KeyPlace) -> Secret | None:
    """What opens the keyring, where a file of it is named. Raises VaultError."""
    if place.passphrase_file and place.keyfile:
        raise WrongSecret("both a passphrase file and a key file are named")
    if place.keyfile:
        return KeyFile(read_file(place.keyfile))
    if place.passphrase_file is None:
        return None
    try:
        text = read_file(place.passphrase_file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongSecret(f"{place.passphrase_file} is no text in UTF-8") from None
    return Passphrase(text.rstrip("\r\n"))
