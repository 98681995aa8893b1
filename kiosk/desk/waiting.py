"""How many people wait at the counter: counted by hand, with an alarm at three (FEE-06a).

The number is this counter's own and begins at none with the program. What the alarm and the second
desk are noted for is on the server, with its time.
"""

import threading
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.wire_queue import QueueRequest, QueueWord
from kiosk.desk.asking import attempt, looked
from kiosk.desk.counter import WORK, Counter
from kiosk.station.clock import ESTATE_ZONE

ALARM_AT: Final = 3
MOST: Final = 99


class WaitingNumber:
    """The count of one counter. Thread-safe. `alarm_at` is the threshold of the settings."""

    def __init__(self, *, alarm_at: int = ALARM_AT) -> None:
        self.alarm_at = alarm_at
        self.second_desk = False
        self._number = 0
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """People who wait."""
        return self._number

    @property
    def alarming(self) -> bool:
        """True while so many wait that a second desk is wanted, and none was opened."""
        return self._number >= self.alarm_at and not self.second_desk

    def change(self, by: int) -> bool:
        """One more or one less; True when this one rings the alarm."""
        with self._lock:
            before = self._number
            self._number = min(max(0, before + by), MOST)
            if self._number < self.alarm_at:
                self.second_desk = False
            return before < self.alarm_at <= self._number

    def open_second_desk(self) -> bool:
        """The second desk is open; True when the alarm was ringing for it."""
        with self._lock:
            ringing, self.second_desk = self.alarming, True
            return ringing


def _note(counter: Counter, waiting: WaitingNumber, event: QueueWord) -> None:
    made = QueueRequest(
        request_id=str(uuid4()),
        event=event,
        waiting=waiting.number,
        threshold=waiting.alarm_at,
    )
    attempt(counter, lambda: counter.server.review.note_queue(made))


def _back(counter: Counter) -> ResponseReturnValue:
    if counter.notice:
        counter.bell.ring(WORK)
    element = request.headers.get("HX-Request") == "true"
    where = url_for("waiting.element" if element else "waiting.page")
    return redirect(where, HTTPStatus.SEE_OTHER)


def waiting_pages(counter: Counter, waiting: WaitingNumber) -> Blueprint:
    """The blueprint of ``/waiting-number``, and the element in the counter's foot."""
    pages = Blueprint(
        "waiting", __name__, url_prefix="/waiting-number", template_folder="templates"
    )

    @pages.get("/")
    def page() -> str:
        facts: dict[str, Any] = {"events": ()}

        def look() -> None:
            facts["events"] = counter.server.review.queue_log().events

        looked(counter, facts, look)
        return render_template("desk/waiting/page.html", zone=ESTATE_ZONE, **facts)

    @pages.get("/element")
    def element() -> str:
        return render_template("desk/waiting/element.html")

    @pages.post("/<how>")
    def change(how: str) -> ResponseReturnValue:
        if how == "more" and waiting.change(1):
            _note(counter, waiting, "alarm")
        elif how == "less":
            waiting.change(-1)
        elif how == "second-desk" and waiting.open_second_desk():
            _note(counter, waiting, "second-desk")
        return _back(counter)

    return pages
