"""A car park to test with: spaces, tariffs and agreements beside the front desk's people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from cardserver.domain.admission import Direction, Reason
from cardserver.domain.parking import SpaceKind, Terms
from cardserver.services import beginning, collecting, parkingsetup, taps
from cardserver.services.turn import Caller
from cardserver.wire_cards import CardView
from cardserver.wire_operations import Ticket
from cardserver.wire_parking import (
    BankLine,
    BankListRequest,
    BankListView,
    SignRequest,
    TermsRequest,
)
from cardserver.wire_requests import IssueRequest, OperationRequest
from cardserver.wire_taps import TapsRequest
from tests.databases.frontdesk import GATE, FrontDesk, PlainCard, new_id

TARIFFS = {
    SpaceKind.RAISED_FLOOR: 250_00,
    SpaceKind.UNDERGROUND: 300_00,
    SpaceKind.SURFACE: 150_00,
    SpaceKind.BOUGHT: 80_00,
    SpaceKind.GIFTED: 60_00,
}
LONG_AGO = date(2024, 1, 1)
FAR = date(2035, 12, 31)
TAP_JOURNAL = "00000000-0000-4000-8000-000000000001"


@dataclass
class CarPark:
    """The front desk's car park: tariffs since long ago, one space of each kind, zone 7."""

    desk: FrontDesk

    def __post_init__(self) -> None:
        for kind, fee in TARIFFS.items():
            parkingsetup.register_tariff(self.desk.estate, kind, fee, first=LONG_AGO)
        self.spaces = {
            kind: parkingsetup.register_space(self.desk.estate, f"{kind} 1", kind, zone=7)
            for kind in SpaceKind
        }
        self.lanes: dict[str, Direction] = {}
        self._taps = 0

    def space(self, code: str, kind: SpaceKind = SpaceKind.UNDERGROUND) -> int:
        return parkingsetup.register_space(self.desk.estate, code, kind, zone=7)

    def signed(
        self,
        number: str,
        kind: SpaceKind = SpaceKind.UNDERGROUND,
        *,
        holder: int | None = None,
        ends: date = FAR,
        stated_fee_fen: int = 0,
        bank_collected: bool = False,
    ) -> int:
        """An agreement about the space of a kind, since long ago."""
        terms = Terms(
            plate="粤B·A1234",
            begins=LONG_AGO,
            ends=ends,
            stated_fee_fen=stated_fee_fen,
            bank_collected=bank_collected,
        )
        holder = self.desk.owner if holder is None else holder
        return parkingsetup.register_space_agreement(
            self.desk.estate, number, holder, self.spaces[kind], terms
        )

    def new_card_request(self, agreement: int, months: int = 1) -> IssueRequest:
        """A new parking card for the owner."""
        return IssueRequest(
            holder_id=self.desk.owner,
            verification_id=self.desk.verify(self.desk.owner),
            agreement_id=agreement,
            months=months,
        )

    def sign_request(self, number: str, kind: SpaceKind, **terms: object) -> SignRequest:
        """What the desk sends for a new agreement of the owner."""
        begins = terms.pop("begins", date(2025, 6, 9))
        asked = {"plate": "粤B·A1234", "ends": FAR, **terms}
        return SignRequest.model_validate(
            {
                "request_id": new_id(),
                "number": number,
                "holder_id": self.desk.owner,
                "space_id": self.spaces[kind],
                "begins": begins,
                "terms": TermsRequest.model_validate(asked),
            }
        )

    def begin_paid(self, request: OperationRequest, card: PlainCard, sale_id: str) -> Ticket:
        """Open the operation with a sale that was paid before."""
        body = self.desk.begin_request(request, card, sale_id)
        return beginning.begin(self.desk.estate, self.desk.caller, body)

    # --- the bank

    def bank_list(self, month: str, *lines: BankLine) -> BankListRequest:
        return BankListRequest(request_id=new_id(), month=month, source="托收.csv", lines=lines)

    def collect(
        self, month: str, number: str, fen: int = 80_00, *, collected: bool = True
    ) -> BankListView:
        """The bank's list of a month with one line, taken over."""
        line = BankLine(
            agreement_number=number,
            amount_fen=fen,
            collected=collected,
            note="" if collected else "余额不足",
        )
        request = self.bank_list(month, line)
        return collecting.confirm(self.desk.estate, self.desk.caller, request)

    # --- the gate

    def lane(self, lane_id: str, direction: Direction) -> None:
        """What the technician wrote down; the gate tells it with its taps."""
        self.lanes[lane_id] = direction

    def drive(self, card: CardView, lane_id: str, day: date, *, gate: Caller = GATE) -> None:
        """The car passes a lane at noon of a day."""
        self._taps += 1
        noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        taps.take_taps(
            self.desk.estate,
            gate,
            TapsRequest.model_validate(
                {
                    "journal": TAP_JOURNAL,
                    "lanes": self.lanes,
                    "taps": [
                        {
                            "sequence": self._taps,
                            "at": noon,
                            "lane_id": lane_id,
                            "uid": card.uid,
                            "card_number": card.number,
                            "reason": Reason.GRANTED,
                            "granted": True,
                        }
                    ],
                }
            ),
        )


def line(number: str, fen: int = 80_00, *, collected: bool = True) -> BankLine:
    return BankLine(agreement_number=number, amount_fen=fen, collected=collected)
