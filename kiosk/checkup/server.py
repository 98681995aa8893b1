"""The card server as this station sees it: is it there, does it know us, does its clock agree?

A gate is known by its own key, every other station by a token.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerRefused, ServerUnavailable, connect
from cardserver.domain.finding import Finding, fine, look, wrong
from cardserver.domain.keys import VaultError
from cardserver.wire_books import Health
from kiosk.checkup.machine import own_version
from kiosk.gate.reckoning import DRIFT_ALLOWED
from kiosk.gate.registration import is_withdrawn
from kiosk.gate.station import open_line
from kiosk.station.config import Config, ConfigInvalid
from kiosk.station.devices import open_server

_NOBODY: Final = bytes(4)
_ENROL_ANEW: Final = (
    "To go on: `yika gate enrol --anew CONFIG NAME` here, what it prints beside the server, and "
    "start the gate again. Otherwise take the gate away."
)
_ENROL: Final = "Run `yika gate enrol CONFIG NAME` here, then what it prints beside the server."


def server(config: Config, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at the server of a station's file, and at its token or key."""
    subject = _subject(config)
    try:
        part = config.gate
        client = open_server(config) if part is None else open_line(config, part, now)
    except (ConfigInvalid, VaultError) as error:
        advice = "Ask for a token with `yika serve … --add-station NAME KIND` and put it there."
        yield wrong(subject, str(error), advice if config.gate is None else _ENROL)
        return
    with client, connect(config.station.server, "nobody") as anybody:
        before = now()
        try:
            health = anybody.health()  # a gate believes signed answers only, and this is to all
        except ServerUnavailable as error:
            advice = "Does `yika serve` run there, its database free? Is the address right?"
            yield wrong("server", f"{config.station.server} does not answer ({error})", advice)
            return
        except ServerRefused as error:
            yield wrong("server", f"it is there and unwell: {error}", "See the server's own log.")
            return
        yield from of_health(health)
        yield from _of_clock(health.time - (before + (now() - before) / 2))
        yield from _token(client, config)


def of_health(health: Health) -> Iterator[Finding]:
    """What a server that answers says about itself, its database and its clock."""
    says = f"{health.estate}, version {health.version}"
    if health.version != own_version():
        yield look("server", f"{says}; here it is {own_version()}", "Bring both to one version.")
    else:
        yield fine("server", says)
    open_count = health.open_operations
    if open_count:
        says = f"it answers; {open_count} operation(s) wait for their card"
        yield look("database", says, "Lay those cards on a desk's reader, or see to them there.")
    else:
        yield fine("database", "it answers; no operation is open")
    if not health.clock_ok:
        advice = "Set the server's clock; until then it refuses to change anything."
        yield wrong("server's clock", f"set back: it says {health.time:%Y-%m-%d %H:%M:%S}", advice)


def _of_clock(ahead: timedelta) -> Iterator[Finding]:
    seconds = round(abs(ahead).total_seconds(), 1)
    if abs(ahead) <= DRIFT_ALLOWED:
        yield fine("clocks", f"this machine and the server differ by {seconds} s")
        return
    side = "behind" if ahead > timedelta(0) else "ahead of"
    yield wrong(
        "clocks",
        f"this machine is {seconds} s {side} the server",
        "Let both follow the same time server (NTP); set the time zone to Asia/Shanghai.",
    )


def _token(client: CardServerClient, config: Config) -> Iterator[Finding]:
    """Try it on a call that changes nothing and that a station of this kind may make."""
    subject = _subject(config)
    is_desk = config.gate is None and config.acceptor is None
    names: list[str] = []
    try:
        if config.gate is not None:
            client.gates.last_event(str(uuid4()))
        elif is_desk:
            _ask_as_desk(client)
            names = client.operators.names()
        else:
            client.card(uid=_NOBODY)
    except ServerUnavailable as error:
        yield wrong(subject, f"the server stopped answering ({error})", "Try again.")
    except ServerRefused as error:
        yield _of_refusal(error) if config.gate is None else _of_gate(error)
    else:
        yield fine(subject, "the server knows this station")
        if is_desk and not names:
            advice = "Put the first person on file with `yika operators add` beside the server."
            yield wrong("operators", "nobody can sign in at this desk yet", advice)


def _ask_as_desk(client: CardServerClient) -> None:
    """A call for which somebody has to sign in at a desk, and which no machine may make at all."""
    try:
        client.holder(1)
    except ServerRefused as error:
        if error.code not in {"not-signed-in", "not-found"}:
            raise


def _subject(config: Config) -> str:
    return "token" if config.gate is None else "own key"


def _of_gate(error: ServerRefused) -> Finding:
    """The server answered a gate, and does not take its word."""
    if is_withdrawn(error):
        says = "the server withdrew this gate's registration; lanes go on with the list they have"
        return wrong("own key", says, _ENROL_ANEW)
    return wrong("own key", str(error), _ENROL)


def _of_refusal(error: ServerRefused) -> Finding:
    if error.code == "not-permitted":
        advice = "Use the token of a station of this kind (yika serve … --add-station NAME KIND)."
        return wrong("token", "it belongs to a station of another kind", advice)
    if error.code == "not-signed-on":
        advice = "Ask for a new one with `yika serve … --add-station NAME KIND`."
        return wrong("token", "the server does not know it", advice)
    return wrong("token", str(error), "See the server's own log.")
