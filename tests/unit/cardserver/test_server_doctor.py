"""`yika doctor` on the card server's own machine: what it says of keyring and store, server down.

Nothing serves here; the stores are real, on both engines.
"""

import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, inspect, text

from cardserver.checkup_keys import KeyPlace, keyring
from cardserver.checkup_store import LEAST_FREE, of_disk, of_store, store
from cardserver.cli_doctor import findings
from cardserver.db.engine import WRITER, open_engine
from cardserver.db.looking import StoreFacts, look_at
from cardserver.db.upgrade import HEAD
from cardserver.domain.finding import Finding, Mark
from cardserver.domain.keys import EstateId
from cardserver.domain.sealed import KeyFile, Passphrase
from cardserver.vault import create_vault, rotate_vault
from kiosk import cli
from tests.databases.stores import empty_postgresql, lay_out_sqlite

NOON = datetime(2026, 6, 9, 4, tzinfo=UTC)
KEY = KeyFile(bytes(range(32)))
LAKE = EstateId("LAKE01")


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """An estate's keyring with two versions, and beside it the key file that opens it."""
    path = tmp_path / "keyring.json"
    create_vault(path, KEY, estate_id=LAKE).close()
    rotate_vault(path, KEY).close()
    keyfile = tmp_path / "key"
    keyfile.write_bytes(KEY.data)
    keyfile.chmod(0o600)
    return path


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """A SQLite store that nobody has open."""
    path = tmp_path / "yika.db"
    lay_out_sqlite(path)
    return path


def by_subject(found: Iterator[Finding]) -> dict[str, list[Finding]]:
    """The findings under their subjects."""
    gathered: dict[str, list[Finding]] = {}
    for finding in found:
        assert bool(finding.advice) or finding.mark is Mark.FINE, finding
        gathered.setdefault(finding.subject, []).append(finding)
    return gathered


def only(found: Iterator[Finding], subject: str) -> Finding:
    """The one finding of a subject."""
    (finding,) = by_subject(found)[subject]
    return finding


def of_engine(engine: Engine, moment: datetime = NOON) -> Iterator[Finding]:
    return store(engine.url.render_as_string(hide_password=False), lambda: moment)


def change(engine: Engine, statement: str, **values: object) -> None:
    writer = engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        connection.execute(text(statement), values)


def doctor(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.main, ["doctor", *map(str, words)])


# --- the store, on both engines -------------------------------------------------------------------


def test_a_store_of_today_is_fine_from_its_tables_to_its_clock(engine: Engine) -> None:
    found = by_subject(of_engine(engine))
    assert found["tables"][0].mark is Mark.FINE
    assert HEAD in found["tables"][0].says
    assert found["last known time"][0].mark is Mark.FINE
    assert found["database"][0].mark is Mark.FINE


@pytest.mark.parametrize(
    ("version", "mark", "advice"),
    [
        ("0016", Mark.LOOK, "Keep a copy"),
        ("9999", Mark.WRONG, "newer"),
        ("x1", Mark.WRONG, "newer"),
    ],
)
def test_tables_of_another_version_are_told_with_the_way_on(
    engine: Engine, version: str, mark: Mark, advice: str
) -> None:
    change(engine, "UPDATE alembic_version SET version_num = :version", version=version)
    try:
        finding = only(of_engine(engine), "tables")
    finally:
        change(engine, "UPDATE alembic_version SET version_num = :version", version=HEAD)
    assert finding.mark is mark
    assert version in finding.says
    assert advice in finding.advice


def test_a_clock_behind_what_the_store_knows_to_have_passed_needs_hands_fee_28a(
    engine: Engine,
) -> None:
    stamp = NOON if engine.dialect.name == "postgresql" else NOON.replace(tzinfo=None).isoformat()
    change(engine, "INSERT INTO clock (id, floor) VALUES (1, :stamp)", stamp=stamp)
    late = only(of_engine(engine, NOON - timedelta(hours=1)), "last known time")
    assert late.mark is Mark.WRONG
    assert "--mend-clock" in late.advice
    assert only(of_engine(engine, NOON - timedelta(seconds=4)), "last known time").mark is Mark.FINE


# --- SQLite ---------------------------------------------------------------------------------------


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    finding = only(store(f"sqlite:///{tmp_path / 'slip.db'}", lambda: NOON), "database")
    assert finding.mark is Mark.WRONG
    assert "slip.db" in finding.says
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("left", ["", "killed"])
def test_nothing_beside_a_sqlite_store_changes(quiet: Path, left: str) -> None:
    """Neither where a server ended well nor where one was killed with its log half full."""
    serving = sqlite3.connect(quiet)
    if left:
        serving.execute("INSERT INTO clock (id, floor) VALUES (1, '2026-06-09 03:00:00.000000')")
        serving.commit()
        for part in quiet.parent.glob("yika.db*"):
            shutil.copy(part, quiet.parent / part.name.replace("yika", "killed"))
    serving.close()
    path = quiet.with_name("killed.db") if left else quiet
    before = {each.name: each.read_bytes() for each in quiet.parent.glob(f"{path.name}*")}
    assert len(before) == (3 if left else 1)
    facts = look_at(f"sqlite:///{path}")
    assert facts.size == sum(len(before[name]) for name in before if not name.endswith("-shm"))
    assert facts.floor == (datetime(2026, 6, 9, 3, tzinfo=UTC) if left else None)
    after = {each.name: each.read_bytes() for each in quiet.parent.glob(f"{path.name}*")}
    kept = [name for name in before if not name.endswith("-shm")]
    assert set(after) == set(before)
    assert all(after[name] == before[name] for name in kept)


def test_a_store_that_a_server_is_writing_to_is_seen_as_it_is(quiet: Path) -> None:
    serving = sqlite3.connect(quiet, isolation_level=None)
    serving.execute("BEGIN IMMEDIATE")
    serving.execute("INSERT INTO clock (id, floor) VALUES (1, '2026-06-09 03:00:00.000000')")
    assert look_at(f"sqlite:///{quiet}").floor is None
    serving.execute("COMMIT")
    assert look_at(f"sqlite:///{quiet}").floor == datetime(2026, 6, 9, 3, tzinfo=UTC)
    serving.close()


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(84)])
def test_a_file_that_is_no_store_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "yika.db"
    path.write_bytes(content)
    assert only(store(f"sqlite:///{path}", lambda: NOON), "database").mark is Mark.WRONG
    assert path.read_bytes() == content


@pytest.mark.parametrize("url", ["", "yika.db", "mysql://there/yika", "sqlite://"])
def test_an_address_of_no_store_is_said_so(url: str) -> None:
    assert only(store(url, lambda: NOON), "database").mark is Mark.WRONG


def test_a_store_without_a_write_ahead_log_is_worth_a_look(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE something (id INTEGER)")
    file.close()
    found = by_subject(store(f"sqlite:///{path}", lambda: NOON))
    assert found["durability"][0].mark is Mark.LOOK
    assert "there are none" in found["tables"][0].says


def test_the_servers_own_connections_wait_for_the_disk(quiet: Path) -> None:
    finding = only(store(f"sqlite:///{quiet}", lambda: NOON), "durability")
    assert (finding.mark, finding.says) == (Mark.FINE, "journal wal, synchronous 2")


@pytest.mark.parametrize(
    ("free", "size", "mark"),
    [
        (LEAST_FREE - 1, 0, Mark.WRONG),
        (LEAST_FREE, LEAST_FREE + 1, Mark.LOOK),
        (LEAST_FREE, LEAST_FREE, Mark.FINE),
    ],
)
def test_a_disk_that_fills_up_is_told_in_time(free: int, size: int, mark: Mark) -> None:
    assert of_disk(free, size).mark is mark


def test_the_room_of_the_stores_own_disk_is_told(
    quiet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 3 * 1024 * 1024

    disks = {quiet.parent: Full}
    monkeypatch.setattr(shutil, "disk_usage", disks.__getitem__)
    finding = only(store(f"sqlite:///{quiet}", lambda: NOON), "disk")
    assert (finding.mark, finding.says) == (Mark.WRONG, "3.0 MiB free")


def test_names_of_residents_that_every_account_may_read_need_hands(quiet: Path) -> None:
    quiet.chmod(0o644)
    quiet.parent.chmod(0o755)
    _, finding = by_subject(store(f"sqlite:///{quiet}", lambda: NOON))["database"]
    assert finding.mark is Mark.WRONG
    quiet.chmod(0o640)
    assert len(by_subject(store(f"sqlite:///{quiet}", lambda: NOON))["database"]) == 1


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_cluster_that_does_not_wait_for_the_disk_needs_hands() -> None:
    """The tests' own one does not."""
    url = empty_postgresql()
    found = by_subject(store(url, lambda: NOON))
    assert found["durability"][0].mark is Mark.WRONG
    assert "fsync off" in found["durability"][0].says


@pytest.mark.postgres
def test_an_empty_database_stays_empty() -> None:
    url = empty_postgresql()
    assert only(store(url, lambda: NOON), "tables").mark is Mark.LOOK
    engine = open_engine(url)
    assert not inspect(engine).get_table_names()
    engine.dispose()


def test_a_database_server_that_is_not_there_needs_hands_and_its_password_is_not_shown() -> None:
    url = "postgresql+psycopg://yika:sesame@127.0.0.1:9/yika"
    finding = only(store(url, lambda: NOON), "database")
    assert finding.mark is Mark.WRONG
    assert "sesame" not in f"{finding}"


def test_settings_as_postgresql_comes_are_fine() -> None:
    facts = StoreFacts(
        address="postgresql+psycopg://yika@/yika",
        version=HEAD,
        floor=None,
        size=1,
        settings={"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"},
    )
    assert only(of_store(facts, NOON), "durability").mark is Mark.FINE


# --- the keyring ----------------------------------------------------------------------------------


def test_without_its_opener_a_keyring_is_named_and_its_versions_stay_sealed(ring: Path) -> None:
    found = by_subject(keyring(KeyPlace(keyring=ring)))
    assert found["keyring"][0].mark is Mark.FINE
    assert LAKE in found["keyring"][0].says
    assert found["key versions"][0].mark is Mark.LOOK


def test_with_its_opener_the_versions_are_told_and_no_key(ring: Path) -> None:
    place = KeyPlace(keyring=ring, keyfile=ring.with_name("key"))
    finding = only(keyring(place), "key versions")
    assert (finding.mark, finding.says) == (Mark.FINE, "1, 2; 2 is active")


@pytest.mark.usefixtures("light")
def test_a_passphrase_on_file_opens_it_too(tmp_path: Path) -> None:
    path, opener = tmp_path / "ring.json", tmp_path / "passphrase"
    create_vault(path, Passphrase("correct horse battery"), estate_id=LAKE).close()
    opener.write_text("correct horse battery\n", encoding="utf-8")
    opener.chmod(0o600)
    place = KeyPlace(keyring=path, passphrase_file=opener)
    assert {each.mark for each in keyring(place)} == {Mark.FINE}
    opener.write_text("another one altogether", encoding="utf-8")
    assert only(keyring(place), "key versions").mark is Mark.WRONG
    opener.write_bytes(b"\xff")
    assert "UTF-8" in only(keyring(place), "key versions").says


@pytest.mark.parametrize("opener", [b"short", bytes(32), None])
def test_an_opener_that_opens_nothing_needs_hands(ring: Path, opener: bytes | None) -> None:
    file = ring.with_name("key")
    file.unlink()
    if opener is not None:
        file.write_bytes(opener)
    finding = by_subject(keyring(KeyPlace(keyring=ring, keyfile=file)))["key versions"][0]
    assert finding.mark is Mark.WRONG


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"format": "yika-keyring"}'])
def test_a_keyring_that_is_none_needs_hands_and_none_is_made(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "keyring.json"
    if content is not None:
        path.write_bytes(content)
    finding = only(keyring(KeyPlace(keyring=path)), "keyring")
    assert finding.mark is Mark.WRONG
    assert "keyring.json" in finding.says
    assert path.exists() is (content is not None)


def test_demo_keys_are_named_as_such_without_their_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    create_vault(path, KEY, estate_id=EstateId("DEMO"), demo=True).close()
    finding = only(keyring(KeyPlace(keyring=path)), "keyring")
    assert finding.mark is Mark.WRONG
    assert "demo keys" in finding.says


@pytest.mark.parametrize("name", ["keyring.json", "key"])
def test_keys_that_every_account_may_read_need_hands(ring: Path, name: str) -> None:
    place = KeyPlace(keyring=ring, keyfile=ring.with_name("key"))
    assert "who reads keys" not in by_subject(keyring(place))
    ring.with_name(name).chmod(0o644)
    finding = only(keyring(place), "who reads keys")
    assert finding.mark is Mark.WRONG
    assert name in finding.says


def test_a_change_of_keys_that_ended_half_way_is_worth_a_look(ring: Path) -> None:
    ring.with_name("keyring.json.lock").touch()
    assert [each.mark for each in by_subject(keyring(KeyPlace(keyring=ring)))["keyring"]] == [
        Mark.FINE,
        Mark.LOOK,
    ]


@pytest.mark.parametrize("library", ["", "/nowhere/libtoken.so"])
def test_keys_in_a_token_need_the_library_that_speaks_to_it(tmp_path: Path, library: str) -> None:
    path = tmp_path / "keyring.json"
    version = {"version": 3, "public_key": "00" * 32, "signing": ""}
    head = {"estate": LAKE, "token": "vault-1", "versions": [version]}
    frame = {"format": "yika-token-keyring", "version": 1, "head": head, "tag": "00" * 16}
    path.write_text(json.dumps(frame), encoding="utf-8")
    path.chmod(0o600)
    found = by_subject(keyring(KeyPlace(keyring=path, pkcs11_library=library)))
    assert "vault-1" in found["keyring"][0].says
    assert found["token"][0].mark is Mark.WRONG
    there = tmp_path / "libtoken.so"
    there.touch()
    found = by_subject(keyring(KeyPlace(keyring=path, pkcs11_library=str(there))))
    assert found["key versions"][0].mark is Mark.LOOK
    assert "3; 3 is active" in found["key versions"][0].says


# --- the command ----------------------------------------------------------------------------------


def test_the_file_of_the_server_is_known_by_its_settings(ring: Path, quiet: Path) -> None:
    file = ring.with_name("server.toml")
    key = ring.with_name("key")
    file.write_text(
        f'database = "sqlite:///{quiet}"\nkeyring = "{ring}"\nkeyfile = "{key}"\n', encoding="utf-8"
    )
    result = doctor("--json", "--config", file)
    found = {each["subject"]: each for each in json.loads(result.stdout)["findings"]}
    assert found["key versions"]["says"] == "1, 2; 2 is active"
    assert found["tables"]["mark"] == Mark.FINE
    assert KEY.data.hex() not in result.output
    assert "card reader service" not in found


def test_a_word_on_the_command_line_counts_before_the_servers_file(ring: Path, quiet: Path) -> None:
    file = ring.with_name("server.toml")
    file.write_text('database = "sqlite:////nowhere/yika.db"\n', encoding="utf-8")
    words = ("--keyring", ring, "--database", f"sqlite:///{quiet}")
    assert str(quiet) in doctor("--config", file, *words).output
    sick = doctor("--config", file, "--keyring", ring)
    assert sick.exit_code == 1
    assert "/nowhere/yika.db" in sick.output


def test_a_setting_that_no_server_has_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('store = "sqlite:///yika.db"\n', encoding="utf-8")
    finding = only(findings([f"--config={file}"], lambda: NOON), "settings")
    assert finding.mark is Mark.WRONG
    assert "unknown settings: store" in finding.says


def test_server_alone_looks_where_yika_serve_would(
    ring: Path, quiet: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("YIKA_KEYRING", str(ring))
    monkeypatch.setenv("YIKA_DATABASE", f"sqlite:///{quiet}")
    with caplog.at_level(logging.DEBUG):
        result = doctor("--server")
    assert result.exit_code == 0, result.output
    assert "Nothing needs hands." in result.output
    assert KEY.data.hex() not in caplog.text
