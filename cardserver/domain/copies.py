"""Which copies of papers are kept, and which are only looked at."""

from collections.abc import Collection

from cardserver.domain.verification import Paper


def copies_to_keep(seen: Collection[Paper]) -> tuple[Paper, ...]:
    """Copies that belong in a folder after a verification that saw these papers.

    With a vehicle licence: it and the ID card, never the driving licence (PARK-02). A tenant's ID
    copy (IC-05). A lease is noted, not kept.
    """
    kept = {Paper.ID_COPY, Paper.VEHICLE_LICENCE}
    if Paper.VEHICLE_LICENCE in seen:
        kept.add(Paper.ID_CARD)
    return tuple(paper for paper in Paper if paper in kept and paper in seen)
