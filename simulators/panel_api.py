"""The panel's calls: what a person's hands do to cards and readers, to the clock, and the log.

Each call is one small JSON object in, the touched thing's state out; `docs/simulators.md` lists
them all. What machines with paper and money can suffer is in `panel_machines`.
"""

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Final

from dateutil.relativedelta import relativedelta
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from kiosk.station.clock import ESTATE_ZONE
from simulators.cardbox_kept import (
    LABEL_LIMIT,
    BoxFull,
    CardBoxError,
    CardExists,
    CardNotMade,
    NoSuchCard,
    NoSuchReader,
)
from simulators.cards.catalogue import CATALOGUE
from simulators.faults import Fault, FaultKind
from simulators.pages import refusal
from simulators.panel_bench import Bench
from simulators.panel_body import BadCall, Body, body
from simulators.panel_site import PanelReader, PanelSite
from simulators.panel_state import (
    Json,
    card_state,
    clock_state,
    exchange_state,
    reader_state,
    state_of,
)

FAULT_LIMIT: Final = 20
EXCHANGE_LIMIT: Final = 100_000
# A power cut ends the station's own process, which here is the panel's too.
FAULT_KINDS: Final = tuple(kind for kind in FaultKind if kind is not FaultKind.POWER_CUT)

_STATUS: Final[dict[type[CardBoxError], int]] = {
    NoSuchCard: HTTPStatus.NOT_FOUND,
    NoSuchReader: HTTPStatus.NOT_FOUND,
    CardNotMade: HTTPStatus.BAD_REQUEST,
    CardExists: HTTPStatus.CONFLICT,
    BoxFull: HTTPStatus.CONFLICT,
}


def blueprint(site: PanelSite, bench: Bench) -> Blueprint:
    """The calls for cards, readers and the clock, and the state of everything."""
    api = Blueprint("api", __name__)
    _add_refusals(api)
    _add_cards(api, site)
    _add_readers(api, site, bench)
    _add_log(api, site, bench)
    _add_clock(api, site)

    @api.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(site, bench, money=request.args.get("money") != "no"))

    return api


def _add_refusals(api: Blueprint) -> None:
    @api.app_errorhandler(BadCall)
    def bad_call(error: BadCall) -> ResponseReturnValue:
        return refusal(error.status, error.code, str(error))

    @api.app_errorhandler(CardBoxError)
    def box_error(error: CardBoxError) -> ResponseReturnValue:
        return refusal(_STATUS.get(type(error), HTTPStatus.CONFLICT), error.code, str(error))


def _add_cards(api: Blueprint, site: PanelSite) -> None:
    @api.get("/api/kinds")
    def kinds() -> ResponseReturnValue:
        return jsonify(
            {
                kind: {"name": entry.name, "uid_sizes": sorted(entry.uid_sizes)}
                for kind, entry in CATALOGUE.items()
            }
        )

    @api.post("/api/cards")
    def add() -> ResponseReturnValue:
        wish = body()
        kind = wish.text("kind")
        uid = wish.hexadecimal("uid", limit=10) if wish.has("uid") else None
        label = wish.text("label", limit=LABEL_LIMIT) if wish.has("label") else None
        wish.finish()
        card_id = site.box.add(kind, uid, label)
        return jsonify(card_state(site, card_id, site.box.cards[card_id])), HTTPStatus.CREATED


def _add_readers(api: Blueprint, site: PanelSite, bench: Bench) -> None:
    @api.post("/api/readers/<name>/lay")
    def lay(name: str) -> ResponseReturnValue:
        wish = body()
        card_id = wish.text("card")
        wish.finish()
        site.box.lay(card_id, name)
        return jsonify(reader_state(site, bench, name))

    @api.post("/api/readers/<name>/lift")
    def lift(name: str) -> ResponseReturnValue:
        body().finish()
        lifted = site.box.lift(name)
        return jsonify(reader_state(site, bench, name) | {"lifted": lifted})

    @api.post("/api/readers/<name>/plan")
    def plan(name: str) -> ResponseReturnValue:
        wish = body()
        faults = [_fault(each) for each in wish.objects("faults", limit=FAULT_LIMIT)]
        wish.finish()
        _reader(site, name)
        bench.plan(name, faults)
        return jsonify(reader_state(site, bench, name))

    @api.post("/api/readers/<name>/cable")
    def cable(name: str) -> ResponseReturnValue:
        wish = body()
        plugged = wish.flag("plugged")
        wish.finish()
        reader = _reader(site, name)
        (reader.replug if plugged else reader.unplug)()
        return jsonify(reader_state(site, bench, name))


def _fault(fields: Body) -> Fault:
    fault = Fault(
        kind=FaultKind(fields.choice("kind", FAULT_KINDS)),
        at=fields.integer("at", low=0, high=EXCHANGE_LIMIT),
        bit=fields.integer("bit", low=0, high=EXCHANGE_LIMIT, default=0),
    )
    fields.finish()
    return fault


def _add_log(api: Blueprint, site: PanelSite, bench: Bench) -> None:
    @api.post("/api/readers/<name>/log")
    def switch(name: str) -> ResponseReturnValue:
        wish = body()
        on = wish.flag("on")
        wish.finish()
        _reader(site, name)
        bench.logs[name].on = on
        return jsonify(reader_state(site, bench, name))

    @api.get("/api/readers/<name>/log")
    def log(name: str) -> ResponseReturnValue:
        _reader(site, name)
        after = request.args.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 12):
            raise BadCall("after is the number of the last exchange that is known")
        lines = bench.logs[name].after(int(after))
        return jsonify({"on": bench.logs[name].on, "lines": [exchange_state(x) for x in lines]})


def _reader(site: PanelSite, name: str) -> PanelReader:
    reader = site.readers.get(name)
    if reader is None:
        raise NoSuchReader(f"no reader {name!r}; there are {', '.join(site.readers)}")
    return reader


def _add_clock(api: Blueprint, site: PanelSite) -> None:
    @api.post("/api/clock/travel")
    def travel() -> ResponseReturnValue:
        wish = body()
        local = site.clock.now().astimezone(ESTATE_ZONE)
        day = _next_day(wish, local.date()) if wish.has("next") else wish.day("date")
        at = wish.time_of_day("time") if wish.has("time") else local.time()
        wish.finish()
        return _journey(site, datetime.combine(day, at, ESTATE_ZONE))

    @api.post("/api/clock/advance")
    def advance() -> ResponseReturnValue:
        wish = body()
        months = wish.integer("months", low=-1200, high=1200, default=0)
        days = wish.integer("days", low=-36500, high=36500, default=0)
        minutes = wish.integer("minutes", low=-525600, high=525600, default=0)
        wish.finish()
        local = site.clock.now().astimezone(ESTATE_ZONE)
        try:
            later = local + relativedelta(months=months, days=days) + timedelta(minutes=minutes)
        except (ValueError, OverflowError) as far:
            raise BadCall("a journey beyond the calendar") from far
        return _journey(site, later)

    @api.post("/api/clock/present")
    def present() -> ResponseReturnValue:
        body().finish()
        site.clock.back_to_present()
        return jsonify(clock_state(site))


def _journey(site: PanelSite, moment: datetime) -> ResponseReturnValue:
    try:
        site.clock.travel_to(moment)
    except ValueError as far:
        raise BadCall(str(far)) from far
    state: Json = clock_state(site)
    return jsonify(state)


def _next_day(wish: Body, today: date) -> date:
    """The next day of that month and day, today included, such as 06-09."""
    wanted = wish.text("next")
    for year in range(today.year, today.year + 9):  # 29 February can be eight years away
        try:
            day = date.fromisoformat(f"{year}-{wanted}")
        except ValueError:
            continue
        if day >= today:
            return day
    raise BadCall("next is a month and a day such as 06-09")
