"""A gate's own key, made at the gate and let in at the centre: `yika gate enrol`, `yika gates`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardserver.cli_gates import gates
from cardserver.domain.keys import EstateId
from cardserver.domain.sealed import KeyFile, WrongSecret
from cardserver.vault import create_vault, export_gate
from kiosk.cli_station import gate
from kiosk.gate.identity import create_identity, open_identity
from kiosk.station.config import ConfigInvalid
from tests.databases.stores import lay_out_sqlite

KEY = KeyFile(bytes(range(32)))
CONFIG = """
[station]
name = "东门"
server = "http://127.0.0.1:9"
company = "翠湖物业服务有限公司"
phone = "0755-8000 1234"
[gate]
keys_file = "gate.keys"
key_file = "gate.key"
journal = "gate.db"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    vault = create_vault(tmp_path / "keyring.json", KEY, estate_id=EstateId("LAKE01"))
    (tmp_path / "gate.keys").write_bytes(export_gate(vault, KEY))
    (tmp_path / "gate.key").write_bytes(KEY.data)
    (tmp_path / "gate.toml").write_text(CONFIG, encoding="utf-8")
    lay_out_sqlite(tmp_path / "yika.db")
    return tmp_path


def at_the_gate(*words: str) -> Result:
    return CliRunner().invoke(gate, ["enrol", "gate.toml", *words])


def at_the_centre(*words: str) -> Result:
    opening = ["--keyring", "keyring.json", "--keyfile", "gate.key"]
    return CliRunner().invoke(gates, [*words, *opening])


def printed(result: Result) -> tuple[str, str]:
    """The public key and the fingerprint that a command printed at the gate."""
    _, command, print_ = result.output.splitlines()
    return command.split()[-1], print_.partition(": ")[2]


@pytest.mark.parametrize(
    "key",
    [
        "-kbzIllU9Q3AAiT16Uiw7M0vr1kUoGoqYeeIdA93Big",
        "-hLwc92w1fWNMOoCa7bUd4NimO72Zd1sJDr866CD3CQ",
        "--B8aUtDfN3Maf2oVyN7hrOa8GcdQewxSNGNe7oRbBQ",
    ],
)
def test_a_key_that_looks_like_an_option_lets_its_gate_in(folder: Path, key: str) -> None:
    assert (enrolled := at_the_centre("enrol", "gate-1", key)).exit_code == 0, enrolled.output
    assert "gate-1 may come with key" in enrolled.output


def test_a_mistyped_option_is_still_said_where_a_gate_is_enrolled(folder: Path) -> None:
    key, _ = printed(at_the_gate("gate-1"))
    assert at_the_centre("enrol", "gate-1", key, "--keyringg", "other.json").exit_code == 2


def test_what_the_gate_prints_lets_it_in_and_the_fingerprints_agree(folder: Path) -> None:
    key, fingerprint = printed(at_the_gate("gate-1"))
    enrolled = at_the_centre("enrol", "gate-1", key)
    assert fingerprint in enrolled.output
    listed = at_the_centre("list").output
    assert "gate-1: never seen" in listed
    identity = open_identity(folder / "gate.identity", KEY, estate="LAKE01")
    assert (identity.station, identity.key_id in listed) == ("gate-1", True)
    assert printed(at_the_gate("gate-1")) == (key, fingerprint)


def test_a_new_key_is_made_only_when_it_is_said(folder: Path) -> None:
    key, _ = printed(at_the_gate("gate-1"))
    other_name = at_the_gate("gate-2").exception
    assert isinstance(other_name, ConfigInvalid)
    assert "gate-1" in str(other_name)
    other, _ = printed(at_the_gate("gate-1", "--anew"))
    assert other != key
    assert (folder / "gate.identity.old").exists()


@pytest.mark.usefixtures("folder")
def test_a_revoked_gate_is_listed_without_a_key() -> None:
    key, _ = printed(at_the_gate("gate-1"))
    at_the_centre("enrol", "gate-1", key)
    assert "comes in no more" in at_the_centre("revoke", "gate-1").output
    assert "no key" in at_the_centre("list").output
    again = at_the_centre("revoke", "gate-1")
    assert (again.exit_code, "no such key" in again.output) == (1, True)


@pytest.mark.usefixtures("folder")
def test_what_is_no_key_is_refused_in_words() -> None:
    refused = at_the_centre("enrol", "gate-1", "abc")
    assert refused.exit_code == 2
    assert "no public key" in refused.output


@pytest.mark.usefixtures("folder")
def test_a_card_that_is_not_there_has_no_reach() -> None:
    assert "no card 7" in at_the_centre("reach", "7").output


def garble(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"gate-1", b"gate-2"))


def lose(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("spoil", "words"), [(garble, WrongSecret), (lose, ConfigInvalid)], ids=["garbled", "lost"]
)
def test_an_identity_that_was_changed_is_none(
    folder: Path, spoil: Callable[[Path], None], words: type[Exception]
) -> None:
    path = folder / "gate.identity"
    create_identity(path, KEY, estate="LAKE01", station="gate-1")
    with pytest.raises(ConfigInvalid, match="another estate"):
        open_identity(path, KEY, estate="LAKE02")
    spoil(path)
    with pytest.raises(words):
        open_identity(path, KEY, estate="LAKE01")


@pytest.mark.usefixtures("folder")
def test_a_config_alone_still_runs_the_gate() -> None:
    result = CliRunner().invoke(gate, ["gate.toml"])
    assert isinstance(result.exception, ConfigInvalid)
    assert "[[lane]]" in str(result.exception)
