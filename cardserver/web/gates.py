"""What gates ask for and hand over."""

from contextlib import suppress

from apiflask import APIBlueprint
from flask import Response

from cardserver.domain.permits import Action
from cardserver.services import rightsending, snapshots, taps
from cardserver.services.errors import StoreBusy
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import SnapshotQuery
from cardserver.wire import SnapshotView, TapsRequest, TapsTaken

api = APIBlueprint("gates", __name__, tag="Gates")


@api.get("/snapshot")
@permit(Action.SNAPSHOT)
@api.input(SnapshotQuery, location="query")
@api.output(SnapshotView)
def snapshot(query_data: SnapshotQuery) -> Response:
    """Give the issue list, whole or what changed in it."""
    with suppress(StoreBusy):  # the list says itself until when a holder belongs here
        rightsending.carry_out_due(estate(), caller())
    view = snapshots.snapshot(estate(), caller(), query_data.after_version)
    # Written out by pydantic in one go: the list of a large estate is long.
    return Response(view.model_dump_json(), mimetype="application/json")


@api.post("/taps")
@permit(Action.TAPS)
@api.input(TapsRequest)
@api.output(TapsTaken)
def post_taps(json_data: TapsRequest) -> TapsTaken:
    """Take in taps; each is taken once."""
    return taps.take_taps(estate(), caller(), json_data)
