"""`yika doctor`: find out what is wrong on this machine, and say what to do about it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from cardserver.domain.finding import Finding, Mark
from kiosk.checkup.beside import is_servers, visit_server
from kiosk.checkup.visit import visit

_SIGNS: Final = {Mark.FINE: "✓", Mark.LOOK: "!", Mark.WRONG: "✕"}
_SUBJECT_WIDTH: Final = 20


@click.command()
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A station's TOML file: look at its devices and its server too (docs/stations.md). Or the "
    "file of `yika serve`: look at keyring and database.",
)
@click.option(
    "--server",
    "beside",
    is_flag=True,
    help="This machine is the card server's: look at keyring and database, also while it is down.",
)
@click.option("--database", help="Look at this database; see `yika serve --help`.")
@click.option("--keyring", help="Look at this keyring.")
@click.option("--passphrase-file", help="Open the keyring with the passphrase (or PIN) in it.")
@click.option("--keyfile", help="Open the keyring with this key file.")
@click.option("--pkcs11-library", help="The PKCS#11 module, for keys in a token.")
@click.option(
    "--ask-acceptor",
    is_flag=True,
    help="Speak to the banknote acceptor. Stop the kiosk first and leave no note in the slot: "
    "what the acceptor then tells of notes is shown here and not booked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(
    path: Path | None,
    *,
    beside: bool,
    ask_acceptor: bool,
    as_json: bool,
    **named: str | None,
) -> None:
    """Find out what is wrong and what to do.

    ✓ is fine, ! is worth knowing, ✕ needs hands. No card, note, paper or barrier is moved, no
    database or key is made, changed or shown. Exit code 1 when something needs hands, else 0.
    """
    words = [f"--{name.replace('_', '-')}={value}" for name, value in named.items() if value]
    if beside or words or (path is not None and is_servers(path)):
        findings = visit_server(path, words)
    else:
        findings = visit(path, ask_acceptor=ask_acceptor)
    sick = _as_json(findings) if as_json else _as_text(findings)
    if sick:
        raise click.exceptions.Exit(1)


def _as_json(findings: Iterable[Finding]) -> int:
    found = list(findings)
    sick = _sick(found)
    facts = {"ok": not sick, "findings": [asdict(finding) for finding in found]}
    click.echo(json.dumps(facts, ensure_ascii=False))
    return sick


def _as_text(findings: Iterable[Finding]) -> int:
    """Each finding is shown as soon as it is there, as some take their time."""
    found = []
    for finding in findings:
        found.append(finding)
        click.echo(f"{_SIGNS[finding.mark]} {finding.subject:{_SUBJECT_WIDTH}} {finding.says}")
        if finding.advice:
            click.echo(f"  {'':{_SUBJECT_WIDTH}} → {finding.advice}")
    sick = _sick(found)
    click.echo(f"{sick} thing(s) need hands." if sick else "Nothing needs hands.")
    return sick


def _sick(found: Iterable[Finding]) -> int:
    return sum(finding.mark is Mark.WRONG for finding in found)
