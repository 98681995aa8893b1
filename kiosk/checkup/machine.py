"""The machine itself: Python and its packages, the PC/SC service, serial ports, the clock.

At import it needs the standard library only, so that a half-installed machine can be told so.
"""

import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

from cardserver.domain.finding import Finding, fine, look, wrong

OLDEST_PYTHON: Final = (3, 11)
PACKAGES: Final[Mapping[str, str]] = {
    "click": "click",
    "cryptography": "cryptography",
    "dateutil": "python-dateutil",
    "escpos": "python-escpos[usb]",
    "flask": "flask",
    "httpx": "httpx",
    "pydantic": "pydantic",
    "pymodbus": "pymodbus",
    "segno": "segno",
    "serial": "pyserial",
    "smartcard": "pyscard",
    "waitress": "waitress",
    "wcwidth": "wcwidth",
}
"""What a station imports, and the package that brings it."""

SERVER_PACKAGES: Final[Mapping[str, str]] = {
    "alembic": "alembic",
    "alipay": "python-alipay-sdk",
    "apiflask": "apiflask",
    "argon2": "argon2-cffi",
    "click": "click",
    "cryptography": "cryptography",
    "pkcs11": "python-pkcs11",
    "prometheus_client": "prometheus-client",
    "psycopg": "psycopg[binary]",
    "pydantic": "pydantic",
    "python_calamine": "python-calamine",
    "requests": "requests",
    "sqlalchemy": "sqlalchemy",
    "waitress": "waitress",
    "wechatpayv3": "wechatpayv3",
}
"""The same for a card server."""

EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Before the program was written no clock can be right."""

PCSC: Final = "card reader service"
_START_SERVICE: Final = (
    "Linux: install pcscd and start it with `sudo systemctl enable --now pcscd.socket`. "
    "Windows: start the service named Smart Card (SCardSvr)."
)
_NO_RIGHT: Final = (
    "Linux: polkit keeps this account away from pcscd; allow org.debian.pcsc-lite.access_pcsc "
    "for it."
)
_SECURITY_VIOLATION: Final = "8010006A"


def python_and_packages(
    packages: Mapping[str, str] = PACKAGES, part: str = "station"
) -> Iterator[Finding]:
    """Is what a part of the package (an extra of pip's) is made of installed?"""
    python = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        yield wrong("Python", f"{python} is too old", f"Install Python {oldest} or newer.")
    else:
        yield fine("Python", f"{python}, yika {own_version()}")
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        words = f"Install them with: pip install 'yika[{part}]'"
        yield wrong("packages", f"missing: {', '.join(missing)}", words)
    else:
        yield fine("packages", f"all {len(packages)} are installed")


def own_version() -> str:
    """Version of the installed package."""
    try:
        return version("yika")
    except PackageNotFoundError:
        return "(not installed as a package)"


def clock(now: Callable[[], datetime]) -> Iterator[Finding]:
    """Can this machine's clock be right?"""
    moment = now()
    words = f"{moment.astimezone():%Y-%m-%d %H:%M:%S %z}"
    if moment < EARLIEST:
        advice = "Set the date and time; if they are lost again, the machine's battery is flat."
        yield wrong("clock", f"it is {words} here, which is long past", advice)
    else:
        yield fine("clock", words)


def card_reader_service() -> Iterator[Finding]:
    """Does the PC/SC service run, and which readers does it see?"""
    from drivers.errors import DeviceError, DeviceFault, DeviceNotFound
    from drivers.loader import DriverUnknown, load

    try:
        names = load("readers", "pcsc").list_names()
    except DriverUnknown as error:
        advice = "Install pcscd (Linux) and reinstall the package: pip install 'yika[station]'"
        yield wrong(PCSC, f"its library can't be loaded: {error}", advice)
    except DeviceNotFound:
        yield wrong(PCSC, "it does not run", _START_SERVICE)
    except DeviceFault as error:
        denied = error.status == _SECURITY_VIOLATION
        yield wrong(PCSC, str(error), _NO_RIGHT if denied else _START_SERVICE)
    except DeviceError as error:
        yield wrong(PCSC, str(error), _START_SERVICE)
    else:
        if names:
            yield fine(PCSC, f"it runs and sees: {', '.join(names)}")
        else:
            advice = "Plug the reader in; if it is, try another cable or port."
            yield look(PCSC, "it runs and sees no reader", advice)


def serial_ports() -> Iterator[Finding]:
    """Which serial ports does the operating system know?"""
    from drivers.bytestream import port_names

    names = port_names()
    yield fine("serial ports", ", ".join(names) if names else "none on this machine")
