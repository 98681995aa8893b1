"""The door of the desk's pages: sign in, lock, sign out, and a second person's word.

One gate stands before every page of the desk, whoever wrote it: while nobody is here, nothing of
any holder is shown. What a page asks by itself doesn't count as somebody being here.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.wrappers import Response as Redirect

from cardserver.client import ServerError
from cardserver.domain.denial import denial_of
from cardserver.domain.permits import Action, role_permits
from kiosk.desk.asking import keep_unsent, keep_written
from kiosk.desk.counter import WORK, Counter
from kiosk.desk.presence import Presence
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.events import Bell
from kiosk.station.problems import problem_of

_OPEN: Final = frozenset({"static", "events", "desk.state", "health", "metrics"})
"""Open to nobody in particular; `state` hides by itself what it may not show."""

_BY_ITSELF: Final = frozenset({"desk.reader", "desk.work", "desk.link", "operators.watch"}) | _OPEN
"""What a page asks for without a hand on it."""

_DOOR: Final = frozenset(
    f"operators.{name}"
    for name in (
        *("door", "sign_in", "sign_out", "lock", "watch", "hand_over"),
        *("step_up", "leave_it", "end_leave"),
    )
)
"""The door's own pages: they look by themselves who is here."""

_WRONG: Final = "sign-in-wrong"
_LONGEST_NAME: Final = 60
_LONGEST_PASSWORD: Final = 200


def guard_pages(app: Flask, counter: Counter) -> None:
    """Put the gate before all pages of the app, and the pages of the door into it."""
    presence = counter.presence
    app.register_blueprint(_blueprint(counter))
    app.context_processor(lambda: {"presence": presence})

    @app.before_request
    def gate() -> ResponseReturnValue | None:
        endpoint = request.endpoint
        ours = endpoint is None or endpoint in _OPEN or endpoint in _DOOR
        if not ours and not presence.here:
            keep_unsent(counter)
            return _to_the_door()
        if endpoint not in _BY_ITSELF:
            presence.acted()
        if request.method == "POST" and not ours:
            presence.forget_wanted()
        elif not ours and endpoint not in _BY_ITSELF:
            presence.look_begins()
        return None


def _to_the_door() -> ResponseReturnValue:
    if request.headers.get("HX-Request") == "true":
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path
        door = url_for("operators.door", back=own_path(here))
        return Response(headers={"HX-Redirect": door})
    back = request.script_root + request.path if request.method == "GET" else _whence()
    return redirect(url_for("operators.door", back=own_path(back)), code=303)


def own_path(path: str) -> str:
    """The path where it is one of this desk's own pages, else its first one."""
    home = url_for("desk.page")
    inside = path.startswith(home) and "//" not in path and "\\" not in path
    return path if inside and path.isprintable() else home


def _blueprint(counter: Counter) -> Blueprint:
    door = Blueprint("operators", __name__)
    presence = counter.presence

    @door.get("/sign-in", endpoint="door")
    def page() -> ResponseReturnValue:
        back = own_path(request.args.get("back", ""))
        if presence.here:
            return redirect(back, code=303)
        return _door_page(presence, back)

    @door.post("/sign-in")
    def sign_in() -> ResponseReturnValue:
        back = own_path(request.form.get("back", ""))
        name, password = _typed()
        if counter.writing and name != presence.name:
            return _door_page(presence, back, problem="still-writing", name=presence.name), 409
        try:
            presence.sign_in(name, password)
        except (ServerError, ValidationError) as error:
            return _door_page(presence, back, problem=_problem(error), name=name), 422
        counter.welcome()
        return redirect(_first_page(counter, back), code=303)

    _add_leaving(door, counter)
    _add_stepping_up(door, counter)
    _add_notices(door, counter)
    return door


def _add_leaving(door: Blueprint, counter: Counter) -> None:
    presence, bell = counter.presence, counter.bell

    @door.post("/lock")
    def lock() -> ResponseReturnValue:
        presence.lock()
        bell.ring(WORK)
        return redirect(url_for("operators.door", back=_whence()), code=303)

    @door.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        if counter.writing:
            presence.lock()  # what is being written is finished in the name of who began it
        else:
            presence.sign_out()
        bell.ring(WORK)
        return redirect(url_for("operators.door"), code=303)

    @door.get("/watch")
    def watch() -> ResponseReturnValue:
        if not presence.here:
            return _to_the_door()
        if request.args.get("acted") == "yes":
            presence.acted()
        return "", 204

    @door.post("/sign-in/unsent")
    def hand_over() -> ResponseReturnValue:
        """What stood half-written on a page that was covered; nothing of it is done."""
        if not presence.here:
            keep_written(counter, own_path(request.args.get("to", "")))
        return "", 204


def _add_stepping_up(door: Blueprint, counter: Counter) -> None:
    presence, bell = counter.presence, counter.bell

    @door.post("/step-up")
    def step_up() -> ResponseReturnValue:
        action = request.form.get("action", "")
        name, password = _typed()
        if presence.here and action in set(Action):
            try:
                presence.step_up(name, password, Action(action))
                counter.permitted()
            except (ServerError, ValidationError) as error:
                presence.problem = _problem(error)
        return _done(bell)

    @door.post("/step-up/leave-it")
    def leave_it() -> ResponseReturnValue:
        presence.forget_wanted()
        return _done(bell)

    @door.post("/step-up/end")
    def end_leave() -> ResponseReturnValue:
        action = request.form.get("action", "")
        presence.end_leave(action if action in set(Action) else "")
        return _done(bell)


def _add_notices(door: Blueprint, counter: Counter) -> None:
    def page(problem: str = "") -> str:
        found = []
        try:
            found = counter.server.operators.notices() if not problem else []
        except ServerError as error:
            problem = problem_of(error)
        return render_template(
            "desk/operators/notices.html",
            notices=found,
            problem=problem,
            zone=ESTATE_ZONE,
            denial_of=denial_of,
        )

    door.add_url_rule("/notices", "notices", page)

    @door.post("/notices/<int:notice_id>/seen")
    def see(notice_id: int) -> ResponseReturnValue:
        try:
            counter.server.operators.see_notice(notice_id)
        except ServerError as error:
            return page(problem_of(error))
        return redirect(url_for("operators.notices"), code=303)


def _first_page(counter: Counter, back: str) -> str:
    """Where work begins: a head who is to be told something is told first."""
    if not role_permits(counter.presence.roles, Action.OPERATE_STAFF_CARD):
        return back
    try:
        told = counter.server.operators.notices()
    except ServerError:
        told = []
    return url_for("operators.notices") if told else back


def _done(bell: Bell) -> Redirect:
    bell.ring(WORK)
    return redirect(_whence(), code=303)


def _whence() -> str:
    """The page on which the button stood."""
    came_from = urlsplit(request.referrer or "")
    return own_path(came_from.path if came_from.netloc == request.host else "")


def _problem(error: Exception) -> str:
    """What can't even be a name or a password fits nobody."""
    return _WRONG if isinstance(error, ValidationError) else problem_of(error)


def _typed() -> tuple[str, str]:
    name = request.form.get("name", "").strip()[:_LONGEST_NAME]
    return name, request.form.get("password", "")[:_LONGEST_PASSWORD]


def _door_page(presence: Presence, back: str, *, problem: str = "", name: str = "") -> str:
    other = request.args.get("other") == "yes" or not presence.signed_in
    names = presence.names() if other else [presence.name]
    return render_template(
        "desk/operators/door.html",
        names=names,
        chosen=name or (presence.name if not other else ""),
        other=other,
        back=back,
        problem=problem,
    )
