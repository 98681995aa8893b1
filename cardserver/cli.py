"""The server's part of the ``yika`` command; all but `serve` is imported when it is asked for."""

from importlib import import_module
from typing import Final

from cardserver.cli_serve import serve

__all__ = ["serve"]

_LATER: Final = {
    "gates": "cardserver.cli_gates",
    "keys": "cardserver.cli_keys",
    "operators": "cardserver.cli_operators",
    "papers": "cardserver.cli_papers",
    "payments": "cardserver.cli_payments",
    "roles": "cardserver.cli_operators",
}


def __getattr__(name: str) -> object:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(name)
    return getattr(import_module(module), name)
