"""Payments by QR: what a kiosk asks for and what it shows."""

from typing import Annotated, Literal

from pydantic import Field

from cardserver.domain.qrpayment import QrState
from cardserver.wire_sales import SaleView
from cardserver.wirebase import Fen, Instant, Text, Uuid, Wire

Provider = Literal["wechat", "alipay"]


class QrRequest(Wire):
    """A code for all that is missing on a sale. `payment_id` is the station's, one a payment."""

    payment_id: Uuid
    provider: Provider


class QrAct(Wire):
    """End the code, or ask the provider now: "I have paid, please check"."""

    act_id: Uuid


class QrView(Wire):
    """A payment by QR as the server has it, with the sale it is for.

    `code` is empty until the provider has made one and after it can't be paid any more;
    `seconds_left` counts down to its end. `refused` says that the provider made none, `unpaid` that
    nobody had paid when it was to end: it needs its time to end, and nobody has to wait for that.
    """

    payment_id: Uuid
    provider: Provider
    number: str
    amount_fen: Fen
    state: QrState
    code: Text | Literal[""]
    expires: Instant
    seconds_left: Annotated[int, Field(ge=0)]
    refused: bool = False
    unpaid: bool = False
    sale: SaleView


class QrMeans(Wire):
    """Providers by which a code can be had now, and those that have not answered lately."""

    ready: tuple[Provider, ...]
    away: tuple[Provider, ...] = ()
