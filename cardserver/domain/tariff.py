"""What an operation costs. Prices are told before money is taken (FEE-01) and never typed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.document import DocumentKind
from cardserver.domain.money import CARD_COST_FEN, check_amount
from cardserver.domain.rights import HolderClass
from cardserver.domain.validity import free_replacement_through


@unique
class ChargeItem(StrEnum):
    """What is charged for; one item has one kind of document (FEE-10)."""

    CARD_COST = "card-cost"  # 工本费
    PARKING = "parking"  # 车位月租
    TEMPORARY = "temporary"  # 临时停车费, days inside without a right (PARK-05b)
    OTHER = "other"  # on no list: the cashier names it and its amount (FEE-36)


DOCUMENT_OF: Final = {
    ChargeItem.CARD_COST: DocumentKind.FORMAL_RECEIPT,
    ChargeItem.PARKING: DocumentKind.TOP_UP_SLIP,
    ChargeItem.TEMPORARY: DocumentKind.TOP_UP_SLIP,
    ChargeItem.OTHER: DocumentKind.FORMAL_RECEIPT,
}


@unique
class ReplaceReason(StrEnum):
    """Why a card is replaced; decides the price (IC-10, IC-11, IC-16)."""

    LOST = "lost"
    FAULTY = "faulty"  # not by anybody's hand
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line of a price: `quantity` cards or months at `unit_price_fen`."""

    item: ChargeItem
    unit_price_fen: int
    quantity: int

    @property
    def amount_fen(self) -> int:
        """Price of the line."""
        return self.unit_price_fen * self.quantity


def document_kinds(charges: Iterable[Charge]) -> tuple[DocumentKind, ...]:
    """Kinds of paper that these charges take, each once, in the order of the charges (FEE-10)."""
    return tuple(dict.fromkeys(DOCUMENT_OF[charge.item] for charge in charges))


def card_charges(holder_class: HolderClass) -> tuple[Charge, ...]:
    """A new card: 20 yuan (IC-09), free for staff (IC-13)."""
    if holder_class is HolderClass.STAFF:
        return ()
    return (Charge(item=ChargeItem.CARD_COST, unit_price_fen=CARD_COST_FEN, quantity=1),)


def replacement_charges(
    holder_class: HolderClass, reason: ReplaceReason, bought_on: date, today: date
) -> tuple[Charge, ...]:
    """A card for a card: free for a fault within one month of the purchase, else 20 yuan.

    Lost and damaged cards are paid at once (IC-10b, IC-11), by staff too (IC-16); a staff card
    that failed by itself is free at any age.
    """
    if reason is ReplaceReason.FAULTY and (
        holder_class is HolderClass.STAFF or today <= free_replacement_through(bought_on)
    ):
        return ()
    return (Charge(item=ChargeItem.CARD_COST, unit_price_fen=CARD_COST_FEN, quantity=1),)


def temporary_charges(day_fee_fen: int, days: int) -> tuple[Charge, ...]:
    """Whole days at the temporary tariff (PARK-05b)."""
    return (Charge(item=ChargeItem.TEMPORARY, unit_price_fen=day_fee_fen, quantity=days),)


def free_charges(amount_fen: int) -> tuple[Charge, ...]:
    """What the cashier decided, once (FEE-36)."""
    return (Charge(item=ChargeItem.OTHER, unit_price_fen=amount_fen, quantity=1),)


def parking_charges(monthly_fee_fen: int, months: int) -> tuple[Charge, ...]:
    """Whole months at the agreement's fee (PARK-06). Raises AmountInvalid beyond every limit."""
    check_amount(monthly_fee_fen * months)
    return (Charge(item=ChargeItem.PARKING, unit_price_fen=monthly_fee_fen, quantity=months),)
