"""A disk that forgets what was not synced when the power goes: under SQLite, where it writes.

SQLite reaches its files through a table of functions, its VFS. `watched` puts one in front of the
system's: writes, truncations, syncs and deletions are done as ever and written down in their order.
From that, `Disk.after` makes the files as a power cut at any moment may leave them: everything
synced is there; of what came later each write is there, or not, or torn at a sector, as a seed
chooses. A deletion is there with the next sync of any file in the folder, as on file systems that
keep a journal of their own. The library is the very one that `sqlite3` works with, so production
code runs unchanged.
"""

import ctypes
import ctypes.util
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

SECTOR: Final = 512
_OK: Final = 0
_P, _INT, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64


class Act(Enum):
    """What was done to a file, or that somebody was told that something is durable."""

    WRITE = auto()
    TRUNCATE = auto()
    SYNC = auto()
    DELETE = auto()
    TOLD = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One act. `told` is what was said to be durable."""

    act: Act
    path: str = ""
    offset: int = 0
    data: bytes = b""
    told: int = 0


@dataclass
class _File:
    """A file on the disk: what is surely there, and what may be."""

    synced: bytearray | None = None
    pending: list[Step] = field(default_factory=list)

    def sync(self) -> None:
        for step in self.pending:
            self.synced = _applied(self.synced, step, len(step.data))
        self.pending.clear()

    def sync_deletion(self) -> None:
        """Another file of the folder was synced."""
        gone = max(
            (n for n, each in enumerate(self.pending, 1) if each.act is Act.DELETE), default=0
        )
        if gone:
            self.synced = None
            del self.pending[:gone]

    def after(self, dice: random.Random) -> bytes | None:
        """As it may be found; None where it may not be there at all."""
        found = None if self.synced is None else bytearray(self.synced)
        for step in self.pending:
            kept = dice.choice((0, len(step.data), dice.randrange(len(step.data) + 1)))
            if kept < len(step.data):
                kept -= (step.offset + kept) % SECTOR
            if step.act is not Act.WRITE:
                if dice.random() < 0.5:
                    found = _applied(found, step, 0)
            elif kept > 0:
                found = _applied(found, step, kept)
        return None if found is None else bytes(found)


def _applied(content: bytearray | None, step: Step, kept: int) -> bytearray | None:
    if step.act is Act.DELETE:
        return None
    found = bytearray() if content is None else content
    if step.act is Act.TRUNCATE:
        del found[step.offset :]
    else:
        found.extend(bytes(max(0, step.offset - len(found))))
        found[step.offset : step.offset + kept] = step.data[:kept]
    return found


@dataclass
class Disk:
    """Everything that was done to the files of a folder, in its order."""

    folder: Path
    steps: list[Step] = field(default_factory=list)

    def tell(self, told: int) -> None:
        """Somebody was told that this is durable now."""
        self.steps.append(Step(Act.TOLD, told=told))

    def found(self, path: Path, content: bytes) -> None:
        """A file that had been there and durable before anything was written down."""
        self.steps[:0] = [Step(Act.WRITE, str(path), 0, content), Step(Act.SYNC, str(path))]

    def after(self, cut: int, folder: Path, seed: int) -> list[int]:
        """Leave in `folder` what a power cut after so many steps may leave; what had been told."""
        files: dict[str, _File] = {}
        told: list[int] = []
        for step in self.steps[:cut]:
            if step.act is Act.TOLD:
                told.append(step.told)
                continue
            file = files.setdefault(step.path, _File())
            if step.act is Act.SYNC:
                file.sync()
                for each in files.values():
                    each.sync_deletion()
            else:
                file.pending.append(step)
        dice = random.Random(f"{seed}/{cut}")
        folder.mkdir()
        for path, file in sorted(files.items()):
            content = file.after(dice)
            if content is not None:
                (folder / Path(path).name).write_bytes(content)
        return told


# --- the table of functions ----------------------------------------------------------------------

_OPEN = ctypes.CFUNCTYPE(_INT, _P, _P, _P, _INT, _P)
_DELETE = ctypes.CFUNCTYPE(_INT, _P, ctypes.c_char_p, _INT)
_WRITE = ctypes.CFUNCTYPE(_INT, _P, _P, _INT, _LONG)
_TRUNCATE = ctypes.CFUNCTYPE(_INT, _P, _LONG)
_SYNC = ctypes.CFUNCTYPE(_INT, _P, _INT)
_CLOSE = ctypes.CFUNCTYPE(_INT, _P)


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods``."""

    _fields_ = (
        ("version", _INT),
        ("close", _P),
        ("read", _P),
        ("write", _P),
        ("truncate", _P),
        ("sync", _P),
        ("others", _P * 13),
    )


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs``."""

    _fields_ = (
        ("version", _INT),
        ("file_size", _INT),
        ("longest_path", _INT),
        ("next", _P),
        ("name", ctypes.c_char_p),
        ("data", _P),
        ("open", _P),
        ("delete", _P),
        ("others", _P * 14),
    )


class _OpenFile(ctypes.Structure):
    """``sqlite3_file``: its functions, then what is the system's own."""

    _fields_ = (("methods", _P),)


def library() -> ctypes.CDLL | None:
    """The SQLite that `sqlite3` uses; None where it can't be reached beside it."""
    name = ctypes.util.find_library("sqlite3")
    if name is None:
        return None
    found = ctypes.CDLL(name)
    found.sqlite3_libversion.restype = ctypes.c_char_p
    found.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    same = found.sqlite3_libversion().decode() == sqlite3.sqlite_version
    return found if same else None


_ALIVE: Final[list["_Front"]] = []
"""Whatever else was opened meanwhile, and is open still, goes on through these functions."""


@contextmanager
def watched(folder: Path) -> Iterator[Disk]:
    """What SQLite does to files of this folder is written down. Raises LookupError where it can't.

    Files opened in here are closed before the end.
    """
    found = library()
    if found is None:
        raise LookupError("the SQLite that Python uses can't be reached")
    front = _Front(found, Disk(folder))
    _ALIVE.append(front)
    found.sqlite3_vfs_register(ctypes.byref(front.vfs), 1)
    try:
        yield front.disk
    finally:
        found.sqlite3_vfs_unregister(ctypes.byref(front.vfs))


class _Front:
    """The table put in front of the system's. Everything it does not write down goes straight."""

    def __init__(self, found: ctypes.CDLL, disk: Disk) -> None:
        self.disk = disk
        self.vfs = _Vfs()
        real = found.sqlite3_vfs_find(None)
        ctypes.memmove(ctypes.byref(self.vfs), real, ctypes.sizeof(_Vfs))
        self._real_open = _OPEN(real.contents.open)
        self._real_delete = _DELETE(real.contents.delete)
        self._kept: list[Any] = [_OPEN(self._open), _DELETE(self._delete)]
        self.vfs.name = b"watched"
        self.vfs.open, self.vfs.delete = map(_address, self._kept)
        self._paths: dict[int, str] = {}
        self._patched: dict[int, _Methods] = {}

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        # The name goes on as the pointer it is: the system's file remembers where it stands.
        code: int = self._real_open(vfs, name, file, flags, out)
        path = "" if name is None else ctypes.string_at(name).decode()
        if code == _OK and Path(path).parent == self.disk.folder:
            opened = _OpenFile.from_address(file)
            self._paths[file] = path
            opened.methods = ctypes.addressof(self._patch(opened.methods))
        return code

    def _delete(self, vfs: int, name: bytes, sync: int) -> int:
        code: int = self._real_delete(vfs, name, sync)
        path = name.decode()
        if code == _OK and Path(path).parent == self.disk.folder:
            self.disk.steps.append(Step(Act.DELETE, path))
            if sync:
                self.disk.steps.append(Step(Act.SYNC, path))
        return code

    def _patch(self, address: int) -> _Methods:
        """The system's functions for a file, with ours in the places that matter."""
        if address not in self._patched:
            real, patched = _Methods.from_address(address), _Methods()
            ctypes.memmove(ctypes.byref(patched), address, ctypes.sizeof(_Methods))
            ours: list[Any] = [
                _CLOSE(self._closing(_CLOSE(real.close))),
                _WRITE(self._writing(_WRITE(real.write))),
                _TRUNCATE(self._truncating(_TRUNCATE(real.truncate))),
                _SYNC(self._syncing(_SYNC(real.sync))),
            ]
            patched.close, patched.write, patched.truncate, patched.sync = map(_address, ours)
            self._kept += ours
            self._patched[address] = patched
        return self._patched[address]

    def _closing(self, real: Callable[..., int]) -> Callable[..., int]:
        def close(file: int) -> int:
            self._paths.pop(file, None)
            return real(file)

        return close

    def _writing(self, real: Callable[..., int]) -> Callable[..., int]:
        def write(file: int, data: int, size: int, offset: int) -> int:
            code = real(file, data, size, offset)
            if code == _OK:
                content = ctypes.string_at(data, size)
                self.disk.steps.append(Step(Act.WRITE, self._paths[file], offset, content))
            return code

        return write

    def _truncating(self, real: Callable[..., int]) -> Callable[..., int]:
        def truncate(file: int, size: int) -> int:
            code = real(file, size)
            if code == _OK:
                self.disk.steps.append(Step(Act.TRUNCATE, self._paths[file], size))
            return code

        return truncate

    def _syncing(self, real: Callable[..., int]) -> Callable[..., int]:
        def sync(file: int, flags: int) -> int:
            # Written down before it is done: what others write meanwhile is not part of it.
            self.disk.steps.append(Step(Act.SYNC, self._paths[file]))
            return real(file, flags)

        return sync


def _address(function: Any) -> int:
    return ctypes.cast(function, _P).value or 0
