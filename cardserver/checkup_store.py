"""What `yika doctor` sees of the store where it lies: tables, disk, last known time."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from cardserver.db.engine import DatabaseUrlInvalid, StoreUnusable
from cardserver.db.looking import StoreFacts, look_at
from cardserver.db.upgrade import HEAD
from cardserver.domain.finding import Finding, fine, look, wrong
from cardserver.services.turn import TOLERANCE
from cardserver.vault_disk import is_open_to_all

DATABASE: Final = "database"
MEBIBYTE: Final = 1024 * 1024
LEAST_FREE: Final = 256 * MEBIBYTE
"""Below this a day's business, with the log beside the file, may not find room."""
_ADDRESS: Final = "Say sqlite:///FILE, counted from this folder, or postgresql+psycopg://…"
_THERE: Final = (
    "Is the address right, does its machine run, may this account read it? Lost, it comes back "
    "from its copy; `yika serve` would begin a new, empty one."
)
_SAFE: Final = {
    "journal": {"wal"},
    "synchronous": {"2", "3"},
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
}
"""With these, what the server has reported done is on the disk."""


def store(url: str, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at the store at `url`, whether a server is running on it or not."""
    try:
        facts = look_at(url)
    except DatabaseUrlInvalid as error:
        yield wrong(DATABASE, str(error), _ADDRESS)
        return
    except StoreUnusable as error:
        yield wrong(DATABASE, str(error), _THERE)
        return
    yield from of_store(facts, now())


def of_store(facts: StoreFacts, moment: datetime) -> Iterator[Finding]:
    """What the facts of a store mean at this moment."""
    yield fine(DATABASE, f"{facts.address}, {_size(facts.size)}")
    yield _of_tables(facts.version)
    yield _of_settings(facts)
    if facts.file is not None:
        yield from _of_file(facts.file)
        yield of_disk(shutil.disk_usage(facts.file.parent).free, facts.size)
    yield _of_floor(facts.floor, moment)


def _of_tables(version: str) -> Finding:
    if version == HEAD:
        return fine("tables", f"version {version}, which this program needs")
    if not version:
        advice = "Right for a new estate: `yika serve` makes them. Else the address is wrong."
        return look("tables", "there are none of this program", advice)
    if version.isdigit() and version < HEAD:
        advice = "The next start of `yika serve` brings them there. Keep a copy of the store first."
        return look("tables", f"version {version}; this program needs {HEAD}", advice)
    advice = "Install the program that last ran here, or a newer one."
    return wrong("tables", f"version {version}, newer than this program's {HEAD}", advice)


def _of_settings(facts: StoreFacts) -> Finding:
    says = ", ".join(f"{name} {value}" for name, value in facts.settings.items())
    bad = [name for name, value in facts.settings.items() if value not in _SAFE[name]]
    if not bad:
        return fine("durability", says)
    if facts.file is not None and bad == ["journal"]:
        advice = (
            "The next start of `yika serve` sets it. A network share can't hold it: use a disk."
        )
        return look("durability", f"{says}: no write-ahead log belongs to the file yet", advice)
    advice = f"Set {', '.join(bad)} as the database came; until then a power cut can lose money."
    return wrong("durability", says, advice)


def _of_file(file: Path) -> Iterator[Finding]:
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        advice = "Right if the server runs under another account; else give it file and folder."
        yield look(DATABASE, f"this account can't write in {file}", advice)
    if is_open_to_all(file) and is_open_to_all(file.parent):
        advice = f"Names and telephone numbers are in it: chmod o= {file}*"
        yield wrong(DATABASE, f"every account of this machine may read {file}", advice)


def of_disk(free: int, size: int) -> Finding:
    """Is there room for the store to grow, and once more for its copy?"""
    says = f"{_size(free)} free"
    if free < LEAST_FREE:
        return wrong("disk", says, "Make room now: a full disk stops every sale.")
    if free < size:
        return look("disk", f"{says}, less than the store is large", "Copies need room elsewhere.")
    return fine("disk", says)


def _of_floor(floor: datetime | None, moment: datetime) -> Finding:
    if floor is None:
        return fine("last known time", "none yet")
    says = f"{floor.astimezone():%Y-%m-%d %H:%M:%S %z}"
    if moment >= floor - TOLERANCE:
        return fine("last known time", says)
    advice = (
        "No sale is taken until then. Set this machine's clock right; if it is right and ran ahead "
        "once: `yika serve … --mend-clock`."
    )
    return wrong("last known time", f"{says} has passed already, by the store", advice)


def _size(count: int) -> str:
    return f"{count / MEBIBYTE:,.1f} MiB"
