"""`yika sim`: words, refusals and the card's file. The real pcscd is in tests/contract."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulators.cards.catalogue import CATALOGUE
from simulators.cards.desfire import VirtualDesfire
from simulators.cli import sim

UID = "04112233445566"
WAIT_S = 20.0


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(sim, words)
    return result.exit_code, result.output


def test_the_list_names_every_kind() -> None:
    code, output = run("list")
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == list(CATALOGUE)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--type", "felica", "--uid", UID), "no card kind 'felica'"),
        (("--type", "desfire-ev2", "--uid", "xyz"), "hex"),
        (("--type", "desfire-ev2", "--uid", "01020304"), "has 7 bytes, not 4"),
        (("--type", "desfire-ev2"), "--uid"),
        (("--type", "desfire-ev2", "--uid", UID, "--port", "0"), "--port"),
    ],
)
def test_wrong_words_are_answered_in_words(words: tuple[str, ...], message: str) -> None:
    code, output = run("card", *words)
    assert code == 2
    assert message in output


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": "desfire-ev2", "uid": "00"}'])
def test_a_file_that_holds_no_such_card_is_refused(tmp_path: Path, content: str) -> None:
    state = tmp_path / "card.json"
    state.write_text(content, encoding="utf-8")
    code, output = run("card", "--type", "desfire-ev2", "--uid", UID, "--state", str(state))
    assert code == 1
    assert "can't be taken over" in output
    assert state.read_text(encoding="utf-8") == content


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_card_is_kept_in_its_file_from_one_run_to_the_next(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    with socket.create_server(("127.0.0.1", 0)) as driver:
        driver.settimeout(WAIT_S)
        for expected in (b"\x91\x00", b"\x91\xde"):
            words = ["card", "--type", "desfire-ev2", "--uid", UID, "--state", str(state)]
            words += ["--port", str(driver.getsockname()[1])]
            code = "from simulators.cli import sim; sim()"
            process = subprocess.Popen(
                [sys.executable, "-c", code, *words], stderr=subprocess.PIPE, env=os.environ
            )
            line, _ = driver.accept()
            with line:
                line.settimeout(WAIT_S)
                create = bytes.fromhex("90CA000005 010203 0F81 00")
                line.sendall(len(create).to_bytes(2, "big") + create)
                assert line.recv(4) == b"\x00\x02" + expected
                process.send_signal(signal.SIGINT)
                _, words_said = process.communicate(timeout=WAIT_S)
            assert process.returncode == 0
            assert b"lies on vpcd port" in words_said
    card = VirtualDesfire(bytes.fromhex(UID))
    card.load(json.loads(state.read_text(encoding="utf-8")))
    assert list(card.picc.applications) == [b"\1\2\3"]
