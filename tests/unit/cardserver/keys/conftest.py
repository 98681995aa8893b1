"""Secrets that cost little, a random vault, and a SoftHSM2 token of our own."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardserver.domain.keys import EstateId
from cardserver.domain.sealed import KeyFile, Passphrase
from cardserver.vault import Vault
from cardserver.vault_file import FileStore, new_keys

ESTATE = EstateId("SUNNY01")
LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
PIN = "a pin of the tests"


@pytest.fixture
def estate() -> EstateId:
    return ESTATE


@pytest.fixture
def passphrase() -> Passphrase:
    return Passphrase("correct horse battery staple")


@pytest.fixture
def key_file() -> KeyFile:
    return KeyFile(secrets.token_bytes(32))


@pytest.fixture
def store() -> FileStore:
    return FileStore([new_keys(1), new_keys(2)], estate_id=ESTATE, demo=False)


@pytest.fixture
def vault(store: FileStore) -> Vault:
    return Vault(store)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """A token of SoftHSM2."""

    library: str
    label: str
    pin: Passphrase


@pytest.fixture(scope="session")
def soft_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    library = next((path for path in LIBRARIES if Path(path).exists()), None)
    tool = shutil.which("softhsm2-util")
    if library is None or tool is None:
        pytest.skip("SoftHSM2 is not installed (Debian package softhsm2)")
    folder = tmp_path_factory.mktemp("softhsm")
    settings = folder / "softhsm2.conf"
    (folder / "tokens").mkdir()
    settings.write_text(
        f"directories.tokendir = {folder / 'tokens'}\n"
        "objectstore.backend = file\nlog.level = ERROR\n",
        encoding="utf-8",
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    label = "yika-tests"
    words = [tool, "--init-token", "--free", "--label", label, "--so-pin", "4321", "--pin", PIN]
    subprocess.run(words, check=True, capture_output=True)
    yield SoftToken(library=library, label=label, pin=Passphrase(PIN))
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before
