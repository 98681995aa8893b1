"""Calls of a station with lanes: the issue list, and taps handed over."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cardserver.clientbase import Calls
from cardserver.domain.admission import Direction
from cardserver.wire_gates import SnapshotView
from cardserver.wire_taps import TapReport, TapsRequest, TapsTaken


class TapCalls(Calls):
    """The issue list and the taps."""

    def snapshot(self, after_version: int | None = None) -> SnapshotView:
        """The issue list, or what changed in it after a version."""
        params = {} if after_version is None else {"after_version": str(after_version)}
        return self._get("/api/snapshot", SnapshotView, params)

    def post_taps(
        self,
        taps: Sequence[TapReport],
        *,
        journal: str,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
    ) -> TapsTaken:
        """Hand over taps out of a journal; those handed over before are recognised.

        `lanes` tells which way vehicle lanes lead, where that is written down.
        """
        body = TapsRequest(journal=journal, taps=tuple(taps), lanes=dict(lanes))
        return self._post("/api/taps", body, TapsTaken)
