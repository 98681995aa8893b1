"""The server's part of the ``yika`` command; `keys` is imported when it is asked for."""

from importlib import import_module

from cardserver.cli_serve import serve

__all__ = ["serve"]


def __getattr__(name: str) -> object:
    if name == "keys":
        return import_module("cardserver.cli_keys").keys
    raise AttributeError(name)
