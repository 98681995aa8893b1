"""The command line: lazy, plain-spoken, never a traceback for what a person can mend."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cardserver.domain.errors import RuleViolation
from drivers.errors import CardAbsent, CardUnsupported
from kiosk import cli

FAULTS = f"""
import click

@click.command()
def greet():
    click.echo("你好")

@click.command()
def absent():
    from {CardAbsent.__module__} import CardAbsent
    raise CardAbsent

@click.command()
def unsupported():
    from {CardUnsupported.__module__} import CardUnsupported
    raise CardUnsupported("A bank card lies on the reader")

@click.command()
def unreadable():
    open("no-such-folder/station.toml")

@click.command()
def mistaken():
    raise click.BadParameter("the period is over before it begins")

@click.command()
def broken():
    raise ZeroDivisionError("一除以零")

@click.command()
def interrupted():
    raise KeyboardInterrupt

@click.command()
def bare():
    import a_package_nobody_has

@click.command()
def muddled():
    from kiosk.cli import a_function_nobody_wrote
"""

NAMES = [
    "greet", "absent", "unsupported", "unreadable", "mistaken", "broken", "interrupted", "bare",
    "muddled",
]  # fmt: skip


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "yika.log"
    monkeypatch.setenv("YIKA_LOG", str(path))
    monkeypatch.delenv("YIKA_DEBUG", raising=False)
    return path


@pytest.fixture
def group(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> cli.LazyGroup:
    (tmp_path / "planted_commands.py").write_text(FAULTS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "planted_commands", raising=False)
    commands = {name: cli.Entry(f"planted_commands:{name}", name, "server") for name in NAMES}
    commands["lost"] = cli.Entry("planted_elsewhere:lost", "lost", "station")
    commands["odd"] = cli.Entry("planted_commands:click", "no command", "station")
    return cli.LazyGroup(commands, name="yika")


def run(group: cli.LazyGroup, *words: str) -> Result:
    return CliRunner().invoke(group, list(words))


def test_help_lists_every_command_and_imports_none_of_them() -> None:
    script = "import sys, kiosk.cli\ntry: kiosk.cli.main(['--help'])\nfinally: print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    *page, modules = ran.stdout.splitlines()
    listed = [line.split()[0] for line in page[page.index("Commands:") + 1 :] if line.strip()]
    assert listed[: len(cli.COMMANDS)] == list(cli.COMMANDS)
    roots = {name.partition(".")[0] for name in modules.split()}
    assert "kiosk" in roots
    assert roots.isdisjoint({"cardserver", "simulators", "drivers", "flask", "sqlalchemy", "httpx"})


def test_a_command_is_loaded_and_run_by_its_name(group: cli.LazyGroup) -> None:
    result = run(group, "greet")
    assert (result.exit_code, result.output) == (0, "你好\n")


def test_the_version_is_that_of_the_installed_package() -> None:
    result = run(cli.main, "--version")
    assert result.exit_code == 0
    assert result.output.startswith("yika, version 0.")


class FullDisk(io.StringIO):
    """A stream that takes nothing more."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("word", ["--version", "--help", "roles"])
def test_an_answer_that_finds_no_room_ends_in_a_sentence(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", FullDisk())
    with pytest.raises(SystemExit) as ended:
        cli.main([word])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "yika: No space left on device\n"


def test_a_password_that_no_terminal_hides_is_asked_for_without_words_of_python() -> None:
    script = "import kiosk.cli; kiosk.cli.main(['keys', 'show', '--keyring', 'none.json'])"
    asked = subprocess.run(
        [sys.executable, "-c", script], input="x\n", capture_output=True, text=True, check=False
    )
    assert "there is no file none.json" in asked.stderr
    assert "getpass" not in asked.stderr


def test_an_unknown_command_is_a_matter_of_wrong_words(group: cli.LazyGroup) -> None:
    result = run(group, "open-sesame")
    assert result.exit_code == 2
    assert "open-sesame" in result.stderr


def test_a_commands_own_usage_error_keeps_its_exit_code(group: cli.LazyGroup) -> None:
    result = run(group, "mistaken")
    assert result.exit_code == 2
    assert "the period is over before it begins" in result.stderr


@pytest.mark.parametrize(
    ("name", "part", "extra"),
    [("lost", "planted_elsewhere", "station"), ("bare", "a_package_nobody_has", "server")],
)
def test_a_missing_part_is_named_with_the_way_to_install_it(
    group: cli.LazyGroup, log: Path, name: str, part: str, extra: str
) -> None:
    result = run(group, name)
    assert result.exit_code == cli.NotInstalled.exit_code
    assert part in result.stderr
    assert f"yika[{extra}]" in result.stderr
    assert not log.exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent", "yika: card absent"),
        ("unsupported", "yika: A bank card lies on the reader (card-unsupported)"),
        ("unreadable", "yika: no-such-folder/station.toml: No such file or directory"),
    ],
)
def test_a_refusal_is_one_sentence(group: cli.LazyGroup, name: str, sentence: str) -> None:
    result = run(group, name)
    assert result.exit_code == cli.Refused.exit_code
    assert result.stderr == f"{sentence}\n"


@pytest.mark.parametrize("name", ["broken", "muddled", "odd"])
def test_a_fault_of_the_program_is_a_sentence_and_a_log_entry(
    group: cli.LazyGroup, log: Path, name: str
) -> None:
    result = run(group, name)
    assert result.exit_code == cli.OwnFault.exit_code
    assert "Traceback" not in result.output
    assert str(log) in result.stderr
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_faults_are_added_to_the_log_one_after_the_other(group: cli.LazyGroup, log: Path) -> None:
    run(group, "broken")
    run(group, "broken")
    assert log.read_text(encoding="utf-8").count("ZeroDivisionError: 一除以零") == 2


def test_a_log_that_cannot_be_written_is_said(
    group: cli.LazyGroup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("YIKA_LOG", str(tmp_path / "file" / "yika.log"))
    result = run(group, "broken")
    assert result.exit_code == cli.OwnFault.exit_code
    assert "YIKA_DEBUG=1" in result.stderr


def test_debugging_shows_the_traceback_too(
    group: cli.LazyGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YIKA_DEBUG", "1")
    result = run(group, "broken")
    assert result.exit_code == cli.OwnFault.exit_code
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError" in result.stderr


def test_an_interrupt_ends_quietly(group: cli.LazyGroup) -> None:
    result = run(group, "interrupted")
    assert result.exit_code == cli.INTERRUPTED
    assert "Traceback" not in result.output


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_text_a_code_page_lacks_does_not_stop_a_command(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp1252", errors="strict")
    cli.make_tolerant(stream)
    stream.write("卡 20.00")
    stream.flush()
    expected = "卡 20.00".encode() if platform == "win32" else b"? 20.00"
    assert raw.getvalue() == expected


@pytest.mark.parametrize(
    ("platform", "variable"), [("linux", "XDG_STATE_HOME"), ("win32", "LOCALAPPDATA")]
)
def test_the_log_stands_in_the_accounts_own_folder(
    monkeypatch: pytest.MonkeyPatch, platform: str, variable: str
) -> None:
    monkeypatch.delenv("YIKA_LOG", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, "state")
    assert cli.log_path() == Path("state", "yika", "yika.log")


def test_a_refusal_by_rule_is_said_as_a_screen_says_it() -> None:
    live = RuleViolation("customer-card-live", rule="IC-18a")
    words = "A customer is using this card. Please block or return it before formatting."
    assert cli.in_words(live) == f"{words} (customer-card-live, IC-18a)"
    unheard = RuleViolation("a-rule-of-tomorrow", message="Not today.")
    assert cli.in_words(unheard) == "Not today. (rule-violation)"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_can_be_loaded(name: str) -> None:
    command = cli.main.get_command(click.Context(cli.main), name)
    assert isinstance(command, click.Command)
    assert command.help, f"yika {name} explains itself"
