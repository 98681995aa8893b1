"""What waits, and what was earned by day, in short lists and sums that the database keeps itself.

A page that asks for a few papers out of years of them reads a list as long as its answer. Indexes
for charts and reminders stand beside it.
"""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, UUID, column, words

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ADD, _TAKE = "INSERT INTO {list} ({key}) ", "DELETE FROM {list} WHERE {key} = "
_LISTS = {
    "unhanded": "document_id",
    "uninvoiced": "document_id",
    "unsigned": "number",
    "unfiled": "copy_id",
}
_AT_A_DESK = "NOT EXISTS (SELECT 1 FROM station WHERE id = {station} AND kind = 'kiosk')"
_SINCE = {
    "unhanded": (
        "SELECT id FROM document "
        "WHERE station NOT IN (SELECT id FROM station WHERE kind = 'kiosk') "
        "AND id NOT IN (SELECT document_id FROM document_event "
        "WHERE event IN ('handed-over', 'in-the-box')) "
        "AND id NOT IN (SELECT document_id FROM document_void)"
    ),
    "uninvoiced": (
        "SELECT id FROM document WHERE kind = 'top-up-slip' "
        "AND id NOT IN (SELECT document_id FROM invoice_handing) "
        "AND id NOT IN (SELECT document_id FROM document_void)"
    ),
    "unsigned": (
        "SELECT number FROM register_row WHERE signer IS NOT NULL "
        "AND number NOT IN (SELECT row_number FROM register_signature)"
    ),
    "unfiled": ("SELECT id FROM paper_copy WHERE id NOT IN (SELECT copy_id FROM paper_filing)"),
}
"""What is on the lists of a store that has a past."""

_KEEPING = (
    (
        "unhanded",
        "document",
        "",
        _ADD + "SELECT NEW.id WHERE " + _AT_A_DESK.format(station="NEW.station"),
    ),
    (
        "unhanded",
        "document_event",
        "NEW.event IN ('handed-over', 'in-the-box')",
        _TAKE + "NEW.document_id",
    ),
    ("unhanded", "document_void", "", _TAKE + "NEW.document_id"),
    ("uninvoiced", "document", "NEW.kind = 'top-up-slip'", _ADD + "VALUES (NEW.id)"),
    ("uninvoiced", "invoice_handing", "", _TAKE + "NEW.document_id"),
    ("uninvoiced", "document_void", "", _TAKE + "NEW.document_id"),
    ("unsigned", "register_row", "NEW.signer IS NOT NULL", _ADD + "VALUES (NEW.number)"),
    ("unsigned", "register_signature", "", _TAKE + "NEW.row_number"),
    ("unfiled", "paper_copy", "", _ADD + "VALUES (NEW.id)"),
    ("unfiled", "paper_filing", "", _TAKE + "NEW.copy_id"),
)
"""List, table, when, and what a new row of the table does to the list."""

_IS_GOING = "(NEW.state IN ('accepting', 'unknown'))"
_OPENED = (
    "INSERT INTO open_tender (tender_id, state, sale_id) "
    "VALUES (NEW.tender_id, NEW.state, NEW.sale_id) "
    "ON CONFLICT (tender_id) DO UPDATE SET state = excluded.state"
)
_ENDED = "DELETE FROM open_tender WHERE tender_id = NEW.tender_id"
_OPEN_SINCE = """
INSERT INTO open_tender (tender_id, state, sale_id)
SELECT tender_id, state, sale_id FROM tender WHERE state IN ('accepting', 'unknown')
    AND NOT EXISTS (SELECT 1 FROM tender AS later
        WHERE later.tender_id = tender.tender_id AND later.id > tender.id)"""

_HELD = """
INSERT INTO held (sale_id, payer_fen, payable_fen)
SELECT sale_id, CASE WHEN NEW.account = 'refund-payable' THEN 0 ELSE NEW.amount_fen END,
    CASE WHEN NEW.account = 'refund-payable' THEN NEW.amount_fen ELSE 0 END
FROM ledger_entry WHERE id = NEW.entry_id
ON CONFLICT (sale_id) DO UPDATE SET
    payer_fen = held.payer_fen + excluded.payer_fen,
    payable_fen = held.payable_fen + excluded.payable_fen;
DELETE FROM held WHERE payer_fen = 0 AND payable_fen = 0
    AND sale_id = (SELECT sale_id FROM ledger_entry WHERE id = NEW.entry_id)"""
_HELD_SINCE = """
INSERT INTO held (sale_id, payer_fen, payable_fen)
SELECT sale_id, payer_fen, payable_fen FROM (
    SELECT ledger_entry.sale_id AS sale_id,
        sum(CASE WHEN account = 'refund-payable' THEN 0 ELSE amount_fen END) AS payer_fen,
        sum(CASE WHEN account = 'refund-payable' THEN amount_fen ELSE 0 END) AS payable_fen
    FROM ledger_line JOIN ledger_entry ON ledger_entry.id = ledger_line.entry_id
    WHERE account = 'refund-payable' OR substr(account, 1, 9) = 'customer:'
    GROUP BY ledger_entry.sale_id) AS sums
WHERE payer_fen <> 0 OR payable_fen <> 0"""
_OF_A_SALE = "NEW.account = 'refund-payable' OR substr(NEW.account, 1, 9) = 'customer:'"

_IS_INCOME = "substr({account}, 1, 7) = 'income:'"
_LOCAL_DAY = {
    "sqlite": "date({at}, '+8 hours')",
    "postgresql": "CAST({at} AT TIME ZONE 'Asia/Shanghai' AS date)",
}
"""The estate's zone is nobody's choice (`cardserver.domain.zone`); no summer time since 1991."""

_EARNED = (
    "INSERT INTO earned (day, account, amount_fen) "
    "SELECT {day}, NEW.account, -NEW.amount_fen FROM ledger_entry WHERE id = NEW.entry_id "
    "ON CONFLICT (day, account) DO UPDATE SET amount_fen = earned.amount_fen + excluded.amount_fen"
)
_EARNED_SINCE = (
    "INSERT INTO earned (day, account, amount_fen) SELECT {day}, account, -sum(amount_fen) "
    "FROM ledger_line JOIN ledger_entry ON ledger_entry.id = ledger_line.entry_id "
    "WHERE {income} GROUP BY {day}, account"
)


def since(dialect: str) -> dict[str, str]:
    """By list: the statement that fills it from what happened before; the tests know it too."""
    day = _LOCAL_DAY[dialect].format(at="ledger_entry.at")
    return {
        **{name: _ADD.format(list=name, key=key) + _SINCE[name] for name, key in _LISTS.items()},
        "open_tender": _OPEN_SINCE,
        "held": _HELD_SINCE,
        "earned": _EARNED_SINCE.format(day=day, income=_IS_INCOME.format(account="account")),
    }


def upgrade() -> None:
    _lists()
    _tenders()
    _money()
    for statement in since(op.get_bind().dialect.name).values():
        op.execute(statement)
    _indexes()


def _lists() -> None:
    for name, key, kind, to in (
        ("unhanded", "document_id", BIG, "document.id"),
        ("uninvoiced", "document_id", BIG, "document.id"),
        ("unsigned", "number", BIG, "register_row.number"),
        ("unfiled", "copy_id", UUID, "paper_copy.id"),
    ):
        op.create_table(name, column(key, kind, key=True, to=to))
    for name, table, when, act in _KEEPING:
        _after(table, name, when, act.format(list=name, key=_LISTS[name]))


def _tenders() -> None:
    op.create_table(
        "open_tender",
        column("tender_id", UUID, key=True),
        column("state", words("state", "accepting", "credited", "returned", "unknown")),
        column("sale_id", UUID, to="sale.id"),
    )
    _after("tender", "open_tender_on", _IS_GOING, _OPENED)
    _after("tender", "open_tender_off", f"NOT {_IS_GOING}", _ENDED)


def _money() -> None:
    op.create_table(
        "held",
        column("sale_id", UUID, key=True, to="sale.id"),
        column("payer_fen", BIG),
        column("payable_fen", BIG),
    )
    _after("ledger_line", "held", _OF_A_SALE, _HELD)
    op.create_table(
        "earned",
        column("day", sa.Date(), key=True),
        column("account", sa.String(120), key=True),
        column("amount_fen", BIG),
    )
    day = _LOCAL_DAY[op.get_bind().dialect.name].format(at="at")
    _after(
        "ledger_line", "earned", _IS_INCOME.format(account="NEW.account"), _EARNED.format(day=day)
    )


def _after(table: str, name: str, when: str, act: str) -> None:
    """A trigger after each new row of a table, named by the list it keeps."""
    trigger, only = f"{name}_{table}", f"WHEN ({when}) " if when else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {trigger} AFTER INSERT ON {table} {only}BEGIN {act}; END")
        return
    op.execute(
        f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {act}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {trigger} AFTER INSERT ON {table} "
        f"FOR EACH ROW {only}EXECUTE FUNCTION {trigger}()"
    )


def _indexes() -> None:
    op.drop_index("ix_card_holder_id", "card")
    op.create_index("ix_card_holder", "card", ["holder_id", "status"])
    op.create_index("ix_holder_class", "holder", ["holder_class", "lease_end"])
    op.drop_index("ix_right_after_last", "right")
    op.create_index("ix_right_ending", "right", ["after_last", "kind", "card_number"])
    for name, table, key, where in (
        ("ix_card_dead", "card", "number", "status <> 'live'"),
        ("ix_document_event_boxed", "document_event", "document_id", "event = 'in-the-box'"),
        ("ix_operation_format", "operation", "id", "kind = 'format'"),
    ):
        only = sa.text(where)
        op.create_index(name, table, [key], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
