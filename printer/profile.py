"""What a printer model can do: one TOML file in ``printer/profiles``, found by its name.

Every key of a file is a field of `Profile`; all are required but those with a default below. A
capability that was not seen on the maker's page or on the machine is written as absent: the price
of a wrong "present" is a receipt that nobody gets.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum, unique
from importlib import resources
from typing import Any, Final

from printer.charset import Charset, Rare
from printer.errors import ProfileInvalid


@unique
class Scale(StrEnum):
    """Which command makes hanzi larger."""

    GS = "gs"  # GS ! does, for hanzi and ASCII alike (Epson)
    FS = "fs"  # GS ! only for ASCII; hanzi follow FS !


@unique
class CutKind(StrEnum):
    """What the cutter leaves."""

    PARTIAL = "partial"
    FULL = "full"
    NONE = "none"  # no cutter: the paper is fed to the tear bar


@unique
class Proof(StrEnum):
    """How the printer can prove that a job is on paper."""

    PROCESS_ID = "process-id"  # GS ( H function 48: answers with our id when printing is complete
    IN_ORDER = "in-order"  # GS r 1: answered when everything before it was processed
    NONE = "none"


@unique
class QrKind(StrEnum):
    """How a QR code gets onto the paper."""

    NATIVE = "native"  # GS ( k, the printer draws it
    TEXT = "text"  # the printer cannot: its text is printed instead


@unique
class Drawer(StrEnum):
    """Connector pin of the cash drawer's solenoid."""

    PIN_2 = "pin-2"
    PIN_5 = "pin-5"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One printer model. `columns` are of 12 dots (font A), so a hanzi takes two."""

    name: str
    title: str
    columns: int  # 24 to 64
    dots: int  # printable dots in a line, at least 12 for each column
    charset: Charset
    cut: CutKind
    proof: Proof
    status: bool  # answers DLE EOT 1 to 4
    qr: QrKind
    rare: Rare = Rare.MARK
    scale: Scale = Scale.GS
    chinese_mode: bool = True  # needs FS & to read GB18030
    qr_module_dots: int = 6  # largest QR module, 2 to 16 dots
    tear_lines: int = 4  # lines to feed to the tear bar where there is no cutter, 0 to 20
    drawer: Drawer = Drawer.PIN_2


_RANGES: Final = {
    "columns": range(24, 65),
    "dots": range(288, 1025),
    "qr_module_dots": range(2, 17),
    "tear_lines": range(21),
}
_SUFFIX: Final = ".toml"
_FOLDER: Final = "profiles"


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    folder = resources.files("printer") / _FOLDER
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def load_profile(name: str) -> Profile:
    """Load a profile by the name of its file.

    Raises:
        ProfileInvalid: there is no such file, or it is not a profile.
    """
    if name not in profile_names():
        raise ProfileInvalid(f"no printer profile named {name!r}", printer=name, key="name")
    file = resources.files("printer") / _FOLDER / f"{name}{_SUFFIX}"
    return parse_profile(file.read_text(encoding="utf-8"), name=name)


def parse_profile(text: str, *, name: str) -> Profile:
    """Read a profile from the TOML `text` of the file `name`.

    Raises:
        ProfileInvalid: not TOML, or a key is missing, unknown or out of range.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(f"profile {name!r} is not TOML: {error}", printer=name) from error
    known = {field.name: field for field in fields(Profile) if field.name != "name"}
    for key in table.keys() - known.keys():
        raise ProfileInvalid(f"profile {name!r}: unknown key {key!r}", printer=name, key=key)
    values: dict[str, Any] = {}
    for key, field in known.items():
        if key in table:
            values[key] = _value(key, field.type, table[key], name=name)
        elif field.default is MISSING:
            raise ProfileInvalid(f"profile {name!r}: {key} is missing", printer=name, key=key)
    profile = Profile(name=name, **values)
    if profile.dots < 12 * profile.columns:
        raise ProfileInvalid(f"profile {name!r}: too few dots", printer=name, key="dots")
    return profile


def _value(key: str, kind: Any, given: object, *, name: str) -> object:
    """`given`, checked to be a `kind`; enumerations are written as their values."""
    if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(given, str):
        try:
            return kind(given)
        except ValueError as error:
            words = ", ".join(kind)
            message = f"profile {name!r}: {key} is {given!r}, not one of {words}"
            raise ProfileInvalid(message, printer=name, key=key) from error
    in_range = key not in _RANGES or given in _RANGES[key]
    if type(given) is not kind or not in_range:
        raise ProfileInvalid(f"profile {name!r}: {key} cannot be {given!r}", printer=name, key=key)
    return given
