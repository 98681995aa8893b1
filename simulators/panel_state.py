"""The whole simulated site as JSON: what the page shows and what a script reads."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from cardserver.client import ServerError
from cardserver.wire_books import JournalLine
from drivers.errors import DeviceNotFound
from kiosk.station.clock import ESTATE_ZONE, local_date
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import CATALOGUE
from simulators.faults import Fault
from simulators.panel_bench import Bench
from simulators.panel_log import Exchange
from simulators.panel_site import PanelReader, PanelSite
from simulators.payments.control import state_of as payments_state

JOURNAL_LINES: Final = 20

Json = dict[str, Any]


def state_of(site: PanelSite, bench: Bench, *, money: bool = True) -> Json:
    """Everything; without `money` the card server is not asked."""
    state: Json = {
        "run": bench.run,
        "clock": clock_state(site),
        "cards": [card_state(site, *each) for each in site.box.cards.items()],
        "readers": {name: reader_state(site, bench, name) for name in site.readers},
        "printers": {name: printer_state(site, bench, name) for name in site.printers},
        "acceptor": acceptor_state(site),
        "lanes": {name: lane_state(site, bench, name) for name in site.boards},
        "payments": payments_state(site.payments),
    }
    return state | money_state(site) if money else state


def clock_state(site: PanelSite) -> Json:
    """The estate's time. `days_ahead` counts calendar days from the real one."""
    now = site.clock.now()
    return {
        "now": now.isoformat(timespec="seconds"),
        "date": local_date(now).isoformat(),
        "time": _time_of_day(now),
        "offset_s": round(site.clock.offset.total_seconds()),
        "days_ahead": (local_date(now) - local_date(now - site.clock.offset)).days,
    }


def card_state(site: PanelSite, card_id: str, card: VirtualCard) -> Json:
    """A card: what it is, what a person calls it, and the reader it lies on."""
    return {
        "id": card_id,
        "label": site.box.label(card_id),
        "kind": card.kind,
        "name": CATALOGUE[card.kind].name,
        "uid": card.uid.hex().upper(),
        "where": site.box.where(card_id),
    }


def reader_state(site: PanelSite, bench: Bench, name: str) -> Json:
    """A reader; of the planned faults those that are still to come."""
    reader = site.readers[name]
    faults, plan = bench.plans.get(name, ((), None))
    seen = plan.seen if plan else 0
    return {
        "name": reader.name,
        "plugged": _plugged(reader),
        "card": site.box.on(name),
        "exchanges": reader.exchanges,
        "faults": [_fault_state(fault, seen) for fault in faults if fault.at >= seen],
        "fired": [fault.kind for fault in plan.fired] if plan else [],
        "log": bench.logs[name].on,
    }


def _plugged(reader: PanelReader) -> bool:
    try:
        reader.wait_card(0.0)
    except DeviceNotFound:
        return False
    return True


def _fault_state(fault: Fault, seen: int) -> Json:
    return {"kind": fault.kind, "at": fault.at, "bit": fault.bit, "left": fault.at - seen}


def printer_state(site: PanelSite, bench: Bench, name: str) -> Json:
    """A printer: how it stands, how many sheets came out, and whether one still hangs in it."""
    printer = site.printers[name]
    hanging = printer.hanging
    return {
        "condition": asdict(printer.condition),
        "stopped": printer.condition.stopped,
        "sheets": max(bench.shelves[name].sheets(), default=0),
        "hanging": not hanging.blank,
        "hanging_dots": hanging.height,
        "drawer_pulses": printer.drawer_pulses,
    }


def acceptor_state(site: PanelSite) -> Json:
    """What a person before the open machine would see."""
    return asdict(site.acceptor.view())


def lane_state(site: PanelSite, bench: Bench, name: str) -> Json:
    """A lane's relay board, what it moves and sees, its lamps and its display.

    `arm_height` is 0 for down (or shut) and 1 for up (or open).
    """
    barrier, traffic, display = site.boards[name], bench.traffic[name], site.displays.get(name)
    return {
        "openings": len(barrier.openings),
        "relay_closed": any(barrier.board.relays),
        "arm_up": barrier.arm_up,
        "arm_height": round(barrier.height, 2),
        "stuck": barrier.stuck,
        "vehicle_present": barrier.vehicle_present,
        "place": traffic.place,
        "passed": traffic.passed,
        "door_open": barrier.door.open if barrier.door is not None else None,
        "strike_free": barrier.door is not None and barrier.strike_free,
        "exit_button": barrier.exit_button,
        "fire": barrier.fire,
        "tamper": barrier.tamper,
        "loop_stuck": barrier.loop_stuck,
        "lamps": [lamp for lamp, lit in barrier.lamps.items() if lit],
        "display": list(display.lines) if display is not None else None,
        "display_colour": display.colour if display is not None else "",
    }


def money_state(site: PanelSite) -> Json:
    """The ledger as the card server tells it; `away` while it can't be asked."""
    try:
        trial, balances = site.trial(), dict(site.balances())
        journal = list(site.journal())[:JOURNAL_LINES]
    except ServerError as error:
        return {"money": {"away": True, "why": str(error)}, "journal": []}
    return {
        "money": {
            "away": False,
            "trial": trial.model_dump() | {"balanced": trial.balanced},
            "balances": balances,
        },
        "journal": [_journal_line(line) for line in journal],
    }


def _journal_line(line: JournalLine) -> Json:
    return line.model_dump(mode="json") | {
        "date": local_date(line.at).isoformat(),
        "time": _time_of_day(line.at),
    }


def exchange_state(exchange: Exchange) -> Json:
    """A line of the byte log."""
    return {
        "number": exchange.number,
        "time": _time_of_day(exchange.at),
        "command": exchange.command.hex(" ").upper(),
        "answer": exchange.answer.hex(" ").upper(),
    }


def _time_of_day(moment: datetime) -> str:
    return moment.astimezone(ESTATE_ZONE).strftime("%H:%M:%S")
