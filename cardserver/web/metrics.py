"""Figures for Prometheus: how long calls take, and whether all money is where it should be.

No holder, card or amount of a person is in them. A monitoring program asks with the token of an
office station (``yika serve --add-station monitor office``).
"""

import time
from collections.abc import Iterator
from typing import Final

from apiflask import APIBlueprint
from flask import Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from cardserver.domain.permits import Action
from cardserver.services import accounts, reconciling, stations
from cardserver.web.auth import caller, estate, permit

api = APIBlueprint("metrics", __name__, tag="Books and health")
_REGISTRY: Final = "yika-metrics"
_CALLS: Final = "yika-calls"


def measure(app: Flask) -> None:
    """Count the calls of this app and how long they took."""
    registry = CollectorRegistry()
    calls = Histogram(
        "yika_call_seconds",
        "Time in the server, by call and answer.",
        ["call", "status"],
        registry=registry,
    )
    registry.register(_Books())
    app.extensions[_REGISTRY] = registry
    app.extensions[_CALLS] = calls, {}  # its lines, by call and status, as they are met

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        count(app, request.endpoint or "unknown", response.status_code, g.began)
        return response


def count(app: Flask, endpoint: str, status: int, began: float) -> None:
    """One call more, begun at this moment of `time.perf_counter`."""
    calls, known = app.extensions[_CALLS]
    line: Histogram | None = known.get((endpoint, status))
    if line is None:
        line = known[endpoint, status] = calls.labels(endpoint, f"{status // 100}xx")
    line.observe(time.perf_counter() - began)


@api.get("/metrics")
@permit(Action.REPORTS)
@api.output({}, content_type=CONTENT_TYPE_LATEST.partition(";")[0])
def metrics() -> Response:
    """Tell a monitoring program how the server is."""
    registry: CollectorRegistry = current_app.extensions[_REGISTRY]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Books:
    """What the books say at the moment of the question (prometheus_client's collector)."""

    def describe(self) -> Iterator[Metric]:
        """Nothing is known before somebody asks."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        well = stations.health(estate())
        trial = accounts.trial(estate(), caller())
        differences = reconciling.reconciliation(estate(), caller()).differences
        oldest = max((each.age_days for each in differences), default=0)
        yield _gauge("yika_clock_ok", "The server's clock is believed.", well.clock_ok)
        yield _gauge("yika_operations_open", "Cards being written.", well.open_operations)
        yield _gauge("yika_ledger_balanced", "Every entry and the whole agree.", trial.balanced)
        yield _gauge("yika_suspense_fen", "Money a person has to decide on.", trial.suspense_fen)
        yield _gauge("yika_unknown_fen", "Notes nobody can find.", trial.unknown_fen)
        yield _gauge("yika_differences_open", "Differences nobody settled.", len(differences))
        yield _gauge("yika_differences_oldest_days", "Age of the oldest of them.", oldest)


def _gauge(name: str, means: str, value: float) -> Metric:
    return GaugeMetricFamily(name, means, value=value)
