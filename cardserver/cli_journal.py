"""``yika verify-journal``: prove that the card register F1 is whole (IC-17, IC-19d).

Reads only. Exit code 0 when everything holds, 1 when it does not, with the first broken row named.
"""

import re
from typing import Final

import click

_NOTED: Final = "--noted"
_HEX: Final = re.compile(r"[0-9a-fA-F]{8,64}")


@click.command(name="verify-journal", context_settings={"auto_envvar_prefix": "YIKA"})
@click.option(
    "--database",
    default="sqlite:///yika.db",
    show_default=True,
    help="sqlite:///FILE or postgresql+psycopg://…",
)
@click.option(
    _NOTED,
    type=(click.IntRange(min=1), str),
    metavar="ROW HASH",
    help="A row's number and the beginning of its hash from the foot of a printed form F1.",
)
def verify_journal(database: str, noted: tuple[int, str] | None) -> None:
    """Prove the card register: its chain, its numbering, a row for every card."""
    # Imported here so that ``yika --help`` stays quick.
    from cardserver.services.registerproof import Noted, prove_store

    wanted = None if noted is None else Noted(number=noted[0], hash_begins=_hash(noted[1]))
    found = prove_store(database, wanted)
    click.echo(
        f"Register 7.5.1-G01-01-F1: {found.rows} rows, {found.signatures} signatures, "
        f"{found.issued} new cards."
    )
    if found.broken:
        raise click.ClickException(f"The register does not hold: {found.broken}.")
    click.echo(f"It is whole. Head: row {found.rows}, {found.head.hex()}")


def _hash(text: str) -> str:
    if not _HEX.fullmatch(text):
        raise click.BadParameter("say at least 8 hex digits of the hash", param_hint=_NOTED)
    return text
