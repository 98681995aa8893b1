"""One owner thread a line: lanes whose boards hang on the same bus share it."""

from drivers.worker import DeviceWorker
from kiosk.station.config import DevicePart

_STOP_S = 3.0


class Owners:
    """The threads of the lines that a gate's barriers hang on, by driver and port."""

    def __init__(self) -> None:
        self._workers: dict[tuple[str, str], DeviceWorker] = {}

    def of(self, part: DevicePart) -> DeviceWorker | None:
        """The thread of a barrier's line; None where the driver names no port: it is alone."""
        port = part.settings().get("port", "")
        if not port:
            return None
        key = (part.driver, port)
        if key not in self._workers:
            self._workers[key] = DeviceWorker(f"line {port}")
        return self._workers[key]

    def stop(self) -> None:
        """End the threads, after the lanes have given their devices back."""
        for worker in self._workers.values():
            worker.stop(_STOP_S)
