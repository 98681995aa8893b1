"""A kiosk in a process of its own whose resident also pays with the phone, killed at a given step.

Beside the steps of `tests.scenario.killed_kiosk` each answer from a payment provider is one. The
providers stand outside, on a port of this machine, and outlive kiosk and server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

import cardserver.payments.alipay
import cardserver.payments.wechat  # noqa: F401 - loaded before the process is forked
from cardserver.payments.accounts import Account
from cardserver.payments.api import Order, Payment, PaymentProvider, Refund
from cardserver.payments.loader import providers
from cardserver.services.settler import Settler
from cardserver.wire_payments import Provider
from drivers.acceptors import ssp
from kiosk.selfservice import machine as machine_module
from kiosk.selfservice import scanning
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.visit import Touch
from simulators.acceptor import YUAN
from simulators.reader import VirtualReader
from tests.databases.servers import server_of
from tests.scenario.ground import Ground
from tests.scenario.killed import CARD, Job, Lasting, Step, Steps, open_ground, read_card
from tests.scenario.killed_kiosk import JOURNAL, LOOK_S, STEPS, Heard, Watched, open_machine, until

_ENDED = {Screen.WRITING, Screen.DONE}
NOTE = 100 * YUAN


@dataclass
class Overheard:
    """A provider; every answer from it is a step, just before we know it."""

    provider: PaymentProvider
    steps: Steps

    def _call(self, call: Callable[..., Any], *words: object) -> Any:
        answer = call(*words)
        self.steps(Step.ANSWER)
        return answer

    def create(self, order: Order) -> str:
        return str(self._call(self.provider.create, order))

    def query(self, number: str) -> Payment:
        found: Payment = self._call(self.provider.query, number)
        return found

    def close(self, number: str) -> Payment:
        found: Payment = self._call(self.provider.close, number)
        return found

    def refund(self, *words: object) -> Refund:
        found: Refund = self._call(self.provider.refund, *words)
        return found

    def query_refund(self, *words: object) -> Refund:
        found: Refund = self._call(self.provider.query_refund, *words)
        return found


def with_phones(ground: Ground, accounts: Sequence[Account]) -> Ground:
    """The estate has accounts with providers."""
    return _with(ground, providers(accounts))


def _with(ground: Ground, found: Mapping[str, Any]) -> Ground:
    ground.estate = replace(ground.estate, providers=found)
    ground.line.way = httpx.WSGITransport(app=server_of(ground.estate))
    return ground


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneJob:
    """What the process is told beside `Job`: lines, providers, and what the resident does."""

    acceptor_path: str
    printer_port: int
    accounts: Sequence[Account]
    plan: Sequence[str]


def perform(job: Job, phone: PhoneJob, last: int) -> None:
    """The process: one resident tops up one month, each part as the plan says."""
    machine_module.__dict__["_POLL_S"] = LOOK_S
    scanning.__dict__["_LOOK_S"] = LOOK_S
    ground, path, steps = open_ground(job), job.folder / CARD, Steps(last)
    overheard = {name: Overheard(each, steps) for name, each in providers(phone.accounts).items()}
    _with(ground, overheard)
    card, reader = read_card(job.kind, job.uid, path), VirtualReader()
    acceptor = Heard(ssp.DRIVER.open({"port": phone.acceptor_path}), steps)
    machine = open_machine(
        ground, reader, acceptor, phone.printer_port, Watched(job.folder / JOURNAL, steps)
    )
    machine.start()
    until(lambda: machine.screen is Screen.ATTRACT)
    steps.watch_store(ground.engine)
    ground.line.after = lambda request: steps.answered(request) if _tells(request) else None
    settler = Settler(ground.estate, pace=lambda _state, _tries: LOOK_S * 4)
    settler.start()
    reader.plan(Lasting(card, path, steps))
    reader.insert(card)
    until(lambda: machine.screen is Screen.MONTHS)
    machine.touch(Touch(Event.MONTHS_CHOSEN, 1))
    machine.touch(Touch(Event.CONFIRMED))
    for place, word in enumerate(phone.plan, start=1):
        follow(machine, word, notes=phone.plan[:place].count("note"))
    until(lambda: machine.screen is Screen.DONE)
    (job.folder / STEPS).write_text("\n".join(steps.seen), encoding="ascii")


def _tells(request: httpx.Request) -> bool:
    """Looking again and again at a code is no step."""
    return request.method == "POST"


def _are_in(machine: Machine, notes: int) -> bool:
    return machine.till.received_fen >= notes * NOTE and not machine.till.busy


def follow(machine: Machine, word: str, *, notes: int) -> None:
    """One part of what the resident does at the screen; so many `notes` are in after it."""
    match word:
        case "note":
            until(lambda: _are_in(machine, notes) or machine.screen in _ENDED)
        case "back":
            machine.touch(Touch(Event.BACK))
            until(lambda: machine.screen in {Screen.PAY, *_ENDED})
        case "wechat" | "alipay":
            provider: Provider = "wechat" if word == "wechat" else "alipay"
            machine.touch(Touch(Event.QR_CHOSEN, provider=provider))
            until(lambda: bool(machine.scan.code) or machine.screen in _ENDED)
        case _:
            raise ValueError(word)
