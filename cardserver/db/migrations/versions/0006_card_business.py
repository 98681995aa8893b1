"""Tables of the card business: proofs, telephone records, applications, appraisals, reports."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "phone_record",
    "application",
    "application_step",
    "application_use",
    "verification_proof",
    "appraisal",
    "card_report",
    "explanation",
)


def upgrade() -> None:
    op.add_column("holder", column("listed", sa.Boolean(), null=True))
    _telephone()
    _applications()
    _proofs()
    _cards()
    keep(*APPEND_ONLY)


def _telephone() -> None:
    op.create_table(
        "phone_record",
        column("id", UUID, key=True),
        column("serial", BIG),
        column("unit_id", BIG, to="unit.id"),
        column("owner_id", BIG, to="holder.id"),
        column("applicant_id", BIG, to="holder.id"),
        column("number", WORD),
        column("answered_by", WORD),
        column("relation", WORD),
        column("result", words("result", "confirmed", "refused", "no-answer", "number-invalid")),
        column("remark", TEXT),
        *made(),
        sa.UniqueConstraint("serial"),
    )
    op.create_index("ix_phone_record_applicant_id", "phone_record", ["applicant_id"])


def _applications() -> None:
    op.create_table(
        "application",
        column("id", UUID, key=True),
        column("serial", BIG),
        column("kind", words("kind", "merchant", "staff")),
        column("holder_id", BIG, to="holder.id"),
        column("applicant", WORD),
        column("dated", sa.Date()),
        column("form", words("form", "personal", "section")),
        column("section", WORD),
        column("papers", sa.JSON()),
        column("purpose", TEXT),
        *made(),
        sa.UniqueConstraint("serial"),
    )
    op.create_index("ix_application_holder_id", "application", ["holder_id"])
    op.create_table(
        "application_step",
        column("id", BIG, key=True),
        column("application_id", UUID, to="application.id"),
        column("step", words("step", "checked", "approved", "refused", "withdrawn")),
        column("person", WORD),
        column("remark", TEXT),
        column("contract_ends", sa.Date(), null=True),
        column("last_day", sa.Date(), null=True),
        column("length_reason", TEXT),
        *made(),
        sa.UniqueConstraint("application_id", "step"),
    )
    op.create_index("ix_application_step_application_id", "application_step", ["application_id"])
    op.create_table(
        "application_use",
        column("operation_id", UUID, key=True, to="operation.id"),
        column("application_id", UUID, to="application.id"),
    )
    op.create_index("ix_application_use_application_id", "application_use", ["application_id"])


def _proofs() -> None:
    op.create_table(
        "verification_proof",
        column("verification_id", UUID, key=True, to="verification.id"),
        column("record_id", BIG, null=True, to="holder.id"),
        column("phone_record_id", UUID, null=True, to="phone_record.id"),
        column("owner_id", BIG, null=True, to="holder.id"),
        column("application_id", UUID, null=True, to="application.id"),
        column("lease_number", WORD, null=True),
        column("lease_first", sa.Date(), null=True),
        column("lease_last", sa.Date(), null=True),
        column("lease_shown", sa.String(30), null=True),
        column("copy_filed", WORD, null=True),
        column("tenant_id", BIG, null=True, to="holder.id"),
        column("sub_tenant", sa.Boolean()),
    )


def _cards() -> None:
    op.create_table(
        "appraisal",
        column("id", UUID, key=True),
        column("serial", BIG),
        column("card_number", BIG, to="card.number"),
        column("finding", words("finding", "lost", "man-made", "not-man-made", "in-doubt")),
        column("inspected", TEXT),
        column("person", WORD),
        *made(),
        sa.UniqueConstraint("serial"),
    )
    op.create_index("ix_appraisal_card_number", "appraisal", ["card_number"])
    op.create_table(
        "card_report",
        column("id", UUID, key=True),
        column("serial", BIG),
        column("card_number", BIG, to="card.number"),
        column("kind", words("kind", "lost", "found", "returned", "swapped")),
        column("reporter", words("reporter", "holder", "owner", "head", "finder")),
        column("name", WORD),
        column("for_holder_id", BIG, null=True, to="holder.id"),
        column("remark", TEXT),
        *made(),
        sa.UniqueConstraint("serial"),
    )
    op.create_index("ix_card_report_card_number", "card_report", ["card_number"])
    op.create_table(
        "explanation",
        column("operation_id", UUID, key=True, to="operation.id"),
        *made(),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
