"""`yika card`: look at, dump, issue and format the card on a reader, without a screen.

`info` needs a reader only. The others act through the card server with a desk's own CONFIG file:
they are the same operations as at the counter, journalled and settled alike.
"""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

import click

from cardserver.client import CardServerClient
from cardserver.domain.errors import AmountInvalid, RecordInvalid
from cardserver.domain.ids import card_number_text
from cardserver.domain.money import check_amount, yuan_text
from cardserver.domain.operation import OperationKind
from cardserver.domain.record import parse_payload
from cardserver.domain.rights import Slot
from cardserver.wire_operations import Settled
from cardserver.wire_requests import FormatRequest
from drivers.api.cards import Card, CardIdentity
from drivers.api.readers import CardReader
from drivers.cards.opening import open_card
from drivers.errors import CardAbsent
from drivers.identify import identify
from drivers.loader import load
from kiosk.station.beginning import begin, found_slots
from kiosk.station.config import Config, load_config
from kiosk.station.devices import open_paper, open_reader, open_server
from kiosk.station.issuing import CashOrder, Issued
from kiosk.station.issuing import issue as issue_card
from kiosk.station.operating import Step, carry_out

Result = TypeVar("Result")

_WAIT_S = 15.0
_CONFIG = click.option(
    "--config",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The desk's TOML file (docs/stations.md).",
)
_OPERATOR = click.option("--operator", required=True, help="Who does it; asked for the password.")
_PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the operator's password from the first line of this file.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def card() -> None:
    """Look at, dump, issue and format the card on a reader."""


@card.command()
@click.option("--reader", "name", default="", help="Part of the reader's name; any by default.")
@_JSON
def info(name: str, *, as_json: bool) -> None:
    """Recognise the card on the reader; nothing on it is touched."""
    reader = load("readers", "pcsc").open({"reader": name})
    identity = _with_channel(reader, lambda each: identify(each, full=True))
    facts = _facts(identity) | {"reader": reader.name}
    _show(facts, as_json=as_json)


@card.command()
@_CONFIG
@_OPERATOR
@_PASSWORD_FILE
@_JSON
def dump(path: Path, operator: str, password_file: Path | None, *, as_json: bool) -> None:
    """Read our records from the card with the server's reading keys."""
    config = load_config(path)
    server = _signed_in(config, operator, password_file)

    def job(each: Card) -> dict[str, object]:
        slots = found_slots(each, server)
        rights = {Slot(slot).name.lower(): _right(data) for slot, data in slots.items()}
        return _facts(each.identity) | rights

    _show(_on_card(config, job), as_json=as_json)


@card.command()
@_CONFIG
@click.option("--holder", "holder_id", type=int, required=True, help="The holder's number on file.")
@click.option("--received", required=True, help="Cash received, in yuan, e.g. 20.00.")
@click.option("--checked", is_flag=True, help="The notes went through the checker (FEE-03).")
@click.option("--verified", is_flag=True, help="The owner record was consulted (IC-02).")
@_OPERATOR
@_PASSWORD_FILE
@_JSON
def issue(
    *,
    path: Path,
    holder_id: int,
    received: str,
    operator: str,
    password_file: Path | None,
    checked: bool,
    verified: bool,
    as_json: bool,
) -> None:
    """Issue a new door card to an owner or a family member on file.

    A card pulled away too early is finished by the same command; what was paid counts.
    """
    config = load_config(path)
    if not verified:
        raise click.UsageError("please consult the owner record first, then add --verified (IC-02)")
    order = CashOrder(holder_id=holder_id, received_fen=_fen(received), checked=checked)
    server = _signed_in(config, operator, password_file)
    issued = _on_card(config, lambda each: issue_card(order, each, server, _tell))
    _finish(config, server, issued, as_json=as_json)


@card.command("format")
@_CONFIG
@click.option("--yes", is_flag=True, help="Do not ask.")
@_OPERATOR
@_PASSWORD_FILE
@_JSON
def format_(
    path: Path, operator: str, password_file: Path | None, *, yes: bool, as_json: bool
) -> None:
    """Erase our application from the card on the reader, back to its factory state (IC-18)."""
    config = load_config(path)
    server = _signed_in(config, operator, password_file)

    def job(each: Card) -> Settled:
        ticket = server.open_operation(each.identity.uid)
        if ticket is not None and ticket.kind is OperationKind.FORMAT:
            return carry_out(ticket, each, server, _tell)
        known = server.card(uid=each.identity.uid)
        if known is None:
            raise click.ClickException("this card is not on the issue list; it was not touched")
        if not yes:
            click.confirm(f"Format card {card_number_text(known.number)}?", abort=True, err=True)
        request = FormatRequest(card_number=known.number)
        return carry_out(begin(request, each, server, None), each, server, _tell)

    settled = _on_card(config, job)
    _show({"formatted": card_number_text(settled.card.number)}, as_json=as_json)


def _signed_in(config: Config, operator: str, password_file: Path | None) -> CardServerClient:
    """The line to the server in a person's own name. A password never stands on a command line."""
    server = open_server(config)
    if password_file is None:
        password = click.prompt(f"Password of {operator}", hide_input=True, err=True)
    else:
        password = password_file.read_text(encoding="utf-8-sig").partition("\n")[0].rstrip("\r")
    server.operators.sign_in(operator, password)
    return server


def _fen(yuan: str) -> int:
    try:
        amount = Decimal(yuan) * 100
        if amount == int(amount):
            return check_amount(int(amount))
    except (InvalidOperation, ValueError, OverflowError, AmountInvalid):
        pass
    raise click.BadParameter(f"{yuan} is no amount in yuan", param_hint="--received")


def _finish(config: Config, server: CardServerClient, issued: Issued, *, as_json: bool) -> None:
    settled = issued.settled
    facts: dict[str, object] = {
        "card_number": card_number_text(settled.card.number),
        "uid": settled.card.uid.hex(),
        "rights": {
            kind.value: f"{right.first} - {right.last}"
            for kind, right in settled.card.rights.items()
        },
        "received": yuan_text(issued.paid_fen),
        "change": yuan_text(issued.change_fen),
    }
    if settled.document is not None:
        facts["receipt"] = settled.document.number
        if config.printer is not None:
            _, result = open_paper(config, server).print_document(settled.document)
            facts["paper"] = result.value
    _show(facts, as_json=as_json)


def _on_card(config: Config, job: Callable[[Card], Result]) -> Result:
    return _with_channel(
        open_reader(config.reader), lambda channel: job(open_card(channel, full=True))
    )


def _with_channel(reader: CardReader, job: Callable[..., Result]) -> Result:
    try:
        if not reader.wait_card(0):
            click.echo(f"{reader.name}: please lay the card down", err=True)
            if not reader.wait_card(_WAIT_S):
                raise CardAbsent("no card was laid on the reader", device=reader.name)
        channel = reader.connect()
        try:
            return job(channel)
        finally:
            channel.close()
    finally:
        reader.close()


def _right(data: bytes | None) -> object:
    if data is None:
        return "torn"
    if not data:
        return None
    try:
        record = parse_payload(data)
    except RecordInvalid as error:
        return f"not a record of ours ({error.why})"
    return {
        "card_number": card_number_text(record.card_number),
        "holder_class": record.holder_class.value,
        "first": record.period.first.isoformat(),
        "last": record.period.last.isoformat(),
        "zones": f"{record.zones:08x}",
        "sequence": record.sequence,
        "key_version": record.key_version,
    }


def _facts(identity: CardIdentity) -> dict[str, object]:
    return {
        "card": identity.name,
        "kind": identity.kind.value,
        "uid": identity.uid.hex(),
        "atr": identity.atr.hex(),
        "supported": identity.supported,
    }


def _show(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        click.echo(f"{name:14} {value}")


def _tell(step: Step) -> None:
    click.echo(f"  {step.value}", err=True)
