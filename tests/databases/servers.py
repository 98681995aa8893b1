"""The server's web application, built once a process and put before one estate after another."""

import copy

from apiflask import APIFlask

from cardserver.services.turn import Estate
from cardserver.web.app import create_app
from cardserver.web.auth import EXTENSION

_built: list[APIFlask] = []


def server_of(estate: Estate) -> APIFlask:
    """What `create_app` makes. The estate is its own; routes and views are everybody's."""
    if not _built:
        _built.append(create_app(estate))
    app = copy.copy(_built[0])
    app.extensions = {**app.extensions, EXTENSION: estate}
    return app
