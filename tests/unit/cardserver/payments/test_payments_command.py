"""``yika payments`` as people call it: secrets from files, fingerprints out, never a key."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardserver.domain.demokeys import DEMO_ESTATE
from cardserver.domain.keys import EstateId
from cardserver.domain.sealed import KeyFile
from cardserver.vault import create_vault
from cardserver.vault_file import create_keyring
from kiosk.cli import Entry, LazyGroup
from simulators.payments.cli_pay import _commands, _write
from simulators.payments.merchant import Merchant
from tests.unit.cardserver.payments.payhouse import PayHouse

KEY = bytes(range(32))
YIKA = LazyGroup({"payments": Entry("cardserver.cli_payments:payments", "", "server")}, name="yika")
Yika = Callable[..., Result]


@pytest.fixture
def yika(tmp_path: Path) -> Yika:
    keyring, keyfile = tmp_path / "keyring.json", tmp_path / "keyring.key"
    create_vault(keyring, KeyFile(KEY), estate_id=EstateId("SUNNY01")).close()
    keyfile.write_bytes(KEY)
    environment = {"YIKA_KEYRING": str(keyring), "YIKA_PAYMENTS": str(tmp_path / "payments.json")}

    def run(*said: str, typed: str | None = None) -> Result:
        words = ["payments", *said, "--keyfile", str(keyfile)]
        return CliRunner().invoke(YIKA, words, input=typed, env=environment)

    return run


@pytest.fixture
def printed(tmp_path: Path, house: PayHouse) -> list[list[str]]:
    """The two commands that ``yika sim pay`` prints, over the simulated providers."""
    folder = tmp_path / "keys"
    _write(folder, Merchant())
    return [line.split()[2:] for line in _commands(house.server.base, Merchant(), folder)]


def test_the_commands_that_the_simulator_prints_make_a_merchant(
    yika: Yika, printed: list[list[str]]
) -> None:
    for said in printed:
        result = yika(*said)
        assert result.exit_code == 0, result.output
    checked = yika("check")
    assert checked.exit_code == 0, checked.output
    assert checked.output.count("answers, and knows us") == 2


def test_the_list_shows_numbers_and_fingerprints_and_no_key(
    yika: Yika, printed: list[list[str]]
) -> None:
    assert "no payment accounts" in yika("list").output
    for said in printed:
        yika(*said)
    shown = yika("list").output
    merchant = Merchant()
    assert merchant.mchid in shown
    assert merchant.seller_id in shown
    assert merchant.api_v3_key not in shown
    assert "BEGIN" not in shown


def test_an_account_is_forgotten(yika: Yika, printed: list[list[str]]) -> None:
    yika(*printed[0])
    assert "forgotten" in yika("remove", "wechat").output
    assert "there was none" in yika("remove", "wechat").output


def test_a_key_may_come_from_standard_input_and_the_v3_key_from_the_keyboard(
    yika: Yika, printed: list[list[str]]
) -> None:
    said = printed[0]
    place = said.index("--api-v3-key")
    result = yika(*said[:place], *said[place + 2 :], typed=f"{Merchant().api_v3_key}\n")
    assert result.exit_code == 0, result.output
    assert Merchant().api_v3_key not in result.output
    key = printed[1][printed[1].index("--private-key") + 1]
    said = ["-" if word == key else word for word in printed[1]]
    result = yika(*said, typed=Path(key).read_text())
    assert result.exit_code == 0, result.output


def test_a_wrong_file_is_refused_and_nothing_is_kept(
    yika: Yika, printed: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / "keys" / "app_key.pem").write_text("no key")
    result = yika(*printed[1])
    assert result.exit_code == 1
    assert "private_key" in result.output
    assert "account-invalid" in result.output
    assert not (tmp_path / "payments.json").exists()


def test_wrong_keys_at_the_provider_are_found_out(
    yika: Yika, printed: list[list[str]], tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    (keys / "apiclient_key.pem").write_text((keys / "app_key.pem").read_text())
    (keys / "app_key.pem").write_text((keys / "app_key.pem").read_text())
    for said in printed:
        assert yika(*said).exit_code == 0
    result = yika("check")
    assert result.exit_code == 1
    assert "wechat: wechat refused (SIGN_ERROR)" in result.output
    assert "alipay: answers" in result.output


def test_demo_keys_seal_no_account(printed: list[list[str]], tmp_path: Path) -> None:
    keyring, keyfile = tmp_path / "demo.json", tmp_path / "demo.key"
    create_keyring(keyring, KeyFile(KEY), estate_id=DEMO_ESTATE, demo=True)
    keyfile.write_bytes(KEY)
    opening = ["--keyring", str(keyring), "--keyfile", str(keyfile)]
    said = ["payments", *printed[0], *opening, "--payments", str(tmp_path / "p.json")]
    result = CliRunner().invoke(YIKA, said)
    assert result.exit_code == 1
    assert "demo-keys-refused" in result.output
    assert not (tmp_path / "p.json").exists()
