"""An estate's store as `yika serve` makes it."""

import os
import stat
from pathlib import Path

import pytest

from cardserver.db.engine import WRITER, StoreUnusable
from cardserver.domain.keys import EstateId
from cardserver.domain.station import StationKind
from cardserver.services import listeras
from cardserver.services.opening import open_estate
from cardserver.services.turn import Caller
from cardserver.vault import Vault, demo_vault
from cardserver.vault_file import FileStore, new_keys


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file's rights are not in its mode")
def test_a_new_store_on_sqlite_and_its_log_are_their_owners_alone(tmp_path: Path) -> None:
    """Names and telephone numbers are in there."""
    estate = open_estate(f"sqlite:///{tmp_path / 'yika.db'}", demo_vault(), name="Yika")
    with estate.engine.connect().execution_options(**{WRITER: True}) as held, held.begin():
        made = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    estate.engine.dispose()
    assert "yika.db-wal" in made
    assert set(made.values()) == {0o600}


def keyring_of(estate: str) -> Vault:
    return Vault(FileStore([new_keys(1)], estate_id=EstateId(estate), demo=False))


def test_a_neighbours_keyring_opens_no_estate(tmp_path: Path) -> None:
    """A company keeps many of both: cards would be made with another estate's keys."""
    database, own = f"sqlite:///{tmp_path / 'yika.db'}", keyring_of("SUNNY1")
    estate = open_estate(database, own, name="Yika")
    gate = Caller(station="gate-1", kind=StationKind.GATE)
    listeras.standing(estate, gate)
    estate.engine.dispose()
    with pytest.raises(StoreUnusable, match="of estate SUNNY1, the keyring is of CUIHU1"):
        open_estate(database, keyring_of("CUIHU1"), name="Yika")
    open_estate(database, own, name="Yika").engine.dispose()
    open_estate(database, demo_vault(), name="Yika").engine.dispose()  # beside the server
