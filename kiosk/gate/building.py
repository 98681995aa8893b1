"""From a `[[lane]]` section to a lane with its devices."""

from collections.abc import Callable

from cardserver.domain.admission import Identify, Snapshot
from cardserver.domain.gatekeys import GateKeys
from kiosk.gate.lane import LaneLoop
from kiosk.gate.owners import Owners
from kiosk.gate.passing import Times
from kiosk.gate.shared import Shared
from kiosk.station.config import LanePart
from kiosk.station.devices import (
    open_barrier,
    open_code_reader,
    open_display,
    open_reader,
    tells_numbers,
)


def build_lane(
    part: LanePart,
    *,
    keys: GateKeys,
    snapshot: Callable[[], Snapshot],
    shared: Shared,
    owners: Owners,
) -> LaneLoop:
    """A lane. What its reader gives follows from the reader. Raises ConfigInvalid, DeviceError."""
    codes = tells_numbers(part.reader)
    return LaneLoop(
        lane=part.to_domain(Identify.UID if codes else Identify.RECORD),
        name=part.name,
        nearest_space=part.nearest_space,
        times=Times(pass_s=part.pass_s, arm_s=part.arm_s, held_s=part.held_s),
        reader=None if codes else open_reader(part.reader),
        codes=open_code_reader(part.reader) if codes else None,
        display=open_display(part.display) if part.display else None,
        barrier=open_barrier(part.barrier),
        owner=owners.of(part.barrier),
        way=owners.way_of(part.barrier),
        keys=keys,
        snapshot=snapshot,
        shared=shared,
    )
