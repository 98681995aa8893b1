"""The desk's calls about spaces, tariffs, agreements and the bank's lists."""

from cardserver.clientbase import Calls
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


class ParkingCalls(Calls):
    """Everything about the car park that is not a card."""

    def spaces(
        self, query: str = "", *, free: bool = False, offset: int = 0, limit: int = 50
    ) -> SpaceList:
        """A page of spaces and how each stands today; `query`: code, agreement, plate, holder."""
        asked = {"limit": str(limit), "offset": str(offset), "query": query[:60]}
        if free:
            asked["free"] = "true"
        return self._get("/api/parking/spaces", SpaceList, asked)

    def add_space(self, request: SpaceRequest) -> SpaceList:
        """Enter a space; ``space-known``."""
        return self._post("/api/parking/spaces", request, SpaceList)

    def tariffs(self) -> TariffTable:
        """The tariffs of every kind of space, and what a card costs."""
        return self._get("/api/parking/tariffs", TariffTable)

    def add_tariff(self, request: TariffRequest) -> TariffTable:
        """Enter a tariff; ``tariff-zero``, ``tariff-in-past``, ``tariff-overlaps``."""
        return self._post("/api/parking/tariffs", request, TariffTable)

    def withdraw_tariff(self, tariff_id: int, request: WithdrawTariffRequest) -> TariffTable:
        """Take a tariff back; ``tariff-begun``, ``tariff-withdrawn``."""
        path = f"/api/parking/tariffs/{tariff_id}/withdrawal"
        return self._post(path, request, TariffTable)

    def agreement(self, agreement_id: int) -> AgreementFile:
        """An agreement, its history and its space's file."""
        return self._get(f"/api/parking/agreements/{agreement_id}", AgreementFile)

    def sign(self, request: SignRequest) -> AgreementFile:
        """Enter a signed agreement; ``space-taken``, ``agreement-known``."""
        return self._post("/api/parking/agreements", request, AgreementFile)

    def change(self, agreement_id: int, request: ChangeAgreementRequest) -> AgreementFile:
        """Give an agreement other terms from now on."""
        path = f"/api/parking/agreements/{agreement_id}/change"
        return self._post(path, request, AgreementFile)

    def end(self, agreement_id: int, request: EndAgreementRequest) -> AgreementFile:
        """Let an agreement end."""
        path = f"/api/parking/agreements/{agreement_id}/end"
        return self._post(path, request, AgreementFile)

    def read_bank_file(self, file: BankFile) -> BankLines:
        """What a bank's file says, row by row; ``file-kind``, ``bank-columns``, ``list-empty``."""
        return self._post("/api/parking/bank-lists/file", file, BankLines)

    def preview_bank_list(self, request: BankListRequest) -> BankListView:
        """What each line of a collection list would do."""
        return self._post("/api/parking/bank-lists/preview", request, BankListView)

    def confirm_bank_list(self, request: BankListRequest) -> BankListView:
        """Take a collection list over, all of it or nothing."""
        return self._post("/api/parking/bank-lists", request, BankListView)

    def reminders(self) -> ReminderList:
        """Failed collections that were not made good."""
        return self._get("/api/parking/reminders", ReminderList)

    def refund_requests(self) -> RefundRequests:
        """Requests for the head of the centre."""
        return self._get("/api/parking/refund-requests", RefundRequests)

    def ask_refund(self, request: RefundAsked) -> RefundRequests:
        """Record that unused months are asked back."""
        return self._post("/api/parking/refund-requests", request, RefundRequests)
