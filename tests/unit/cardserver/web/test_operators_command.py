"""``yika operators`` beside a database: the first administrator, and no password to be read."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from cardserver.cli_operators import operators
from cardserver.db.engine import StoreUnusable
from cardserver.domain.errors import RuleViolation
from cardserver.domain.station import StationKind
from cardserver.services import passwords
from cardserver.services.opening import open_estate
from cardserver.services.signingin import sign_in
from cardserver.services.turn import Caller
from cardserver.vault import demo_vault
from cardserver.wire_operators import SignInRequest

GOOD = "three white herons"


@pytest.fixture(autouse=True)
def light_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", passwords._DEMO_HASHER)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'yika.db'}"


def yika(database: str, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(operators, [*words, "--database", database], input=typed)


def test_the_first_administrator_is_put_on_file_with_a_password_asked_twice(database: str) -> None:
    added = yika(
        database, "add", "系统管理员", "--role", "administrator", typed=f"{GOOD}\n{GOOD}\n"
    )
    assert added.exit_code == 0, added.output
    assert "系统管理员: administrator" in added.output
    assert GOOD not in added.output
    assert "系统管理员: administrator" in yika(database, "list").output


def test_people_are_changed_and_let_go(database: str, tmp_path: Path) -> None:
    secret = tmp_path / "password.txt"
    secret.write_text(f"{GOOD}\nsecond line\n", encoding="utf-8")
    file = ("--password-file", str(secret))
    yika(database, "add", "系统管理员", "--role", "administrator", *file)
    yika(database, "add", "张晓", "--role", "agent", *file)
    changed = yika(database, "roles", "张晓", "--role", "agent", "--role", "cash-responsible")
    assert "张晓: agent cash-responsible" in changed.output
    assert "(disabled)" in yika(database, "disable", "张晓").output
    assert "(disabled)" not in yika(database, "enable", "张晓").output
    assert yika(database, "password", "张晓", *file).exit_code == 0
    kept = (tmp_path / "yika.db").read_bytes() + (tmp_path / "yika.db-wal").read_bytes()
    assert "张晓".encode() in kept
    assert GOOD.encode() not in kept


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("add", "张晓"), "password"),
        (("disable", "谁"), "nobody called 谁"),
        (("add", "张晓", "--role", "king"), "king"),
        (("add", "x" * 61), "1 to 60"),
        (("add", "a\nb"), "1 to 60"),
        (("password", "谁"), "nobody called 谁"),
    ],
)
def test_what_cannot_be_is_said(database: str, words: tuple[str, ...], reason: str) -> None:
    open_estate(database, demo_vault(), name="Yika").engine.dispose()
    answer = yika(database, *words, typed="short\nshort\n")
    assert answer.exit_code != 0
    assert reason in answer.output + str(answer.exception)


@pytest.mark.parametrize("words", [("list",), ("disable", "张晓"), ("unlock", "张晓")])
def test_an_address_where_no_store_is_is_no_empty_estate(
    database: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    refused = yika(database, *words).exception
    assert isinstance(refused, StoreUnusable)
    assert "there is no database" in str(refused)
    assert list(tmp_path.iterdir()) == [], "and none is made"


def test_the_last_administrator_stays(database: str) -> None:
    yika(database, "add", "系统管理员", "--role", "administrator", typed=f"{GOOD}\n{GOOD}\n")
    answer = yika(database, "disable", "系统管理员")
    assert answer.exit_code != 0
    assert "somebody must be left" in str(answer.exception)


def test_a_wait_after_wrong_passwords_is_ended_beside_the_database(database: str) -> None:
    yika(database, "add", "张晓", "--role", "agent", typed=f"{GOOD}\n{GOOD}\n")
    estate = open_estate(database, demo_vault(), name="翠湖")
    desk = Caller(station="desk-1", kind=StationKind.DESK)
    request = SignInRequest(name="张晓", password=SecretStr("not this one"))
    for _ in range(3):
        with pytest.raises(RuleViolation):
            sign_in(estate, desk, request)
    estate.engine.dispose()
    assert "(waits after wrong passwords)" in yika(database, "list").output
    assert "waits" not in yika(database, "unlock", "张晓").output
    assert yika(database, "unlock", "谁").exit_code != 0


def test_offices_that_ic_14_keeps_apart_are_given_to_nobody(database: str) -> None:
    both = ("--role", "administrator", "--role", "front-desk-head")
    answer = yika(database, "add", "系统管理员", *both, typed=f"{GOOD}\n{GOOD}\n")
    assert "offices-apart" in str(answer.exception)
    assert yika(database, "list").output == ""
