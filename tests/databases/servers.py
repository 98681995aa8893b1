"""The server's web application, built once a process and put before one estate after another."""

import copy
from functools import cache

from apiflask import APIFlask

from cardserver.services.turn import Estate
from cardserver.web.app import create_app
from cardserver.web.binding import EXTENSION


@cache
def _built(estate: Estate) -> APIFlask:
    return create_app(estate)


_first: list[APIFlask] = []


def server_of(estate: Estate) -> APIFlask:
    """What `create_app` makes. Only its estate is its own; routes and views are everybody's."""
    if not _first:
        _first.append(create_app(estate))
    app = copy.copy(_first[0])
    app.extensions = {**app.extensions, EXTENSION: estate}
    return app
