"""The demo's neighbours: always the same, on file once, and found like everybody else."""

from pathlib import Path

from cardserver.services import people
from cardserver.services.opening import open_estate
from cardserver.services.setup import SETUP
from cardserver.vault import demo_vault
from simulators.crowd import move_in


def test_the_neighbours_move_in_once_and_are_found(tmp_path: Path) -> None:
    estate = open_estate(f"sqlite:///{tmp_path / 'y.db'}", demo_vault(), name="翠湖花园")
    try:
        assert 250 < move_in(estate) < 400
        assert move_in(estate) == 0
        for words in ("8栋", "商铺 S22", "8-2-0502"):
            page = people.list_people(
                estate, SETUP, query=words, holder_class=None, standing="current", page=0
            )
            assert page.people, words
    finally:
        estate.engine.dispose()
