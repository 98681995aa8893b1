"""Reading and replacing small secret files so that a crash leaves the old one or the new one."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cardserver.domain.sealed import MAX_FILE_SIZE
from cardserver.vault_store import KeyringExists, KeyringMissing, KeyringUnwritable

_OWNER_ONLY: Final = 0o600
_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def read_file(path: Path) -> bytes:
    """The file's bytes, one more than a keyring may have at most. Raises KeyringMissing."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_SIZE + 1)
    except FileNotFoundError:
        raise KeyringMissing(f"there is no file {path}") from None
    except OSError as fault:
        raise KeyringMissing(f"{path} cannot be read: {fault.strerror}") from fault


def require_absent(path: Path) -> None:
    """Raise KeyringExists when something is there."""
    if path.exists():
        raise KeyringExists(f"{path} exists already; it is never overwritten")


def create_file(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet. Raises KeyringExists, KeyringUnwritable."""
    require_absent(path)
    replace_file(path, data)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file, readable by its owner only. Raises KeyringUnwritable."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, _NEW_FILE, _OWNER_ONLY), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as fault:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise KeyringUnwritable(f"{path} cannot be written: {fault.strerror}") from fault


@contextmanager
def one_writer(path: Path) -> Iterator[None]:
    """Let nobody else change this file meanwhile: two new versions 2 would lose the cards of one.

    Raises KeyringUnwritable while another holds it.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(lock, _NEW_FILE, _OWNER_ONLY))
    except FileExistsError:
        raise KeyringUnwritable(
            f"another program is changing {path}; if none is, delete {lock}"
        ) from None
    except OSError as fault:
        raise KeyringUnwritable(f"{path} cannot be written: {fault.strerror}") from fault
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # The new name itself must reach the disk. Windows cannot open a folder and does not need it.
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_open_to_all(path: Path) -> bool:
    """True where every account of the machine may read or change the file. On Windows it can't be
    seen in a file's mode: always False. Raises OSError.
    """
    return os.name == "posix" and bool(path.stat().st_mode & _OTHERS)
