"""The bank's collection list at the desk: the file, what it would do, and taking it over.

What was previewed is kept here until it is taken over, so that no page can change a line of it.
"""

import threading
from collections import OrderedDict
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.errors import RuleViolation
from cardserver.wire_parking import BankFile, BankListRequest
from kiosk.desk.asking import attempt, looked
from kiosk.desk.counter import Counter

_MAX_FILE_BYTES: Final = 110_000
_FORM_BYTES: Final = 10_000
_KEPT: Final = 8
_NAME_SIZE: Final = 120


class Previews:
    """The last lists that were looked at, by id. Used from several threads."""

    def __init__(self) -> None:
        self._lists: OrderedDict[str, BankListRequest] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, listed: BankListRequest) -> None:
        """Keep a list; the oldest of many is forgotten."""
        with self._lock:
            self._lists[listed.request_id] = listed
            while len(self._lists) > _KEPT:
                self._lists.popitem(last=False)

    def find(self, list_id: str) -> BankListRequest:
        """A kept list. Raises RuleViolation ``list-forgotten``."""
        with self._lock:
            if list_id not in self._lists:
                raise RuleViolation("list-forgotten", rule="PARK-10a")
            return self._lists[list_id]


def add_bank(pages: Blueprint, counter: Counter) -> None:
    """``/parking/bank``: the list of a month."""
    previews = Previews()
    _add_look(pages, counter, previews)
    _add_taking(pages, counter, previews)


def _add_look(pages: Blueprint, counter: Counter, previews: Previews) -> None:
    @pages.get("/bank")
    def bank() -> str:
        facts: dict[str, Any] = {"reminders": (), "listed": None, "list_id": ""}

        def look() -> None:
            facts["reminders"] = counter.server.parking.reminders().reminders
            list_id = request.args.get("list", "")
            if list_id:
                listed = previews.find(list_id)
                facts["listed"] = counter.server.parking.preview_bank_list(listed)
                facts["list_id"] = list_id

        looked(counter, facts, look)
        return render_template("desk/parking/bank.html", **facts)


def _add_taking(pages: Blueprint, counter: Counter, previews: Previews) -> None:
    @pages.post("/bank")
    def read_list() -> ResponseReturnValue:
        request.max_content_length = _MAX_FILE_BYTES + _FORM_BYTES
        list_id = str(uuid4())

        def act() -> None:
            listed = _read(counter, list_id)
            counter.server.parking.preview_bank_list(listed)
            previews.keep(listed)

        if attempt(counter, act):
            return redirect(url_for("parking.bank", list=list_id), HTTPStatus.SEE_OTHER)
        return redirect(url_for("parking.bank"), HTTPStatus.SEE_OTHER)

    @pages.post("/bank/confirm")
    def confirm() -> ResponseReturnValue:
        facts: dict[str, Any] = {"reminders": (), "listed": None, "list_id": ""}

        def act() -> None:
            listed = previews.find(request.form.get("list_id", ""))
            facts["listed"] = counter.server.parking.confirm_bank_list(listed)

        if not attempt(counter, act):
            return redirect(url_for("parking.bank"), HTTPStatus.SEE_OTHER)
        return render_template("desk/parking/bank.html", problem="", notice="", **facts)


def _read(counter: Counter, list_id: str) -> BankListRequest:
    """The list of the uploaded file. Raises RuleViolation, ServerError."""
    uploaded = request.files.get("file")
    name = "" if uploaded is None else (uploaded.filename or "")[-_NAME_SIZE:]
    data = b"" if uploaded is None else uploaded.read(_MAX_FILE_BYTES + 1)
    if not data:
        raise RuleViolation("file-empty")
    if len(data) > _MAX_FILE_BYTES:
        raise RuleViolation("file-too-large")
    read = counter.server.parking.read_bank_file(BankFile(name=name or "-", data=data))
    return BankListRequest(
        request_id=list_id,
        month=request.form.get("month", "")[:7],
        source=name,
        lines=read.lines,
    )
