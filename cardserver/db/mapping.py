"""Rows become domain values and back."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from cardserver.db.tables import (
    AgreementRow,
    CardRow,
    HolderRow,
    RightRow,
    UnitRow,
)
from cardserver.domain.card import Card, Right
from cardserver.domain.holder import Agreement, Holder
from cardserver.domain.ids import CardNumber, HolderId
from cardserver.domain.operation import SlotChange
from cardserver.domain.rights import RightKind
from cardserver.domain.tariff import Charge, ChargeItem
from cardserver.domain.validity import ValidityPeriod

JsonObject = dict[str, Any]


def holder_of(row: HolderRow, unit: UnitRow | None) -> Holder:
    """A holder with the unit he belongs to."""
    return Holder(
        holder_id=HolderId(row.id),
        name=row.name,
        holder_class=row.holder_class,
        unit="" if unit is None else unit.label,
        zones=0 if unit is None else unit.zones,
        lease_end=row.lease_end,
        ends=row.ends,
    )


def agreement_of(
    row: AgreementRow, unit: UnitRow | None, *, fee_fen: int, begins: date | None = None
) -> Agreement:
    """An agreement with the unit of the holder who signed it, at a monthly fee."""
    return Agreement(
        agreement_id=row.id,
        number=row.number,
        holder_id=HolderId(row.holder_id),
        unit="" if unit is None else unit.label,
        plate=row.plate,
        space=row.space,
        zone=row.zone,
        monthly_fee_fen=fee_fen,
        ends=row.ends,
        bank_collected=row.bank_collected,
        begins=begins,
    )


def right_of(row: RightRow) -> Right:
    """A right as last settled."""
    return Right(
        kind=row.kind,
        zones=row.zones,
        period=ValidityPeriod(first=row.first, after_last=row.after_last),
        sequence=row.sequence,
        anchor=row.anchor,
        agreement_id=row.agreement_id,
    )


def right_columns(number: int, right: Right, sealed: bytes) -> dict[str, object]:
    """A settled right with its bytes, by column."""
    return {
        "card_number": number,
        "kind": right.kind,
        "zones": right.zones,
        "first": right.period.first,
        "after_last": right.period.after_last,
        "anchor": right.anchor,
        "sequence": right.sequence,
        "sealed": sealed,
        "agreement_id": right.agreement_id,
    }


def card_of(row: CardRow, holder: HolderRow, rights: Iterable[RightRow]) -> Card:
    """A card with its rights."""
    return Card(
        number=CardNumber(row.number),
        uid=row.uid,
        medium=row.medium,
        status=row.status,
        holder_id=HolderId(row.holder_id),
        holder_class=holder.holder_class,
        key_version=row.key_version,
        secure_channel=row.secure_channel,
        bought_on=row.bought_on,
        rights={right.kind: right_of(right) for right in rights},
    )


# --- what stands in JSON columns -----------------------------------------------------------------


def changes_json(changes: Iterable[SlotChange]) -> list[JsonObject]:
    """Planned slots, bytes in hex."""
    return [{"slot": c.slot, "old": c.old.hex(), "new": c.new.hex()} for c in changes]


def changes_from(stored: Any) -> tuple[SlotChange, ...]:
    """The planned slots again."""
    return tuple(
        SlotChange(slot=c["slot"], old=bytes.fromhex(c["old"]), new=bytes.fromhex(c["new"]))
        for c in stored
    )


def rights_json(rights: Iterable[Right]) -> list[JsonObject]:
    """Planned rights."""
    return [
        {
            "kind": right.kind,
            "zones": right.zones,
            "first": right.period.first.isoformat(),
            "after_last": right.period.after_last.isoformat(),
            "sequence": right.sequence,
            "anchor": right.anchor,
            "agreement_id": right.agreement_id,
        }
        for right in rights
    ]


def rights_from(stored: Any) -> tuple[Right, ...]:
    """The planned rights again."""
    return tuple(
        Right(
            kind=RightKind(right["kind"]),
            zones=right["zones"],
            period=ValidityPeriod(
                first=date.fromisoformat(right["first"]),
                after_last=date.fromisoformat(right["after_last"]),
            ),
            sequence=right["sequence"],
            anchor=right["anchor"],
            agreement_id=right["agreement_id"],
        )
        for right in stored
    )


def period_json(period: ValidityPeriod | None) -> list[str] | None:
    """A period as its two stored dates."""
    if period is None:
        return None
    return [period.first.isoformat(), period.after_last.isoformat()]


def period_from(stored: Any) -> ValidityPeriod | None:
    """The period again."""
    if stored is None:
        return None
    first, after_last = stored
    return ValidityPeriod(
        first=date.fromisoformat(first), after_last=date.fromisoformat(after_last)
    )


def charges_json(charges: Iterable[Charge]) -> list[JsonObject]:
    """The lines of a price."""
    return [
        {"item": c.item, "unit_price_fen": c.unit_price_fen, "quantity": c.quantity}
        for c in charges
    ]


def charges_from(stored: Any) -> tuple[Charge, ...]:
    """The lines again."""
    return tuple(
        Charge(
            item=ChargeItem(c["item"]),
            unit_price_fen=c["unit_price_fen"],
            quantity=c["quantity"],
        )
        for c in stored
    )
