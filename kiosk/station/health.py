"""How a station is, for machines that watch over machines.

``/health`` answers JSON, with 503 when the station's work stands still; ``/metrics`` the same in
Prometheus' text format. Neither tells of people, cards or money, so both need no credential; they
are seen where the station's pages are seen.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib.metadata import version

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One thing the station needs; `trouble` is the word of what is wrong, empty when fine."""

    name: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A station at one moment. `serving`: whoever comes now is served.

    `waiting` counts what is not at rest: notes on their way, words the server has not heard.
    """

    serving: bool
    at_work: bool = True
    devices: Sequence[Device] = ()
    waiting: int = 0


def add_health(app: Flask, look: Callable[[], Health]) -> None:
    """Let the app answer ``/health`` and ``/metrics`` with what `look` sees."""
    registry = CollectorRegistry()
    registry.register(_Watched(look))

    @app.get("/health")
    def health() -> ResponseReturnValue:
        seen = look()
        status = HTTPStatus.OK if seen.at_work else HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify({"version": version("yika"), **asdict(seen)}), status

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Watched:
    """Reads the station anew at each question (prometheus_client's collector)."""

    def __init__(self, look: Callable[[], Health]) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        seen = self._look()
        yield _gauge("yika_station_serving", "Whoever comes now is served.", seen.serving)
        yield _gauge("yika_station_at_work", "The station's work moves.", seen.at_work)
        yield _gauge("yika_station_waiting", "Things not at rest yet.", seen.waiting)
        devices = GaugeMetricFamily("yika_device_up", "The device answers.", labels=["device"])
        for device in seen.devices:
            devices.add_metric([device.name], float(not device.trouble))
        yield devices

    def describe(self) -> Iterator[Metric]:
        """Nothing is known before the station is asked."""
        return iter(())


def _gauge(name: str, means: str, value: float) -> Metric:
    return GaugeMetricFamily(name, means, value=value)
