"""The front desk's web application: the counter's page, and every page beside it."""

from flask import Flask

from kiosk.desk import approvals, cashpages, papers, shiftpages
from kiosk.desk.chargepages import charge_pages
from kiosk.desk.counter import Counter
from kiosk.desk.gatepages import gate_pages
from kiosk.desk.imagepages import image_pages
from kiosk.desk.importpages import import_pages
from kiosk.desk.lookingafter import look_after
from kiosk.desk.operatorpages import operator_pages
from kiosk.desk.pages import PAGES
from kiosk.desk.parking import parking_pages
from kiosk.desk.people import people_pages
from kiosk.desk.reconciliationpages import reconciliation_pages
from kiosk.desk.register import register_pages
from kiosk.desk.signin import guard_pages
from kiosk.desk.unitpages import unit_pages
from kiosk.desk.views import counter_page
from kiosk.desk.waiting import ALARM_AT
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.health import Device, Health, add_health
from kiosk.station.web import create_station_app


def create_app(counter: Counter, *, clock: Clock, alarm_at: int = ALARM_AT) -> Flask:
    """The front desk's web application over one counter."""
    app = create_station_app("kiosk.desk", bell=counter.bell)
    guard_pages(app, counter)
    add_health(app, lambda: health_of(counter))
    app.register_blueprint(counter_page(counter))
    app.register_blueprint(approvals.blueprint(counter, clock))
    app.register_blueprint(shiftpages.blueprint(counter))
    app.register_blueprint(cashpages.blueprint(counter))
    app.register_blueprint(reconciliation_pages(counter))
    app.register_blueprint(papers.blueprint(counter))
    app.register_blueprint(charge_pages(counter))
    app.register_blueprint(parking_pages(counter))
    app.register_blueprint(gate_pages(counter, clock))
    app.register_blueprint(register_pages(counter, clock))
    look_after(app, counter, clock, alarm_at=alarm_at)
    app.register_blueprint(image_pages(counter))
    app.register_blueprint(operator_pages(counter))
    app.register_blueprint(import_pages(counter))
    app.register_blueprint(people_pages(counter))
    app.register_blueprint(unit_pages(counter, clock))
    app.context_processor(
        lambda: {
            "counter": counter,
            "pages": PAGES,
            "now": clock().astimezone(ESTATE_ZONE),
            "today": local_date(clock()),
            "typed_in": lambda address: counter.kept.of(counter.presence.last_here, address),
        }
    )
    return app


def health_of(counter: Counter) -> Health:
    """The desk's reader and printer; it serves while it can read cards."""
    reader = Device(name="reader", trouble=counter.post.fault)
    printer = Device(name="printer", trouble="" if counter.paper.can_print else counter.paper.state)
    return Health(serving=not reader.trouble, devices=[reader, printer])
