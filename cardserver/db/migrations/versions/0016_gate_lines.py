"""Lines of gates under their site, in months on PostgreSQL; taps known before are taken over."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import context, op

from cardserver.db.engine import StoreUnusable
from cardserver.db.migrations.making import (
    BIG,
    INSTANT,
    TEXT,
    UUID,
    WORD,
    column,
    keep,
    made,
    words,
)

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KINDS = (
    *("tap", "passed", "not-passed", "opened-by-hand", "forced", "held-open", "barrier-fault"),
    *("neutral", "fire", "fire-over", "duress", "alarm", "alarm-over", "clone", "started"),
)
TAPS = (
    "INSERT INTO gate_event (site, device, journal, sequence, at, taken_at, lane, kind, "
    "uid, card_number, granted, reason, snapshot_version, about, by, detail, chain) "
    "SELECT :site, station, journal, sequence, at, taken_at, lane_id, 'tap', "
    "uid, card_number, granted, reason, snapshot_version, 0, '', '', :nothing FROM tap"
)
JOURNALS = (
    "INSERT INTO gate_cursor (site, device, journal, sequence, chain, taken_at) "
    "SELECT :site, station, journal, max(sequence), :nothing, max(taken_at) "
    "FROM tap GROUP BY station, journal"
)
WITH_CARD = sa.text("card_number IS NOT NULL")


def upgrade() -> None:
    _lines()
    _beside_them()
    keep("gate_purge", "gate_alarm_seen", "gate_silence")
    if _sqlite():
        _sqlite_guards()
    else:
        _months()
        _postgresql_guards()
    _take_over()


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _key() -> tuple[sa.Column[str], ...]:
    return (
        column("site", WORD, key=True),
        column("device", WORD, key=True),
        column("journal", UUID, key=True),
    )


def _number() -> sa.Column[int]:
    return sa.Column("sequence", BIG, primary_key=True, autoincrement=False, nullable=False)


def _lines() -> None:
    op.create_table(
        "gate_event",
        *_key(),
        _number(),
        column("at", INSTANT, key=True),
        column("taken_at", INSTANT),
        column("lane", WORD),
        column("kind", words("kind", *KINDS)),
        column("uid", sa.LargeBinary()),
        column("card_number", BIG, null=True),
        column("granted", sa.Boolean()),
        column("reason", sa.String(30)),
        column("snapshot_version", BIG),
        column("about", BIG),
        column("by", WORD),
        column("detail", TEXT),
        column("counter", BIG, null=True),
        column("chain", sa.LargeBinary()),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_gate_event_kind", "gate_event", ["site", "kind", "at"])
    op.create_index(
        "ix_gate_event_card",
        "gate_event",
        ["site", "card_number", "at"],
        sqlite_where=WITH_CARD,
        postgresql_where=WITH_CARD,
    )


def _beside_them() -> None:
    op.create_table(
        "gate_cursor",
        *_key(),
        column("sequence", BIG),
        column("chain", sa.LargeBinary()),
        column("taken_at", INSTANT),
    )
    op.create_table(
        "gate_purge",
        column("site", WORD, key=True),
        column("before", INSTANT, key=True),
        column("lines", BIG),
        *made(),
    )
    op.create_table("gate_alarm_seen", *_key(), _number(), column("remark", TEXT), *made())
    op.create_table(
        "gate_silence",
        column("site", WORD, key=True),
        column("device", WORD, key=True),
        column("since", INSTANT, key=True),
        column("until", INSTANT),
    )


_GONE = "EXISTS (SELECT 1 FROM gate_purge WHERE site = OLD.site AND {before} > {old})"


def _sqlite_guards() -> None:
    purged = _GONE.format(before="before", old="max(OLD.at, OLD.taken_at)")
    for verb, when in (("UPDATE", ""), ("DELETE", f"WHEN NOT {purged} ")):
        op.execute(
            f"CREATE TRIGGER keep_gate_event_{verb.lower()} BEFORE {verb} ON gate_event {when}"
            "BEGIN SELECT RAISE(ABORT, 'gate_event is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER keep_gate_cursor_forward BEFORE UPDATE ON gate_cursor "
        "WHEN NEW.sequence < OLD.sequence "
        "BEGIN SELECT RAISE(ABORT, 'a journal only goes forward'); END"
    )


def _postgresql_guards() -> None:
    purged = _GONE.format(before="before", old="GREATEST(OLD.at, OLD.taken_at)")
    op.execute(
        "CREATE FUNCTION yika_keep_lines() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {purged} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION '% on %: rows here are kept', TG_OP, TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep_gate_event BEFORE UPDATE OR DELETE ON gate_event "
        "FOR EACH ROW EXECUTE FUNCTION yika_keep_lines()"
    )
    op.execute(
        "CREATE TRIGGER keep_gate_event_whole BEFORE TRUNCATE ON gate_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION yika_keep()"
    )
    op.execute(
        "CREATE TRIGGER keep_gate_cursor_forward BEFORE UPDATE ON gate_cursor FOR EACH ROW "
        "WHEN (NEW.sequence < OLD.sequence) EXECUTE FUNCTION yika_keep()"
    )


def _months() -> None:
    """One for what no month is made for, those of the taps that are there, and the next ones."""
    op.execute("CREATE TABLE gate_event_rest PARTITION OF gate_event DEFAULT")
    bind = op.get_bind()
    now = datetime.now(UTC)
    first = bind.scalar(sa.text("SELECT min(at) FROM tap WHERE at > now() - interval '1 year'"))
    month, last = _month(first or now, 0), _month(now, 3)
    while month <= last:
        after = _month(month, 1)
        op.execute(
            f"CREATE TABLE gate_event_{month:%Y_%m} PARTITION OF gate_event "
            f"FOR VALUES FROM ('{month.isoformat()}') TO ('{after.isoformat()}')"
        )
        month = after


def _month(instant: datetime, further: int) -> datetime:
    utc = instant.astimezone(UTC)
    count = utc.year * 12 + utc.month - 1 + further
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def _take_over() -> None:
    """Taps become lines; the gates kept no chain over them."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM tap")):
        _copy(str((context.config.attributes or {}).get("site") or ""))
    op.drop_table("tap")


def _copy(site: str) -> None:
    if not site:
        raise StoreUnusable("there are taps, and nobody said whose: open the store with its keys")
    bind = op.get_bind()
    for statement in (TAPS, JOURNALS):
        nothing = sa.bindparam("nothing", b"", sa.LargeBinary())
        bind.execute(sa.text(statement).bindparams(nothing, site=site))


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
