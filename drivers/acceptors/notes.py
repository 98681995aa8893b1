"""Banknotes that acceptors take, and the refusal of an acceptor whose table names others."""

from collections.abc import Iterable, Mapping
from typing import Final

from drivers.errors import AcceptorUnsuitable

NOTES_FEN: Final[Mapping[str, frozenset[int]]] = {
    "CNY": frozenset({100, 500, 1000, 2000, 5000, 10000})  # fifth series, 1 to 100 yuan
}
"""Notes by currency: a table that names others has its multiplier wrong."""


def check_notes_of(found: str, values_fen: Iterable[int], currency: str) -> None:
    """Make sure that an acceptor of currency `found` suits the station's `currency`.

    Raises:
        AcceptorUnsuitable: another currency (its name is the status), or notes that do not exist.
    """
    if found != currency:
        raise AcceptorUnsuitable(
            f"the banknote acceptor takes {found}, this station {currency}", status=found
        )
    named = {value for value in values_fen if value}
    if odd := named - NOTES_FEN.get(currency, frozenset(named)):
        raise AcceptorUnsuitable(
            f"the banknote acceptor names notes of {sorted(odd)} fen, which there are not",
            status="notes",
        )
