"""An estate's store as `yika serve` makes it."""

import os
import stat
from pathlib import Path

import pytest

from cardserver.db.engine import WRITER
from cardserver.services.opening import open_estate
from cardserver.vault import demo_vault


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file's rights are not in its mode")
def test_a_new_store_on_sqlite_and_its_log_are_their_owners_alone(tmp_path: Path) -> None:
    """Names and telephone numbers are in there."""
    estate = open_estate(f"sqlite:///{tmp_path / 'yika.db'}", demo_vault(), name="Yika")
    with estate.engine.connect().execution_options(**{WRITER: True}) as held, held.begin():
        made = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    estate.engine.dispose()
    assert "yika.db-wal" in made
    assert set(made.values()) == {0o600}
