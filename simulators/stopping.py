"""How a simulator that runs alone is ended: Ctrl-C, or the signal a service manager sends."""

import signal
import threading
from types import FrameType


def stop_signal() -> threading.Event:
    """Set as soon as this process is asked to end, also where a shell lets Ctrl-C pass it by."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def end_in_order() -> None:
    """Let the service manager's signal end this process as Ctrl-C does: what is open is closed."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, on_signal)
