"""New versions of the rules of the gates: always another row, delivered with the list."""

from cardserver.db.listing import gate_rules
from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.services.turn import Turn


def add_version(turn: Turn, *, document: str, note: str, by: str, after: int) -> None:
    """Put the version behind `after` on file; gates get it with the next list."""
    turn.add(
        GateRulesRow(
            site=turn.estate.site,
            version=after + 1,
            document=document,
            note=note,
            set_by=by,
            list_version=turn.version,
            **turn.made(),
        )
    )


def free_days_changed(turn: Turn) -> None:
    """Gates get the rules once more, with the holidays as they are on file now (CAL-04a)."""
    row = gate_rules(turn.session, turn.estate.site)
    if row is not None:
        add_version(turn, document=row.document, note=row.note, by=row.set_by, after=row.version)
