"""Parking days that gates honour before any card carries them (PARK-10a)."""

from cardserver.db.spaces import carrying, failed_lines, waiting_lines
from cardserver.domain.bankcollection import kept_until_month_end
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.turn import Turn


def honoured_days(turn: Turn) -> dict[int, ValidityPeriod]:
    """By card number: months the bank collected, and days kept after a failed collection."""
    found: dict[int, ValidityPeriod] = {}
    for each in failed_lines(turn.session, month=f"{turn.today:%Y-%m}"):
        agreement_id = each.line.agreement_id
        held = None if agreement_id is None else carrying(turn.session, agreement_id)
        if held is not None:
            card, right = held
            period = ValidityPeriod(first=right.first, after_last=right.after_last)
            kept = kept_until_month_end(period, each.month_end)
            if kept is not None:
                found[card.number] = kept
    for line in waiting_lines(turn.session, after=turn.today):
        held = None if line.agreement_id is None else carrying(turn.session, line.agreement_id)
        if held is not None and line.first is not None and line.after_last is not None:
            found[held[0].number] = ValidityPeriod(first=line.first, after_last=line.after_last)
    return found
