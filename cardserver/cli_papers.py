"""``yika papers``: pictures of papers, where the estate stores them."""

import click


@click.group()
def papers() -> None:
    """Keep the pictures of papers."""


@papers.command()
@click.option(
    "--database",
    default="sqlite:///yika.db",
    show_default=True,
    envvar="YIKA_DATABASE",
    show_envvar=True,
    help="sqlite:///FILE or postgresql+psycopg://…",
)
def purge(database: str) -> None:
    """Let all go whose day has come; the server does so daily by itself."""
    # Imported here so that ``yika --help`` stays quick. Letting go needs no card keys.
    from cardserver.services.imagepurge import purge_due
    from cardserver.services.opening import open_beside
    from cardserver.services.setup import SETUP
    from cardserver.vault import demo_vault

    estate = open_beside(database, demo_vault())
    click.echo(f"Pictures let go: {purge_due(estate, SETUP)}")
