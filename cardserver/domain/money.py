"""Money is an integer number of fen (1/100 yuan). Nothing here ever divides it."""

from typing import Final

from cardserver.domain.errors import AmountInvalid

MAX_FEN: Final = 100_000_000_00
"""A hundred million yuan: beyond it an amount is a mistake."""

CARD_COST_FEN: Final = 2000
"""IC-09, FEE-08: cost price of a card."""


def check_amount(fen: int) -> int:
    """The amount itself when it is a sane, non-negative number of fen. Raises AmountInvalid."""
    if not 0 <= fen <= MAX_FEN:
        raise AmountInvalid(f"{fen} fen is outside 0 to {MAX_FEN}")
    return fen


def yuan_text(fen: int) -> str:
    """An amount as people read it: ``1409.50``, ``-20.00``."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan}.{rest:02d}"


def change_due(due_fen: int, received_fen: int) -> int:
    """Money to give back (FEE-04). Raises AmountInvalid when too little was received."""
    if received_fen < due_fen:
        raise AmountInvalid(f"received {yuan_text(received_fen)} of {yuan_text(due_fen)}")
    return received_fen - due_fen
