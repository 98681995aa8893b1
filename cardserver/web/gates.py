"""What gates ask for and hand over."""

from contextlib import suppress
from datetime import timedelta

from apiflask import APIBlueprint
from flask import Response, request

from cardserver.domain.permits import Action
from cardserver.services import (
    clonewatch,
    gatefeed,
    gatelanes,
    gateseen,
    ingesting,
    rightsending,
    snapshots,
    taps,
    usedslips,
)
from cardserver.services import passages as passing
from cardserver.services.errors import StoreBusy
from cardserver.web.auth import caller, estate, permit
from cardserver.web.gatesigned import long_answer
from cardserver.web.params import FeedQuery, GateJournalQuery, ReachQuery, SnapshotQuery
from cardserver.web.slots import parking
from cardserver.wire_gates import SnapshotView
from cardserver.wire_gatesync import (
    EventBatch,
    EventsTaken,
    GateList,
    PassagesRequest,
    PassagesView,
    ReachView,
)
from cardserver.wire_taps import TapsRequest, TapsTaken

api = APIBlueprint("gates", __name__, tag="Gates")


@api.get("/snapshot")
@permit(Action.SNAPSHOT)
@api.input(SnapshotQuery, location="query")
@api.output(SnapshotView)
def snapshot(query_data: SnapshotQuery) -> Response:
    """Give the issue list, whole or what changed in it."""
    with suppress(StoreBusy):  # the list says itself until when a holder belongs here
        rightsending.carry_out_due(estate(), caller())
    _, text = snapshots.snapshot_text(estate(), caller(), query_data.after_version)
    return Response(text, mimetype="application/json")


@api.post("/taps")
@permit(Action.TAPS)
@api.input(TapsRequest)
@api.output(TapsTaken)
def post_taps(json_data: TapsRequest) -> TapsTaken:
    """Take in taps; each is taken once."""
    return taps.take_taps(estate(), caller(), json_data)


@api.get("/gates/feed")
@permit(Action.SNAPSHOT)
@api.input(FeedQuery, location="query")
@api.output(SnapshotView)
def feed(query_data: FeedQuery) -> Response:
    """Give a gate what is newer than its list; wait for it where there is nothing yet."""
    ask = gatefeed.FeedAsk(
        after=query_data.after,
        era=query_data.era,
        whole=query_data.whole,
        wait_s=query_data.wait_s,
        drift_ms=query_data.drift_ms,
        waiting=query_data.waiting,
        program=query_data.program,
    )
    return long_answer(gatefeed.feed(estate(), caller(), ask, lambda: parking(request.environ)))


@api.post("/gates/events")
@permit(Action.TAPS)
@api.input(EventBatch)
@api.output(EventsTaken)
def post_events(json_data: EventBatch) -> EventsTaken:
    """Take in lines of a gate's journal; each is taken once, and none is left out."""
    taps.tell_lanes(estate(), caller(), json_data.lanes)
    gatelanes.tell_names(estate(), caller(), json_data.names)
    batch = ingesting.GateBatch(
        journal=json_data.journal,
        before=json_data.before,
        events=[line.to_domain() for line in json_data.events],
        mended=json_data.mended,
        ahead=timedelta(milliseconds=json_data.ahead_ms),
    )
    done = ingesting.ingest(estate(), caller(), batch)
    taps.note_mended(estate(), caller(), batch.journal, sorted(batch.mended))
    clonewatch.watch(estate(), caller(), batch.journal, batch.events)
    usedslips.take_back(estate(), caller(), batch.journal, batch.events)
    return EventsTaken(
        journal=json_data.journal,
        sequence=done.sequence,
        taken=done.taken,
        repeated=done.repeated,
    )


@api.get("/gates/events/last")
@permit(Action.TAPS)
@api.input(GateJournalQuery, location="query")
@api.output(EventsTaken)
def last_event(query_data: GateJournalQuery) -> EventsTaken:
    """Say up to which line a journal of the gate is here, so that it can go on there."""
    sequence = ingesting.last_of(estate(), caller(), query_data.journal)
    return EventsTaken(journal=query_data.journal, sequence=sequence, taken=0, repeated=0)


@api.post("/gates/passages")
@permit(Action.SNAPSHOT)
@api.input(PassagesRequest)
@api.output(PassagesView)
def passages(json_data: PassagesRequest) -> PassagesView:
    """Tell a gate who passed at the others since it asked last; it changes nothing."""
    return passing.passages(estate(), caller(), json_data)


@api.get("/gates")
@permit(Action.REPORTS)
@api.output(GateList)
def gates() -> GateList:
    """Show every gate and the version of the list it enforces."""
    return gateseen.gates(estate(), caller())


@api.get("/gates/reach")
@permit(Action.REPORTS)
@api.input(ReachQuery, location="query")
@api.output(ReachView)
def reach(query_data: ReachQuery) -> ReachView:
    """Say since when a card's standing, or a version of the list, counts at every gate."""
    if query_data.card is not None:
        return gateseen.reach_of_card(estate(), caller(), query_data.card)
    return gateseen.reach_of_version(estate(), caller(), query_data.version or 0)
