"""The command ``yika``: a table of commands, each loaded only when it is called.

`COMMANDS` names every command's function by a dotted string, so that ``yika --help`` needs nothing
but click, and so that a gate without the server's packages still has the commands it can run.

Exit codes: 0 done; 1 a device, a card, a file or the server said no; 2 wrong words on the command
line; 3 a part is not installed; 70 a fault of the program itself (EX_SOFTWARE of sysexits.h), with
its traceback in the log. ``YIKA_DEBUG=1`` shows tracebacks, ``YIKA_LOG`` moves the log.
"""

import os
import sys
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

INTERRUPTED: Final = 130

CALLED: Final = f"{__name__}.called"  # where a context keeps the name of the command
OUR_PACKAGES: Final = frozenset({"cardserver", "drivers", "kiosk", "printer", "simulators"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: `target` is ``module:function``, `extra` the part of the package it needs."""

    target: str
    summary: str
    extra: str


COMMANDS: Final[Mapping[str, Entry]] = {
    "demo": Entry("simulators.demo:demo", "Run a whole site on simulated hardware.", "demo"),
    "doctor": Entry("kiosk.cli_doctor:doctor", "Find out what is wrong and what to do.", "station"),
    "card": Entry("kiosk.cli_card:card", "Look at, issue, format or dump a card.", "station"),
    "keys": Entry("cardserver.cli:keys", "Make, roll and hand out the estate's keys.", "server"),
    "serve": Entry("cardserver.cli:serve", "Run the card server.", "server"),
    "verify-journal": Entry(
        "cardserver.cli_journal:verify_journal", "Prove that the card register is whole.", "server"
    ),
    "operators": Entry(
        "cardserver.cli:operators", "Keep the people who may sign in at the desk.", "server"
    ),
    "papers": Entry("cardserver.cli:papers", "Let pictures of papers go on their day.", "server"),
    "payments": Entry(
        "cardserver.cli:payments", "Keep the accounts with WeChat Pay and Alipay.", "server"
    ),
    "roles": Entry("cardserver.cli:roles", "Print which office carries which right.", "server"),
    "gates": Entry("cardserver.cli:gates", "Keep the gates that may come in.", "server"),
    "desk": Entry("kiosk.cli_station:desk", "Run a front desk.", "station"),
    "kiosk": Entry("kiosk.cli_station:kiosk", "Run a self-service kiosk.", "station"),
    "gate": Entry("kiosk.cli_station:gate", "Run a gate, or enrol it.", "station"),
    "sim": Entry("simulators.cli:sim", "Simulate one card, printer or device.", "demo"),
}


class Ending(click.ClickException):
    """The end of a command that could not do its work: one plain sentence on stderr."""

    def show(self, file: Any = None) -> None:
        """Print the sentence as it stands: a refusal is an answer, not an accident."""
        click.echo(f"yika: {self.format_message()}", file=file, err=file is None)


class Refused(Ending):
    """A device, a card, a file or the server said no."""

    exit_code = 1


class NotInstalled(Ending):
    """The command needs a part that is not on this machine."""

    exit_code = 3


class OwnFault(Ending):
    """The program itself is at fault."""

    exit_code = 70


class LazyGroup(click.Group):
    """A group whose commands are imported when called, and whose faults end in a sentence."""

    def __init__(self, commands: Mapping[str, Entry], **settings: Any) -> None:
        super().__init__(**settings)
        self.entries = commands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Names in the order of the table."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command. Raises ImportError where its module or a part it needs is missing."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        ctx.meta[CALLED] = cmd_name
        module, _, function = entry.target.partition(":")
        command = getattr(import_module(module), function)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.target} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line (click's entry point) on streams that can carry Chinese."""
        for stream in (sys.stdout, sys.stderr):
            make_tolerant(stream)
        # Where there is no terminal a password is read all the same; Python's own warning of it
        # says no more than the prompt does.
        warnings.filterwarnings("ignore", message="Can not control echo")
        try:
            return super().main(*args, **extra)
        except OSError as error:  # of help and version: they are written before a command begins
            Refused(in_words(error)).show()
            sys.exit(Refused.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it lets through becomes a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click's own ends
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            if debugging():
                traceback.print_exception(error, file=sys.stderr)
            raise self._ending(error, ctx.meta.get(CALLED, "")) from error

    def _ending(self, error: Exception, name: str) -> Ending:
        entry = self.entries.get(name)
        if isinstance(error, ImportError) and entry and is_missing_part(error, entry):
            return NotInstalled(
                f"`yika {name}` needs a part that is not installed here ({error}). "
                f"Install it with: pip install 'yika[{entry.extra}]'"
            )
        if is_foreseen(error):
            return Refused(in_words(error))
        kind = type(error).__name__
        return OwnFault(f"Something went wrong inside the program ({kind}); {note_in_log(error)}")


def is_missing_part(error: ImportError, entry: Entry) -> bool:
    """True when a third-party package, a shared library of one, or the command's module is missing.

    False when one of our own modules imports something that another of them does not have.
    """
    module = entry.target.partition(":")[0]
    name = error.name or ""
    if name == module or module.startswith(f"{name}."):
        return isinstance(error, ModuleNotFoundError)
    return name.partition(".")[0] not in OUR_PACKAGES


def is_foreseen(error: Exception) -> bool:
    """True for the error families of our packages (they carry a `code`) and for the system's no."""
    ours = type(error).__module__.partition(".")[0] in OUR_PACKAGES
    return isinstance(error, OSError) or (ours and isinstance(getattr(error, "code", None), str))


def in_words(error: Exception) -> str:
    """Say a foreseen error in one line, with its stable code for the telephone."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if hasattr(error, "rule") and (said := as_a_screen_says_it(error)):
        return said
    code = str(getattr(error, "code", ""))
    words = str(error) or code
    if not code:
        return words or type(error).__name__
    return code.replace("-", " ") if words == code else f"{words} ({code})"


def as_a_screen_says_it(error: Exception) -> str:
    """The desk's words for a rule that forbids something; empty where it has none for it."""
    from kiosk.station.i18n import catalogue
    from kiosk.station.problems import refusal_of

    code, rule = refusal_of(error)
    words = catalogue("en").get(f"problem.{code}", "")
    return words and f"{words} ({', '.join(filter(None, (code, rule)))})"


def debugging() -> bool:
    """True when the environment asks for tracebacks: YIKA_DEBUG is set and not 0."""
    return os.environ.get("YIKA_DEBUG", "0") not in {"", "0"}


def log_path() -> Path:
    """Where faults are noted: YIKA_LOG, else the account's folder for such things."""
    if named := os.environ.get("YIKA_LOG"):
        return Path(named)
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        folder = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(os.path.expanduser(folder), "yika", "yika.log")  # noqa: PTH111  # never raises


def note_in_log(error: Exception) -> str:
    """Append the traceback to the log; say where it stands, or that it could not be kept."""
    path = log_path()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    text = "".join(traceback.format_exception(error))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{when}\n{text}\n")
    except OSError:
        return f"its log {path} can't be written. YIKA_DEBUG=1 shows the details."
    return f"the details are in {path}."


def make_tolerant(stream: Any) -> None:
    """Let a text stream carry any text: UTF-8 on Windows, a replacement sign in other code pages.

    A Windows console takes Unicode, but a pipe or file gets the old code page by default; and a
    name that a terminal can't show must not stop a command half-way.
    """
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None or str(stream.encoding).lower().replace("-", "") == "utf8":
        return
    if sys.platform == "win32":
        reconfigure(encoding="utf-8", errors="replace")
    else:
        reconfigure(errors="replace")


main: Final = LazyGroup(
    COMMANDS,
    name="yika",
    help="Cards for a residential estate: issued at the desk, paid for, honoured at the gate.",
    epilog="`yika COMMAND --help` explains one command. Exit codes: 0 done, 1 refused, "
    "2 wrong words, 3 a part is not installed, 70 a fault of the program.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(package_name="yika", prog_name="yika")(main)

if __name__ == "__main__":
    main()
