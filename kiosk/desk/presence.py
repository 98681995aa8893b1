"""Who is at this counter: signed in, locked or away, and who stepped up for a moment.

The server holds the session; here is what the screen shows of it. The screen locks itself soon; the
session lives on, so that what is being written is never cut off.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from cardserver.client import CardServerClient, ServerError, ServerRefused
from cardserver.domain.permits import Action, Role, role_permits
from cardserver.domain.signin import LEAVE_LASTS, NO_STEP_UP
from cardserver.wire_operators import LeaveView, SessionView

LOCK_AFTER_S: Final = 5 * 60.0
_LACKS: Final = "not-permitted"


class Presence:
    """The one person at one counter. Thread-safe; `tick` is a clock that only runs forward."""

    def __init__(
        self,
        server: CardServerClient,
        *,
        lock_after_s: float = LOCK_AFTER_S,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.problem = ""
        self._server = server
        self._lock_after_s = lock_after_s
        self._tick = tick
        self._session: SessionView | None = None
        self._leaves: dict[Action, tuple[LeaveView, float]] = {}
        self._locked = False
        self._wanted_to_look = False
        self._acted = tick()
        self._lock = threading.RLock()

    # --- what is so

    @property
    def signed_in(self) -> bool:
        """True while the server takes this counter's session."""
        return self._session is not None and bool(self._server.credentials.session)

    @property
    def locked(self) -> bool:
        """True from the moment somebody locks, or nobody has done anything for a while."""
        with self._lock:
            if self.signed_in and self._tick() - self._acted >= self._lock_after_s:
                self._locked = True
            return self._locked and self.signed_in

    @property
    def here(self) -> bool:
        """True when pages may show what they know."""
        return self.signed_in and not self.locked

    @property
    def name(self) -> str:
        """Who is signed in; empty when nobody is."""
        return self._session.name if self._session is not None and self.signed_in else ""

    @property
    def last_here(self) -> str:
        """Who signed in here last and did not sign out, even where the session has run out."""
        return self._session.name if self._session is not None else ""

    @property
    def roles(self) -> tuple[Role, ...]:
        """The offices of who is signed in."""
        return self._session.roles if self._session is not None and self.signed_in else ()

    def may(self, action: Action) -> bool:
        """True when the action belongs to who is signed in, without anybody's leave."""
        return role_permits(self.roles, action)

    @property
    def leaves(self) -> tuple[LeaveView, ...]:
        """What second persons allowed, the latest last: each till its own end."""
        held = self._server.credentials.leaves
        return tuple(
            given
            for action, (given, until) in self._leaves.copy().items()
            if held.get(action) == given.leave_id and self._tick() < until
        )

    @property
    def leave(self) -> LeaveView | None:
        """The latest of them."""
        return next(reversed(self.leaves), None)

    @property
    def wanted(self) -> Action | None:
        """The right the last act lacked, where a second person can lend it."""
        word = self._server.credentials.wanted
        found = next((action for action in Action if action == word), None)
        return None if found in NO_STEP_UP else found

    # --- what people do

    def acted(self) -> None:
        """Somebody is at work here."""
        if self.here:
            self._acted = self._tick()

    def forget_wanted(self) -> None:
        """The next act begins: what an earlier one lacked is past."""
        self._server.credentials.wanted = ""
        self.problem = ""
        self._wanted_to_look = False

    def refused_look(self, error: Exception) -> None:
        """A page was not to be seen: a second person may lend the right to it, as to an act."""
        credentials = self._server.credentials
        if not isinstance(error, ServerRefused) or error.code != _LACKS:
            return
        if not credentials.wanted:
            credentials.wanted, self._wanted_to_look = error.reason, True

    def look_begins(self) -> None:
        """Another page is asked for: what the one before lacked is asked for no more."""
        if self._wanted_to_look:
            self._server.credentials.wanted, self._wanted_to_look = "", False

    def sign_in(self, name: str, password: str) -> None:
        """Sign in, or unlock. Raises ServerError."""
        session = self._server.operators.sign_in(name, password)
        self.take(session)

    def take(self, session: SessionView) -> None:
        """Begin to work in a session that was opened."""
        with self._lock:
            self._server.credentials.session = session.token
            self.end_leave()
            self._session, self._locked = session, False
            self._acted = self._tick()
            self.forget_wanted()

    def lock(self) -> None:
        """Cover the screen; the session and the business at hand stay."""
        with self._lock:
            self._locked = True

    def sign_out(self) -> None:
        """End the session here, and on the server as soon as it hears of it."""
        with self._lock:
            try:
                self._server.operators.sign_out()
            except ServerError:
                # Without an answer it ends here all the same; there it runs out by itself.
                self._server.credentials.session = ""
            self.end_leave()
            self._session = None
            self._locked = False

    def step_up(self, name: str, password: str, action: Action) -> None:
        """A second person lends a right for a few minutes, beside others. Raises ServerError."""
        given = self._server.operators.step_up(name, password, action)
        self._leaves.pop(action, None)
        self._leaves[action] = given, self._tick() + LEAVE_LASTS.total_seconds()
        self.forget_wanted()

    def end_leave(self, action: str = "") -> None:
        """A second person goes, and the right with them; without a word, all of them go."""
        for each in [action] if action else list(self._leaves):
            self._leaves.pop(Action(each), None)
        held = self._server.credentials.leaves
        held.pop(action, None) if action else held.clear()

    # --- names to choose from

    def names(self, action: Action | None = None) -> list[str]:
        """Who may sign in here, or lend a right; nobody while the server is away."""
        try:
            return self._server.operators.names(action)
        except ServerError:
            return []
