"""The panel's calls for the machines: printers and the banknote acceptor."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from simulators.acceptor_path import Stage
from simulators.panel_bench import Bench
from simulators.panel_body import BadCall, body
from simulators.panel_site import PanelSite
from simulators.panel_state import Json, acceptor_state, printer_state
from simulators.paper import VirtualPrinter
from simulators.paper_sheet import Sheet

HANGING: Final = "hanging"
BYTE_LIMIT: Final = 1_000_000
NOTE_LIMIT_FEN: Final = 1_000_000
COMMAND_LIMIT: Final = 10_000
CONDITIONS: Final = (
    "powered",
    "cover_open",
    "paper_out",
    "paper_near_end",
    "cutter_jammed",
    "offline",
    "mute",
)
CUTS: Final = tuple(stage for stage in Stage if stage not in {Stage.EMPTY, Stage.JAMMED})


def blueprint(site: PanelSite, bench: Bench) -> Blueprint:
    """The calls for printers and the acceptor."""
    machines = Blueprint("machines", __name__)
    _add_printers(machines, site, bench)
    _add_sheets(machines, site, bench)
    _add_notes(machines, site)
    _add_acceptor(machines, site)
    return machines


def _add_printers(machines: Blueprint, site: PanelSite, bench: Bench) -> None:
    @machines.post("/api/printers/<name>/condition")
    def condition(name: str) -> ResponseReturnValue:
        changes = body().only_flags(CONDITIONS)
        _printer(site, name).change(**changes)
        return jsonify(printer_state(site, bench, name))

    @machines.post("/api/printers/<name>/paper-ends")
    def paper_ends(name: str) -> ResponseReturnValue:
        wish = body()
        after_bytes = wish.integer("after_bytes", low=0, high=BYTE_LIMIT)
        wish.finish()
        _printer(site, name).run_out_of_paper(after_bytes=after_bytes)
        return jsonify(printer_state(site, bench, name))

    @machines.post("/api/printers/<name>/refill")
    def refill(name: str) -> ResponseReturnValue:
        body().finish()
        _printer(site, name).load_paper()
        return jsonify(printer_state(site, bench, name))

    @machines.post("/api/printers/<name>/tear-off")
    def tear_off(name: str) -> ResponseReturnValue:
        body().finish()
        _printer(site, name).tear_off()
        return jsonify(printer_state(site, bench, name))


def _add_sheets(machines: Blueprint, site: PanelSite, bench: Bench) -> None:
    @machines.get("/api/printers/<name>/sheets/<number>.png")
    def picture(name: str, number: str) -> ResponseReturnValue:
        return Response(_sheet(site, bench, name, number).png(), mimetype="image/png")

    @machines.get("/api/printers/<name>/sheets/<number>.txt")
    def plain(name: str, number: str) -> ResponseReturnValue:
        return Response(_sheet(site, bench, name, number).text, mimetype="text/plain")


def _sheet(site: PanelSite, bench: Bench, name: str, number: str) -> Sheet:
    printer = _printer(site, name)
    if number == HANGING:
        return printer.hanging
    sheets = bench.shelves[name].sheets()
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if wanted not in sheets:
        raise BadCall(
            f"no sheet {number!r} of the {len(sheets)} there are",
            code="no-such-sheet",
            status=HTTPStatus.NOT_FOUND,
        )
    return sheets[wanted]


def _printer(site: PanelSite, name: str) -> VirtualPrinter:
    printer = site.printers.get(name)
    if printer is None:
        raise BadCall(
            f"no printer {name!r}; there are {', '.join(site.printers)}",
            code="no-such-printer",
            status=HTTPStatus.NOT_FOUND,
        )
    return printer


def _add_notes(machines: Blueprint, site: PanelSite) -> None:
    acceptor = site.acceptor

    @machines.post("/api/acceptor/insert")
    def insert() -> ResponseReturnValue:
        wish = body()
        foreign = wish.has("foreign") and wish.flag("foreign")
        fen = 0 if foreign else wish.integer("fen", low=1, high=NOTE_LIMIT_FEN)
        wish.finish()
        if foreign:
            acceptor.insert_foreign_note()
        else:
            acceptor.insert_note(fen)
        return jsonify(acceptor_state(site))

    @machines.post("/api/acceptor/pull-back")
    def pull_back() -> ResponseReturnValue:
        body().finish()
        came_out: Json = {"came_out": acceptor.pull_note_back()}
        return jsonify(acceptor_state(site) | came_out)

    @machines.post("/api/acceptor/cashbox")
    def cashbox() -> ResponseReturnValue:
        wish = body()
        inside = wish.flag("inside")
        wish.finish()
        taken: tuple[int, ...] = ()
        if inside:
            acceptor.replace_cashbox()
        else:
            taken = acceptor.remove_cashbox()
        return jsonify(acceptor_state(site) | {"taken_fen": taken})


def _add_acceptor(machines: Blueprint, site: PanelSite) -> None:
    acceptor = site.acceptor

    @machines.post("/api/acceptor/jam")
    def jam() -> ResponseReturnValue:
        wish = body()
        safe = wish.has("safe") and wish.flag("safe")
        wish.finish()
        acceptor.jam(safe=safe)
        return jsonify(acceptor_state(site))

    @machines.post("/api/acceptor/clear-jam")
    def clear_jam() -> ResponseReturnValue:
        body().finish()
        acceptor.clear_jam()
        return jsonify(acceptor_state(site))

    @machines.post("/api/acceptor/fill")
    def fill() -> ResponseReturnValue:
        body().finish()
        acceptor.fill_stacker()
        return jsonify(acceptor_state(site))

    @machines.post("/api/acceptor/power")
    def power() -> ResponseReturnValue:
        wish = body()
        on = wish.flag("on")
        stage = wish.choice("at_stage", CUTS) if not on and wish.has("at_stage") else None
        commands = 0
        if not on and stage is None and wish.has("after_commands"):
            commands = wish.integer("after_commands", low=1, high=COMMAND_LIMIT)
        wish.finish()
        if on:
            acceptor.restore_power()
        elif stage is not None:
            acceptor.cut_power_at(Stage(stage))
        elif commands:
            acceptor.cut_power_after(commands)
        else:
            acceptor.cut_power()
        return jsonify(acceptor_state(site))
