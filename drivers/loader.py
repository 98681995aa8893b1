"""Finds drivers by file name: ``load("readers", "pcsc")`` is the DRIVER of drivers/readers/pcsc.py.

A name with a dot is a module elsewhere, e.g. a simulator named in a station's TOML; so nothing here
needs to know that simulators exist. A file without a DRIVER is a part of another driver.
"""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import ClassVar, Final, Literal, TypeAlias, overload

from drivers.api.acceptors import AcceptorDriver
from drivers.api.barriers import BarrierDriver
from drivers.api.cards import CardDriver
from drivers.api.codes import CodeReaderDriver
from drivers.api.displays import DisplayDriver
from drivers.api.readers import ReaderDriver
from drivers.errors import DeviceError

Driver: TypeAlias = (
    AcceptorDriver | BarrierDriver | CardDriver | CodeReaderDriver | DisplayDriver | ReaderDriver
)

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_EXPORTS_DRIVER: Final = re.compile(r"^DRIVER\b", re.MULTILINE)
_RECORDS: Final[Mapping[str, tuple[type[Driver], ...]]] = {
    "acceptors": (AcceptorDriver,),
    "barriers": (BarrierDriver,),
    "cards": (CardDriver,),
    "displays": (DisplayDriver,),
    "readers": (ReaderDriver, CodeReaderDriver),
}


class DriverUnknown(DeviceError):
    """No usable driver of that name. `available` lists those there are."""

    code: ClassVar[str] = "driver-unknown"

    def __init__(self, message: str = "", *, device: str = "", available: Sequence[str]) -> None:
        super().__init__(f"{message}; there are: {', '.join(available)}", device=device)
        self.available = tuple(available)


def names(kind: str) -> Sequence[str]:
    """Names of the drivers of a kind (``cards``, ``readers``, ..), in order. Imports none of them.

    Raises:
        DriverUnknown: there is no such kind.
    """
    spec = find_spec(f"drivers.{kind}") if kind in _RECORDS else None
    if spec is None or spec.submodule_search_locations is None:
        raise DriverUnknown(f"no drivers of kind {kind!r}", available=tuple(_RECORDS))
    found = (module.name for module in iter_modules(spec.submodule_search_locations))
    return sorted(name for name in found if _exports_driver(f"drivers.{kind}.{name}"))


def _exports_driver(module: str) -> bool:
    spec = find_spec(module)
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    source = get_source(module) if get_source is not None else None
    return isinstance(source, str) and _EXPORTS_DRIVER.search(source) is not None


@overload
def load(kind: Literal["acceptors"], name: str) -> AcceptorDriver: ...
@overload
def load(kind: Literal["barriers"], name: str) -> BarrierDriver: ...
@overload
def load(kind: Literal["cards"], name: str) -> CardDriver: ...
@overload
def load(kind: Literal["displays"], name: str) -> DisplayDriver: ...
@overload
def load(kind: Literal["readers"], name: Literal["pcsc"]) -> ReaderDriver: ...
@overload
def load(kind: Literal["readers"], name: str) -> ReaderDriver | CodeReaderDriver: ...
@overload
def load(kind: str, name: str) -> Driver: ...
def load(kind: str, name: str) -> Driver:
    """Import a driver and check its type.

    Raises:
        DriverUnknown: no such file, a package it needs is not installed, or its DRIVER is not one.
    """
    expected = _RECORDS.get(kind)
    if expected is None or _NAME.fullmatch(name) is None:
        raise DriverUnknown(f"{name!r} is no name of a driver", available=names(kind))
    module = name if "." in name else f"drivers.{kind}.{name}"
    try:
        driver = getattr(import_module(module), "DRIVER", None)
    except ImportError as error:
        message = f"driver {name!r}: {error}"
        raise DriverUnknown(message, device=name, available=names(kind)) from error
    if not isinstance(driver, expected):
        raise DriverUnknown(f"{name!r} is no driver for {kind}", device=name, available=names(kind))
    return driver
