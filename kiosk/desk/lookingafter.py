"""The pages beside the day's business: the quarter's review, reminders, charts, who waits."""

from flask import Flask

from kiosk.desk.counter import Counter
from kiosk.desk.figures import figures_pages
from kiosk.desk.reminders import reminder_pages
from kiosk.desk.review import review_pages
from kiosk.desk.waiting import WaitingNumber, waiting_pages
from kiosk.station.clock import Clock


def look_after(app: Flask, counter: Counter, clock: Clock, *, alarm_at: int) -> None:
    """Add them to the desk's app. So many waiting as `alarm_at` ask for a second desk (FEE-06a)."""
    waiting = WaitingNumber(alarm_at=alarm_at)
    app.context_processor(lambda: {"waiting_number": waiting})
    app.register_blueprint(review_pages(counter, clock))
    app.register_blueprint(reminder_pages(counter))
    app.register_blueprint(figures_pages(counter, clock))
    app.register_blueprint(waiting_pages(counter, waiting))
