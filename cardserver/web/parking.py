"""Spaces, tariffs, agreements, the bank's lists, refund requests."""

from apiflask import APIBlueprint

from cardserver.db.spacesearch import Wanted
from cardserver.domain.permits import Action
from cardserver.services import agreements, collecting, refundrequests, spaces, tariffs
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import SpacesQuery, row
from cardserver.wire_parking import (
    AgreementFile,
    BankFile,
    BankLines,
    BankListRequest,
    BankListView,
    ChangeAgreementRequest,
    EndAgreementRequest,
    RefundAsked,
    RefundRequests,
    ReminderList,
    SignRequest,
    SpaceList,
    SpaceRequest,
    TariffRequest,
    TariffTable,
    WithdrawTariffRequest,
)

api = APIBlueprint("parking", __name__, tag="Parking")

_AGREEMENT = f"/parking/agreements/{row('agreement_id')}"


@api.get("/parking/spaces")
@permit(Action.FIND_HOLDERS)
@api.input(SpacesQuery, location="query")
@api.output(SpaceList)
def space_list(query_data: SpacesQuery) -> SpaceList:
    """List the spaces and how each stands today."""
    wanted = Wanted(
        words=query_data.query.strip(),
        kind=query_data.kind,
        free=query_data.free,
        offset=query_data.offset,
        limit=query_data.limit,
    )
    return spaces.space_list(estate(), caller(), wanted)


@api.post("/parking/spaces")
@permit(Action.EDIT_TARIFF)
@api.input(SpaceRequest)
@api.output(SpaceList)
def add_space(json_data: SpaceRequest) -> SpaceList:
    """Enter a space."""
    return spaces.add_space(estate(), caller(), json_data)


@api.get("/parking/tariffs")
@permit(Action.FIND_HOLDERS)
@api.output(TariffTable)
def tariff_table() -> TariffTable:
    """Show the tariffs of every kind of space."""
    return tariffs.tariff_table(estate(), caller())


@api.post("/parking/tariffs")
@permit(Action.EDIT_TARIFF)
@api.input(TariffRequest)
@api.output(TariffTable)
def add_tariff(json_data: TariffRequest) -> TariffTable:
    """Enter a tariff from a day on."""
    return tariffs.add_tariff(estate(), caller(), json_data)


@api.post(f"/parking/tariffs/{row('tariff_id')}/withdrawal")
@permit(Action.EDIT_TARIFF)
@api.input(WithdrawTariffRequest)
@api.output(TariffTable)
def withdraw_tariff(tariff_id: int, json_data: WithdrawTariffRequest) -> TariffTable:
    """Take a tariff back before its first day."""
    return tariffs.withdraw_tariff(estate(), caller(), tariff_id, json_data)


@api.post("/parking/agreements")
@permit(Action.EDIT_AGREEMENTS)
@api.input(SignRequest)
@api.output(AgreementFile)
def sign(json_data: SignRequest) -> AgreementFile:
    """Enter a signed agreement."""
    return agreements.sign(estate(), caller(), json_data)


@api.get(_AGREEMENT)
@permit(Action.EDIT_AGREEMENTS)
@api.output(AgreementFile)
def agreement(agreement_id: int) -> AgreementFile:
    """Show an agreement, its history and its space's file."""
    return agreements.agreement(estate(), caller(), agreement_id)


@api.post(f"{_AGREEMENT}/change")
@permit(Action.EDIT_AGREEMENTS)
@api.input(ChangeAgreementRequest)
@api.output(AgreementFile)
def change(agreement_id: int, json_data: ChangeAgreementRequest) -> AgreementFile:
    """Give an agreement other terms from now on."""
    return agreements.change(estate(), caller(), agreement_id, json_data)


@api.post(f"{_AGREEMENT}/end")
@permit(Action.EDIT_AGREEMENTS)
@api.input(EndAgreementRequest)
@api.output(AgreementFile)
def end(agreement_id: int, json_data: EndAgreementRequest) -> AgreementFile:
    """Let an agreement end."""
    return agreements.end(estate(), caller(), agreement_id, json_data)


@api.post("/parking/bank-lists/file")
@permit(Action.EDIT_AGREEMENTS)
@api.input(BankFile)
@api.output(BankLines)
def read_bank_file(json_data: BankFile) -> BankLines:
    """Tell what a bank's file says, row by row."""
    return collecting.read_file(json_data)


@api.post("/parking/bank-lists/preview")
@permit(Action.EDIT_AGREEMENTS)
@api.input(BankListRequest)
@api.output(BankListView)
def preview_bank_list(json_data: BankListRequest) -> BankListView:
    """Tell what each line of a collection list would do."""
    return collecting.preview(estate(), caller(), json_data)


@api.post("/parking/bank-lists")
@permit(Action.EDIT_AGREEMENTS)
@api.input(BankListRequest)
@api.output(BankListView)
def confirm_bank_list(json_data: BankListRequest) -> BankListView:
    """Take a collection list over."""
    return collecting.confirm(estate(), caller(), json_data)


@api.get("/parking/reminders")
@permit(Action.FIND_HOLDERS)
@api.output(ReminderList)
def reminders() -> ReminderList:
    """List the failed collections that were not made good."""
    return collecting.reminders(estate(), caller())


@api.get("/parking/refund-requests")
@permit(Action.FIND_HOLDERS)
@api.output(RefundRequests)
def refund_requests() -> RefundRequests:
    """List the requests for the head of the centre."""
    return refundrequests.refund_requests(estate(), caller())


@api.post("/parking/refund-requests")
@permit(Action.EDIT_AGREEMENTS)
@api.input(RefundAsked)
@api.output(RefundRequests)
def ask_refund(json_data: RefundAsked) -> RefundRequests:
    """Record that unused months are asked back."""
    return refundrequests.ask_refund(estate(), caller(), json_data)
