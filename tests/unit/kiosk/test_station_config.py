"""A station's file is checked whole at start: a slip is named with its key, in plain words."""

import re
from pathlib import Path

import pytest

from kiosk.station.config import ConfigInvalid, load_config

EXAMPLE = Path(__file__).parents[3] / "deploy" / "config" / "kiosk.toml"


def with_line(folder: Path, before: str, after: str) -> Path:
    """The example with one line written otherwise."""
    text, changes = re.subn(
        rf"^{re.escape(before)}.*$", after, EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert changes == 1
    path = folder / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name = ", "", "station.name: it is missing"),
        ("hours = ", 'huors = "8:30"', "station.huors: there is no such key"),
        ("[acceptor]", "[acceptors]", "acceptors: there is no such key"),
        ("server = ", 'server = "card.example"', "station.server: an address that begins with"),
        ("server = ", 'server = "https://"', "station.server: an address that begins with"),
        ("listen = ", 'listen = "127.0.0.1"', "station.listen: an address and a port"),
        ("listen = ", 'listen = "127.0.0.1:0"', "station.listen: an address and a port"),
        ("listen = ", 'listen = "127.0.0.1:65536"', "station.listen: an address and a port"),
        ("phone = ", "phone = 12", "station.phone: "),
        ("phone = ", 'phone = "\\\\u001b@"', "station.phone: a character in it has no place there"),
        ("name = ", f"name = {'[' * 5000}", "nested too deeply"),
        ("journal = ", "journal = 3", "kiosk.journal: "),
        ("name = ", "name = ", "Invalid value"),
    ],
)
def test_a_slip_is_named_with_its_key(tmp_path: Path, before: str, after: str, said: str) -> None:
    path = with_line(tmp_path, before, after)
    with pytest.raises(ConfigInvalid, match=re.escape(said)) as wrong:
        load_config(path)
    assert str(path) in str(wrong.value)


def test_a_file_that_an_editor_began_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    plain = load_config(path)
    path.write_text(text, encoding="utf-8-sig")
    assert load_config(path) == plain


@pytest.mark.parametrize("listen", ["localhost:8712", "[::1]:8712", "0.0.0.0:80"])
def test_a_station_listens_wherever_an_address_and_a_port_say(tmp_path: Path, listen: str) -> None:
    path = with_line(tmp_path, "listen = ", f'listen = "{listen}"')
    assert load_config(path).station.listen == listen
