"""What came of the last act of a form, to be said once on the page it leads back to."""

from collections.abc import Callable
from http import HTTPStatus

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from drivers.errors import DeviceError
from kiosk.station.problems import REFUSALS, problem_of


class Said:
    """One word for the page at `endpoint`: what was done, or why it was not."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._problem = self._done = ""

    def attempt(self, act: Callable[[], object], done: str = "") -> ResponseReturnValue:
        """Do it, and go back to the page. An act that returns a word says itself what was done."""
        self._problem = self._done = ""
        try:
            word = act()
        except (*REFUSALS, DeviceError) as error:
            self._problem = problem_of(error)
        else:
            self._done = done or (word if isinstance(word, str) else "")
        return redirect(url_for(self._endpoint), HTTPStatus.SEE_OTHER)

    def take(self) -> dict[str, str]:
        """The words for the page."""
        words = {"problem": self._problem, "done": self._done}
        self._problem = self._done = ""
        return words
