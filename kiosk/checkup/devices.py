"""The devices of a station's file: reader, printer, acceptor (a lane's: `lanes`).

Looking changes nothing: no card is touched, nothing is printed, no note moves, nothing opens. An
acceptor is spoken to only when asked for, because the first talk after a power cut tells of notes
that only the kiosk should hear of.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Final

from cardserver.domain.finding import Finding, fine, look, wrong
from drivers.api.acceptors import AcceptorInfo, BillAcceptor, BillEvent, BillEventKind
from drivers.bytestream import line_settings, open_serial
from drivers.errors import DeviceBusy, DeviceError
from kiosk.station.config import DevicePart, PrinterPart
from kiosk.station.devices import open_acceptor, open_reader
from printer.errors import PrinterError, ProfileInvalid
from printer.profile import load_profile
from printer.spool import ask_status
from printer.status import Paper, PrinterStatus, Trouble
from printer.transports import open_channel

_BAUD: Final = 9600
_ADVICE: Final[Mapping[str, str]] = {
    "device-not-found": "Is it plugged in and switched on, and is its name in the file right?",
    "device-timeout": "Is it switched on? Are cable, port, baud rate and address right?",
    "device-busy": "If the station is running, this is as it should be; else end that program.",
    "acceptor-unsuitable": "It takes other notes: see `currency` (and `country`) in the file.",
    "device-fault": "See its own manual for this; correct the setting in the file if it names one.",
    "frame-error": "Something else answers there: is the driver in the file the right one?",
    "driver-unknown": "Correct `driver` in the file.",
}
_TROUBLE: Final[Mapping[Trouble, tuple[str, str]]] = {
    Trouble.SILENT: (
        "does not answer",
        "Switch it on and see to its cable; a model that can't answer needs another profile.",
    ),
    Trouble.COVER_OPEN: ("its cover is open", "Close the cover."),
    Trouble.PAPER_OUT: ("there is no paper", "Put in a new roll."),
    Trouble.CUTTER: ("its cutter is stuck", "Switch it off, free the cutter, switch it on."),
    Trouble.BROKEN: ("it is out of order", "Switch it off and on; if that is no help, repair it."),
    Trouble.HOT: ("its head is too hot", "Wait some minutes; it goes on by itself."),
    Trouble.OFFLINE: ("it is offline and does not say why", "Press its feed or online button."),
}
_MONEY: Final = frozenset({BillEventKind.CREDITED, BillEventKind.STACKED_AT_POWER_UP})


def reader(subject: str, part: DevicePart) -> Iterator[Finding]:
    """Is the reader of a section there?"""
    try:
        with closing(open_reader(part)) as found:
            lies = "a card lies on it" if found.wait_card(0) else "no card lies on it"
            yield fine(subject, f"{found.name}, {lies}")
    except DeviceError as error:
        yield of_device(subject, error)


def printer(part: PrinterPart) -> Iterator[Finding]:
    """Is the printer there, and what does it say about itself?"""
    try:
        profile = load_profile(part.profile)
        with closing(open_channel(part.settings())) as channel:
            if not profile.status:
                yield look("printer", f"{profile.title}: reached; this model says no more")
                return
            status = ask_status(channel)
    except ProfileInvalid as error:
        yield wrong("printer", str(error), "Correct the section [printer] of the file.")
    except PrinterError as error:
        yield wrong("printer", str(error), "Switch it on; see to its cable, address and port.")
    else:
        yield _of_printer(profile.title, status)


def _of_printer(title: str, status: PrinterStatus) -> Finding:
    if status.trouble is not None:
        says, advice = _TROUBLE[status.trouble]
        kind = look if status.trouble is Trouble.HOT else wrong
        return kind("printer", f"{title}: {says}", advice)
    if status.paper is Paper.NEAR_END:
        return look("printer", f"{title}: paper is near its end", "Have a new roll at hand.")
    return fine("printer", f"{title}: ready")


def acceptor(part: DevicePart, *, ask: bool) -> Iterator[Finding]:
    """Is the acceptor's line free and, when asked for, who answers on it?"""
    try:
        device = open_acceptor(part)
        if ask:
            yield from _ask_acceptor(device)
        else:
            try_port(part)
            says = "its port can be opened; --ask-acceptor speaks to it while the kiosk is stopped"
            yield fine("acceptor", says)
    except DeviceError as error:
        yield of_device("acceptor", error)


def _ask_acceptor(device: BillAcceptor) -> Iterator[Finding]:
    # A start leaves the acceptor off. No word after the poll: it would say that we have booked what
    # it told, and an acceptor that repeats a credit for the kiosk would forget it.
    close: Callable[[], None] = getattr(device, "close", lambda: None)
    try:
        info = device.start()
        yield _of_acceptor(info)
        yield from _of_events([event for event in device.poll() if event.kind in _MONEY])
    finally:
        close()


def _of_acceptor(info: AcceptorInfo) -> Finding:
    if not info.notes_fen:
        says = "it waits over a note, or is out of order, and does not say more"
        return look("acceptor", says, "Let the kiosk start once, then ask again.")
    serial = info.serial or "not told"
    notes = "/".join(f"{value // 100}" for value in info.notes_fen)
    counted = "" if info.stacked_count is None else f", {info.stacked_count} notes stacked ever"
    says = f"serial {serial}, firmware {info.firmware}, {info.currency} {notes}{counted}"
    return fine("acceptor", says)


def _of_events(events: list[BillEvent]) -> Iterator[Finding]:
    for event in events:
        value = "a value it does not say" if event.unnamed else f"{event.value_fen / 100:.2f} yuan"
        yield wrong(
            "acceptor",
            f"it reports a note of {value} that no station has heard of",
            "Write it down for the office, to be entered as 待核对, and count the cash box.",
        )


def try_port(part: DevicePart) -> None:
    """Open and close the serial line of a section that names one. Raises DeviceError."""
    settings = part.settings()
    if "port" in settings:
        open_serial(line_settings(settings, baud=_BAUD)).close()


def of_device(subject: str, error: DeviceError) -> Finding:
    """What an error of a device means for the people who read the report."""
    advice = _ADVICE.get(error.code, "")
    if isinstance(error, DeviceBusy):
        return look(subject, str(error), advice)
    return wrong(subject, str(error), advice)
