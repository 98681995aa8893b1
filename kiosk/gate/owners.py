"""What lanes share: one owner thread a line of boards, and a door with a reader on each side."""

from drivers.worker import DeviceWorker
from kiosk.gate.passing import Way
from kiosk.station.config import DevicePart

_STOP_S = 3.0


class Owners:
    """The threads of the lines that a gate's barriers hang on, by driver and port."""

    def __init__(self) -> None:
        self._workers: dict[tuple[str, str], DeviceWorker] = {}
        self._ways: dict[tuple[str, ...], Way] = {}

    def of(self, part: DevicePart) -> DeviceWorker | None:
        """The thread of a barrier's line; None where the driver names no port: it is alone."""
        port = part.settings().get("port", "")
        if not port:
            return None
        key = (part.driver, port)
        if key not in self._workers:
            self._workers[key] = DeviceWorker(f"line {port}")
        return self._workers[key]

    def way_of(self, part: DevicePart) -> Way:
        """The door or arm of a barrier: one for two lanes that open with the same relay."""
        settings = part.settings()
        if "port" not in settings:
            return Way()
        what = (settings.get(name, "") for name in ("port", "unit", "relay"))
        return self._ways.setdefault((part.driver, *what), Way())

    def stop(self) -> None:
        """End the threads, after the lanes have given their devices back."""
        for worker in self._workers.values():
            worker.stop(_STOP_S)
