"""All tables of the first version, and the triggers that keep append-only rows as they are."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
UUID = sa.String(36)
WORD = sa.String(60)
TEXT = sa.String(400)
Kind = sa.types.TypeEngine[Any]

RIGHTS = ("door", "parking")
MEDIA = ("classic", "desfire")

APPEND_ONLY = (
    "verification",
    "operation_event",
    "keying_step",
    "sale",
    "sale_event",
    "tender",
    "ledger_entry",
    "ledger_line",
    "document",
    "document_event",
    "tap",
    "audit",
    "posted",
)


def _words(check: str, *values: str) -> sa.Enum:
    """A closed set in a text column, with its CHECK."""
    return sa.Enum(*values, name=check, native_enum=False, create_constraint=True, length=30)


def _column(
    name: str, kind: Kind, *, null: bool = False, key: bool = False, to: str | None = None
) -> sa.Column[Any]:
    constraints = () if to is None else (sa.ForeignKey(to),)
    return sa.Column(name, kind, *constraints, nullable=null, primary_key=key)


def _given(name: str) -> sa.Column[Any]:
    """A number that is part of the key and is never counted up by the database."""
    return sa.Column(name, BIG, primary_key=True, autoincrement=False)


def _made() -> tuple[sa.Column[Any], ...]:
    return (_column("at", INSTANT), _column("station", WORD), _column("operator", WORD))


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _unique_where(name: str, table: str, column: str, where: str) -> None:
    clause = sa.text(where)
    op.create_index(
        name, table, [column], unique=True, sqlite_where=clause, postgresql_where=clause
    )


def upgrade() -> None:
    _who_and_where()
    _cards()
    _money()
    _operations()
    _papers()
    _clockwork()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def _who_and_where() -> None:
    op.create_table(
        "station",
        _column("id", WORD, key=True),
        _column("kind", _words("kind", "desk", "kiosk", "gate", "office", "panel")),
        _column("token_hash", sa.LargeBinary()),
    )
    op.create_table(
        "unit",
        _column("id", BIG, key=True),
        _column("label", WORD),
        _column("zones", BIG),
        sa.UniqueConstraint("label"),
    )
    op.create_table(
        "holder",
        _column("id", BIG, key=True),
        _column("name", WORD),
        _column("holder_class", _words("class", "owner", "family", "tenant", "merchant", "staff")),
        _column("unit_id", BIG, null=True, to="unit.id"),
        _column("phone", WORD),
        _column("id_number", WORD),
        _column("lease_end", sa.Date(), null=True),
        _column("ends", sa.Date(), null=True),
    )
    _index("holder", "name")
    _index("holder", "unit_id")
    op.create_table(
        "agreement",
        _column("id", BIG, key=True),
        _column("number", WORD),
        _column("holder_id", BIG, to="holder.id"),
        _column("plate", WORD),
        _column("space", WORD),
        _column("space_kind", WORD),
        _column("zone", BIG),
        _column("monthly_fee_fen", BIG),
        _column("ends", sa.Date()),
        _column("bank_collected", sa.Boolean()),
        sa.UniqueConstraint("number"),
    )
    _index("agreement", "holder_id")
    op.create_table(
        "verification",
        _column("id", UUID, key=True),
        _column("holder_id", BIG, to="holder.id"),
        _column(
            "method",
            _words("method", "owner-record", "phone", "owner-present", "lease", "application"),
        ),
        _column("papers", sa.JSON()),
        _column("note", TEXT),
        *_made(),
    )
    _index("verification", "holder_id")


def _cards() -> None:
    op.create_table(
        "card",
        _given("number"),
        _column("uid", sa.LargeBinary()),
        _column("medium", _words("medium", *MEDIA)),
        _column("card_kind", WORD),
        _column("status", _words("status", "live", "blocked", "replaced", "returned", "scrapped")),
        _column("status_reason", TEXT),
        _column("holder_id", BIG, to="holder.id"),
        _column("key_version", BIG),
        _column("secure_channel", sa.String(3), null=True),
        _column("issued_at", INSTANT),
        _column("bought_on", sa.Date()),
        _column("replaced_by", BIG, null=True, to="card.number"),
        _column("version", BIG),
    )
    for column in ("uid", "holder_id", "version"):
        _index("card", column)
    _unique_where("uq_card_live_uid", "card", "uid", "status = 'live'")
    op.create_table(
        "right",
        sa.Column("card_number", BIG, sa.ForeignKey("card.number"), primary_key=True),
        sa.Column("kind", _words("kind", *RIGHTS), primary_key=True),
        _column("zones", BIG),
        _column("first", sa.Date()),
        _column("after_last", sa.Date()),
        _column("anchor", BIG, null=True),
        _column("sequence", BIG),
        _column("sealed", sa.LargeBinary()),
        _column("agreement_id", BIG, null=True, to="agreement.id"),
        sa.CheckConstraint("after_last > first", name="period"),
    )


def _money() -> None:
    states = ("open", "in-use", "settled", "cancelled", "suspended")
    op.create_table(
        "sale",
        _column("id", UUID, key=True),
        _column("holder_id", BIG, to="holder.id"),
        _column("card_number", BIG, null=True, to="card.number"),
        _column("request", sa.JSON()),
        _column("charges", sa.JSON()),
        _column("due_fen", BIG),
        *_made(),
        sa.CheckConstraint("due_fen > 0", name="due"),
    )
    _index("sale", "card_number")
    op.create_table(
        "sale_event",
        _column("id", BIG, key=True),
        _column("sale_id", UUID, to="sale.id"),
        _column("state", _words("state", *states)),
        _column("reason", TEXT),
        *_made(),
    )
    _index("sale_event", "sale_id")
    op.create_table(
        "tender",
        _column("id", BIG, key=True),
        _column("tender_id", UUID),
        _column("state", _words("state", "accepting", "credited", "returned", "unknown")),
        _column("sale_id", UUID, to="sale.id"),
        _column("kind", _words("kind", "cash-desk", "cash-note")),
        _column("value_fen", BIG),
        _column("checked", sa.Boolean()),
        *_made(),
        sa.UniqueConstraint("tender_id", "state"),
        sa.CheckConstraint("value_fen > 0", name="value"),
    )
    _index("tender", "sale_id")
    kinds = ("tender", "change", "settle", "owed-back", "refund", "suspend", "unknown", "found")
    op.create_table(
        "ledger_entry",
        _column("id", BIG, key=True),
        _column("kind", _words("kind", *kinds)),
        _column("sale_id", UUID, to="sale.id"),
        *_made(),
    )
    _index("ledger_entry", "sale_id")
    op.create_table(
        "ledger_line",
        sa.Column("entry_id", BIG, sa.ForeignKey("ledger_entry.id"), primary_key=True),
        _given("line"),
        _column("account", sa.String(120)),
        _column("amount_fen", BIG),
        sa.CheckConstraint("amount_fen <> 0", name="amount"),
    )
    _index("ledger_line", "account")


def _operations() -> None:
    kinds = ("issue", "add-parking", "top-up", "extend", "replace", "format")
    op.create_table(
        "operation",
        _column("id", UUID, key=True),
        _column("kind", _words("kind", *kinds)),
        _column("state", _words("state", "open", "settled", "voided")),
        _column("uid", sa.LargeBinary()),
        _column("medium", _words("medium", *MEDIA)),
        _column("card_kind", WORD),
        _column("card_number", BIG),
        _column("subject_number", BIG, null=True, to="card.number"),
        _column("holder_id", BIG, to="holder.id"),
        _column("sale_id", UUID, null=True, to="sale.id"),
        _column("request", sa.JSON()),
        _column("plan", sa.JSON()),
        _column("changes", sa.JSON()),
        _column("keying", _words("keying", "none", "personalise", "format")),
        _column("key_version", BIG),
        _column("previous_key_version", BIG, null=True),
        _column("secure_channel", sa.String(3), null=True),
        *_made(),
    )
    _index("operation", "uid")
    _index("operation", "card_number")
    _unique_where("uq_operation_uid", "operation", "uid", "state = 'open'")
    _unique_where("uq_operation_subject", "operation", "subject_number", "state = 'open'")
    _unique_where("uq_operation_sale", "operation", "sale_id", "state <> 'voided'")
    op.create_table(
        "operation_event",
        _column("id", BIG, key=True),
        _column("operation_id", UUID, to="operation.id"),
        _column("event", sa.String(30)),
        _column("reason", TEXT),
        _column("evidence", sa.JSON()),
        *_made(),
    )
    _index("operation_event", "operation_id")
    op.create_table(
        "keying_step",
        _column("id", BIG, key=True),
        _column("operation_id", UUID, to="operation.id"),
        _column("step", WORD),
        _column("state", sa.String(30)),
        _column("at", INSTANT),
    )
    _index("keying_step", "operation_id")


def _papers() -> None:
    op.create_table(
        "document",
        _column("id", BIG, key=True),
        _column("kind", _words("kind", "formal-receipt", "top-up-slip")),
        _column("number", BIG),
        _column("operation_id", UUID, to="operation.id"),
        _column("local_date", sa.Date()),
        _column("content", sa.JSON()),
        *_made(),
        sa.UniqueConstraint("kind", "number"),
    )
    _index("document", "operation_id")
    op.create_table(
        "document_event",
        _column("id", BIG, key=True),
        _column("document_id", BIG, to="document.id"),
        _column("event", sa.String(30)),
        _column("print_id", UUID, null=True),
        *_made(),
    )
    _index("document_event", "document_id")


def _clockwork() -> None:
    op.create_table(
        "tap",
        _column("station", WORD, key=True),
        _column("journal", UUID, key=True),
        _given("sequence"),
        _column("at", INSTANT),
        _column("taken_at", INSTANT),
        _column("lane_id", WORD),
        _column("uid", sa.LargeBinary()),
        _column("card_number", BIG, null=True),
        _column("reason", sa.String(30)),
        _column("granted", sa.Boolean()),
        _column("snapshot_version", BIG),
    )
    _index("tap", "card_number")
    op.create_table(
        "audit",
        _column("id", BIG, key=True),
        _column("action", WORD),
        _column("subject", sa.String(120)),
        _column("detail", TEXT),
        *_made(),
    )
    op.create_table(
        "posted",
        _column("id", sa.String(80), key=True),
        _column("action", WORD),
        _column("body_hash", sa.LargeBinary()),
        _column("at", INSTANT),
    )
    op.create_table("counter", _column("name", WORD, key=True), _column("value", BIG))
    op.create_table("clock", _given("id"), _column("floor", INSTANT))


_STATE_ONLY = "an operation changes only its state, and only once"
_FIXED = (
    "id, kind, uid, medium, card_kind, card_number, subject_number, holder_id, sale_id, "
    "request, plan, changes, keying, key_version, previous_key_version, at, station, operator"
)


def _sqlite_triggers() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER keep_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table in ("operation", "card"):
        op.execute(
            f"CREATE TRIGGER keep_{table}_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} rows are never deleted'); END"
        )
    op.execute(
        "CREATE TRIGGER keep_operation_ended BEFORE UPDATE ON operation WHEN OLD.state <> 'open' "
        f"BEGIN SELECT RAISE(ABORT, '{_STATE_ONLY}'); END"
    )
    op.execute(
        f"CREATE TRIGGER keep_operation_fixed BEFORE UPDATE OF {_FIXED} ON operation "
        f"BEGIN SELECT RAISE(ABORT, '{_STATE_ONLY}'); END"
    )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION yika_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% on %: rows here are kept', TG_OP, TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION yika_keep()"
        )
    for table in ("operation", "card"):
        op.execute(
            f"CREATE TRIGGER keep_{table}_delete BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION yika_keep()"
        )
    op.execute(
        "CREATE TRIGGER keep_operation_ended BEFORE UPDATE ON operation FOR EACH ROW "
        "WHEN (OLD.state <> 'open') EXECUTE FUNCTION yika_keep()"
    )
    op.execute(
        f"CREATE TRIGGER keep_operation_fixed BEFORE UPDATE OF {_FIXED} ON operation "
        "FOR EACH STATEMENT EXECUTE FUNCTION yika_keep()"
    )


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
