"""The card register F1: rows, signatures, corrections."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import registersigning, registerviews
from cardserver.web import params
from cardserver.web.auth import caller, estate, permit
from cardserver.wire_register import (
    OpenQuery,
    OpenRows,
    RegisterPage,
    RegisterRowView,
    RowCorrectionRequest,
    RowQuery,
    RowSignRequest,
)

api = APIBlueprint("register", __name__, tag="Card register")
_ROW = params.row("number")


@api.get("/register")
@permit(Action.READ_REGISTER)
@api.input(RowQuery, location="query")
@api.output(RegisterPage)
def rows(query_data: RowQuery) -> RegisterPage:
    """List rows by day, unit, card, station, open or abnormal."""
    return registerviews.rows(estate(), caller(), query_data)


@api.get("/register/open")
@permit(Action.READ_REGISTER)
@api.input(OpenQuery, location="query")
@api.output(OpenRows)
def open_rows(query_data: OpenQuery) -> OpenRows:
    """Count the rows of today that somebody is still to sign."""
    return registerviews.open_count(estate(), caller(), query_data.station)


@api.get(f"/register/{_ROW}")
@permit(Action.READ_REGISTER)
@api.output(RegisterRowView)
def row(number: int) -> RegisterRowView:
    """Show one row."""
    return registerviews.row(estate(), caller(), number)


@api.post(f"/register/{_ROW}/signature")
@permit(Action.SIGN_REGISTER)
@api.input(RowSignRequest)
@api.output(RegisterRowView)
def sign(number: int, json_data: RowSignRequest) -> RegisterRowView:
    """Enter who signed a row, on the pad or on paper."""
    return registersigning.sign(estate(), caller(), number, json_data)


@api.post(f"/register/{_ROW}/corrections")
@permit(Action.SIGN_REGISTER)
@api.input(RowCorrectionRequest)
@api.output(RegisterRowView)
def correct(number: int, json_data: RowCorrectionRequest) -> RegisterRowView:
    """Put one column right by a new row that refers to the old one."""
    return registersigning.correct(estate(), caller(), number, json_data)
