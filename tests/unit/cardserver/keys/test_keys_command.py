"""``yika keys`` as people call it: words in, words and exit codes out, never a key."""

import json
import os
import stat
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result

from cardserver.domain.demokeys import DEMO_PASSPHRASE
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.keys import KeyPurpose
from cardserver.domain.record import Medium
from cardserver.domain.sealed import KeyFile, Passphrase
from cardserver.keyringpath import default_keyring
from cardserver.vault import demo_vault
from cardserver.vault_file import VersionKeys, load_keyring
from kiosk.cli import Entry, LazyGroup

WORDS = "a long enough passphrase"
GATE_WORDS = "the gate's own passphrase"
pytestmark = pytest.mark.usefixtures("light")
YIKA = LazyGroup({"keys": Entry("cardserver.cli_keys:keys", "", "server")}, name="yika")


class SoftToken(Protocol):
    """See the fixture."""

    library: str
    label: str
    pin: Passphrase


class Yika(Protocol):
    """Runs ``yika keys …`` on the test's keyring."""

    def __call__(self, *words: str | Path, typed: str | None = None) -> Result:
        """`typed` is what a person types at the prompts."""


@pytest.fixture
def keyring(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


@pytest.fixture
def words_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase.txt"
    path.write_bytes(WORDS.encode() + b"\r\n")
    return path


@pytest.fixture
def yika(keyring: Path) -> Yika:
    def run(*words: str | Path, typed: str | None = None) -> Result:
        environment = {"YIKA_KEYRING": str(keyring)}
        arguments = ["keys", *(str(word) for word in words)]
        return CliRunner().invoke(YIKA, arguments, input=typed, env=environment)

    return run


@pytest.fixture
def made(yika: Yika, tmp_path: Path) -> Path:
    """A keyring under a key file, which costs no argon2id."""
    keyfile = tmp_path / "secret.key"
    assert yika("init", "--keyfile", keyfile, "--estate", "SUNNY01").exit_code == 0
    return keyfile


def versions(keyring: Path, keyfile: Path) -> tuple[VersionKeys, ...]:
    return load_keyring(keyring, KeyFile(keyfile.read_bytes())).keys


def test_a_keyring_is_made_under_a_typed_passphrase(yika: Yika, keyring: Path) -> None:
    result = yika("init", "--estate", "SUNNY01", typed=f"{WORDS}\n{WORDS}\n")
    assert result.exit_code == 0, result.output
    assert "Made" in result.output
    assert WORDS not in result.output
    opened = load_keyring(keyring, Passphrase(WORDS))
    assert opened.head.estate_id == "SUNNY01"


def test_a_passphrase_comes_from_a_file_without_its_line_end(
    yika: Yika, keyring: Path, words_file: Path
) -> None:
    assert yika("init", "--passphrase-file", words_file).exit_code == 0
    assert load_keyring(keyring, Passphrase(WORDS)).head.versions
    assert yika("show", "--passphrase-file", words_file).exit_code == 0


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has such permissions")
def test_a_key_file_is_made_for_its_owner_only(made: Path) -> None:
    assert len(made.read_bytes()) == 32
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_an_existing_keyring_is_refused_before_anything_is_asked(
    yika: Yika, keyring: Path, made: Path, tmp_path: Path
) -> None:
    before = keyring.read_bytes()
    result = yika("init", "--keyfile", tmp_path / "other.key")
    assert result.exit_code == 1
    assert "never overwritten" in result.output
    assert keyring.read_bytes() == before
    assert not (tmp_path / "other.key").exists()
    assert made.exists()


@pytest.mark.parametrize("typed", ["short\nshort\n", f"{WORDS}\nanother\n"])
def test_a_short_or_mistyped_passphrase_makes_nothing(
    yika: Yika, keyring: Path, typed: str
) -> None:
    result = yika("init", typed=typed)
    assert result.exit_code != 0
    assert not keyring.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--demo", "--estate", "SUNNY01"],
        ["--demo", "--token", "label"],
        ["--keyfile", "a", "--passphrase-file", "b"],
    ],
)
def test_words_that_contradict_each_other_are_wrong_words(
    yika: Yika, keyring: Path, words: list[str]
) -> None:
    assert yika("init", *words).exit_code == 2
    assert not keyring.exists()


def test_an_impossible_estate_id_is_refused(yika: Yika, keyring: Path, tmp_path: Path) -> None:
    result = yika("init", "--estate", "阳光", "--keyfile", tmp_path / "k")
    assert result.exit_code == 1
    assert "capital letters" in result.output
    assert not keyring.exists()


def test_a_token_without_its_library_is_refused_in_plain_words(
    yika: Yika, keyring: Path, words_file: Path
) -> None:
    result = yika("init", "--token", "label", "--passphrase-file", words_file)
    assert result.exit_code == 1
    assert "library" in result.output
    assert not keyring.exists()


def test_rotating_says_which_version_is_active_now(yika: Yika, keyring: Path, made: Path) -> None:
    first = versions(keyring, made)
    result = yika("rotate", "--keyfile", made)
    assert result.exit_code == 0, result.output
    assert "version 2 is active" in result.output
    assert versions(keyring, made)[0] == first[0]


def test_show_tells_versions_states_and_fingerprints(yika: Yika, made: Path) -> None:
    yika("rotate", "--keyfile", made)
    result = yika("show", "--keyfile", made, "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["estate"] == "SUNNY01"
    assert facts["current_version"] == 2
    assert facts["demo"] is False
    assert [each["state"] for each in facts["versions"]] == ["retired", "active"]
    prints = facts["versions"][0]["fingerprints"]
    assert set(prints) == {*(purpose.value for purpose in KeyPurpose), "public-key"}
    text = yika("show", "--keyfile", made)
    assert all(value in text.output for value in prints.values())


def test_no_command_ever_shows_a_key(yika: Yika, keyring: Path, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "gate.json"
    gate = ["--out", out, "--gate-keyfile", tmp_path / "gate.key"]
    said = "".join(
        yika(*words, "--keyfile", made).output
        for words in (["rotate"], ["show"], ["show", "--json"], ["export-gate", *gate])
    )
    for each in versions(keyring, made):
        for key in (*each.masters.values(), each.signing_key):
            for form in (key.hex(), key.hex().upper(), key.hex(" "), repr(key)):
                assert form not in said
            assert key.hex() not in out.read_text(encoding="utf-8")
            assert key.hex() not in keyring.read_text(encoding="utf-8")


def test_a_wrong_passphrase_is_refused_without_a_traceback(
    yika: Yika, words_file: Path, tmp_path: Path
) -> None:
    yika("init", "--passphrase-file", words_file)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("something quite different", encoding="utf-8")
    for command in (["show"], ["rotate"], ["export-gate", "--out", tmp_path / "gate.json"]):
        result = yika(*command, "--passphrase-file", wrong)
        assert result.exit_code == 1
        assert "does not open" in result.output
        assert "Traceback" not in result.output
        assert isinstance(result.exception, SystemExit)
    assert not (tmp_path / "gate.json").exists()


@pytest.mark.parametrize("command", [["show"], ["rotate"], ["export-gate", "--out", "g"]])
def test_a_missing_keyring_is_refused_before_a_passphrase_is_asked(
    yika: Yika, keyring: Path, command: list[str]
) -> None:
    result = yika(*command)
    assert result.exit_code == 1
    assert str(keyring) in result.output
    assert "Passphrase" not in result.output


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 50, b"[1]"])
def test_a_garbled_keyring_is_refused(yika: Yika, keyring: Path, content: bytes) -> None:
    keyring.write_bytes(content)
    result = yika("show")
    assert result.exit_code == 1
    assert "garbled" in result.output


def test_a_key_file_of_the_wrong_length_is_refused(yika: Yika, made: Path, tmp_path: Path) -> None:
    (tmp_path / "short.key").write_bytes(made.read_bytes()[:31])
    result = yika("show", "--keyfile", tmp_path / "short.key")
    assert result.exit_code == 1
    assert "32 bytes" in result.output


def test_a_passphrase_file_that_is_no_text_is_refused(
    yika: Yika, made: Path, tmp_path: Path
) -> None:
    assert made.exists()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfd")
    assert yika("show", "--passphrase-file", tmp_path / "bytes").exit_code == 2


# --- the gate's file -----------------------------------------------------------------------------


def test_a_gate_file_opens_with_the_gates_own_secret(
    yika: Yika, made: Path, tmp_path: Path
) -> None:
    out, key = tmp_path / "gate.json", tmp_path / "gate.key"
    result = yika("export-gate", "--keyfile", made, "--out", out, "--gate-keyfile", key)
    assert result.exit_code == 0, result.output
    gate = GateKeys.open(out.read_bytes(), KeyFile(key.read_bytes()))
    assert gate.estate_id == "SUNNY01"


def test_a_gate_file_is_made_under_a_typed_passphrase(
    yika: Yika, made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "gate.json"
    typed = f"{GATE_WORDS}\n{GATE_WORDS}\n"
    result = yika("export-gate", "--keyfile", made, "--out", out, typed=typed)
    assert result.exit_code == 0, result.output
    assert GateKeys.open(out.read_bytes(), Passphrase(GATE_WORDS)).versions == (1,)


def test_a_newer_gate_file_replaces_an_older_one_but_nothing_else(
    yika: Yika, keyring: Path, made: Path, tmp_path: Path
) -> None:
    out, key = tmp_path / "gate.json", tmp_path / "gate.key"
    words: list[str | Path] = ["export-gate", "--keyfile", made, "--gate-keyfile", key, "--out"]
    assert yika(*words, out).exit_code == 0
    yika("rotate", "--keyfile", made)
    assert yika(*words, out).exit_code == 0
    assert GateKeys.open(out.read_bytes(), KeyFile(key.read_bytes())).versions == (2, 1)
    assert yika(*words, out, "--since", "2").exit_code == 0
    assert GateKeys.open(out.read_bytes(), KeyFile(key.read_bytes())).versions == (2,)
    assert yika(*words, out, "--since", "3").exit_code == 1
    before = keyring.read_bytes()
    refused = yika(*words, keyring)
    assert refused.exit_code == 1
    assert "no gate file" in refused.output
    assert keyring.read_bytes() == before


def test_a_gate_may_not_share_the_keyrings_secret(yika: Yika, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "gate.json"
    result = yika("export-gate", "--keyfile", made, "--gate-keyfile", made, "--out", out)
    assert result.exit_code == 2
    assert not out.exists()


def test_keys_in_a_token_are_made_rotated_shown_and_exported(
    yika: Yika, keyring: Path, tmp_path: Path, soft_token: SoftToken
) -> None:
    pin = tmp_path / "pin.txt"
    pin.write_text(soft_token.pin.text, encoding="utf-8")
    opening: list[str | Path] = ["--passphrase-file", pin, "--pkcs11-library", soft_token.library]
    out, key = tmp_path / "gate.json", tmp_path / "gate.key"
    commands: list[list[str | Path]] = [
        ["init", "--token", soft_token.label],
        ["rotate"],
        ["export-gate", "--out", out, "--gate-keyfile", key],
    ]
    for words in commands:
        result = yika(*words, *opening)
        assert result.exit_code == 0, result.output
    facts = json.loads(yika("show", "--json", *opening).stdout)
    gate = GateKeys.open(out.read_bytes(), KeyFile(key.read_bytes()))
    assert facts["estate"] == gate.estate_id
    assert gate.versions == (2, 1)
    assert json.loads(keyring.read_bytes())["format"] == "yika-token-keyring"


# --- the demo ------------------------------------------------------------------------------------


def test_a_demo_keyring_needs_no_passphrase_and_says_what_it_is(yika: Yika, tmp_path: Path) -> None:
    made = yika("init", "--demo")
    assert made.exit_code == 0, made.output
    assert "protect nothing" in made.output
    shown = yika("show")
    assert "DEMO KEYS" in shown.output
    out = tmp_path / "gate.json"
    assert yika("export-gate", "--out", out).exit_code == 0
    gate = GateKeys.open(out.read_bytes(), Passphrase(DEMO_PASSPHRASE), allow_demo=True)
    uid = bytes.fromhex("04A1B2C3D4E5F6")
    for medium in Medium:
        read = gate.read_keys(uid, medium, 1)
        assert read.items() <= demo_vault().card_keys(uid, medium, 1).items()


def test_the_default_place_is_the_accounts_own() -> None:
    assert default_keyring().name == "keyring.json"
    assert "yika" in str(default_keyring().parent).lower()


def test_help_names_every_command_and_the_environment(yika: Yika) -> None:
    text = yika("--help").output
    assert all(name in text for name in ("init", "rotate", "export-gate", "show"))
    assert "YIKA_KEYRING" in yika("show", "--help").output
