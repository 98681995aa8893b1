"""Which history a version of the gates' list belongs to, told by eras.

A centre restored from a backup counts on from an older version: its 418 is not the 418 that a gate
may have. So each server process begins an era, with its first change of the list or its first
answer to a gate, and again when it sees the version go back. A gate says with its version in which
era it was made: what an era had not reached when the next began was never a version of this list.
"""

from dataclasses import dataclass
from itertools import pairwise

from cardserver.db.listeras import list_eras, list_standing
from cardserver.services.turn import SNAPSHOT, Caller, Estate, looking, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStanding:
    """The version of the list, and the era it counts on in; in one moment."""

    version: int
    era: str


def standing(estate: Estate, caller: Caller) -> ListStanding:
    """How the list stands, in an era of this process. Raises StoreBusy."""
    eras = estate.gates.eras
    highest = eras.highest  # before the look: another thread may see more meanwhile
    found = _look(estate)
    if highest is None or found.version < highest:
        return _begun(estate, caller)
    eras.saw(found.version)
    return found


def strays(estate: Estate, now: ListStanding, after: int | None, era: str) -> bool:
    """True where a gate's version is none that this list ever had. Raises StoreBusy.

    A gate of an earlier program names no era: only a version yet to come gives it away.
    """
    if after is None or after > now.version:
        return after is not None
    if era in {"", now.era}:
        return False
    return after > dict(_ends(estate, now)).get(era, -1)


def _look(estate: Estate) -> ListStanding:
    with looking(estate) as connection:
        version, era = list_standing(connection, estate.site, SNAPSHOT)
    return ListStanding(version=version, era=era)


def _begun(estate: Estate, caller: Caller) -> ListStanding:
    """After an era was begun, by this thread or by another that was faster."""
    eras = estate.gates.eras
    with eras.lock:
        highest, found = eras.highest, _look(estate)
        if highest is not None and found.version >= highest:
            return found
        with writing(estate, caller) as turn:
            version, _ = list_standing(turn.connection, estate.site, SNAPSHOT)
            return ListStanding(version=version, era=turn.begin_era(version))


def _ends(estate: Estate, now: ListStanding) -> list[tuple[str, int]]:
    """The last version of every era but the present one."""
    eras = estate.gates.eras
    if not eras.known or eras.known[-1][0] != now.era:
        with looking(estate) as connection:
            eras.known = tuple(list_eras(connection, estate.site))
    return [(name, ended) for (name, _), (_, ended) in pairwise(eras.known)]
