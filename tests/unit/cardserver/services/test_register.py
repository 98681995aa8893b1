"""The card register F1: a row with every act, signed by whoever takes the card, never changed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cardserver.db.tables import CardRow
from cardserver.db.tables_register import RegisterRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.register import AbnormalReason, Correctable, RegisterKind
from cardserver.domain.rights import RightKind
from cardserver.domain.signature import Signer
from cardserver.domain.verification import VerificationMethod
from cardserver.services import blocking, ending, registersigning, registerviews
from cardserver.services.errors import NotPermitted
from cardserver.services.registering import open_rows
from cardserver.services.turn import reading, writing
from cardserver.wire_cards import BlockRequest
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_register import (
    RegisterRowView,
    RowCorrectionRequest,
    RowQuery,
    RowSignRequest,
)
from cardserver.wire_requests import IssueRequest
from tests.databases.frontdesk import GATE, HEAD_DESK, OTHER_DESK, FrontDesk, blank, new_id, refused
from tests.databases.stores import open_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """One kind of store here; the chain is proven on both in test_register_chain.py."""
    store = open_store("sqlite", tmp_path)
    yield store
    store.dispose()


DRAWN = "10,80 60,20 120,160 200,40;250,100 400,90 500,150 510,20;300,20 320,180"


def rows(desk: FrontDesk, **query: object) -> Sequence[RegisterRowView]:
    asked = RowQuery.model_validate(query)
    return registerviews.rows(desk.estate, desk.caller, asked).rows


def kinds(desk: FrontDesk) -> list[RegisterKind]:
    return [row.kind for row in rows(desk)]


def sign(desk: FrontDesk, row: RegisterRowView, **changes: object) -> RegisterRowView:
    words = {"request_id": new_id(), "how": "pad", "signed_by": row.recipient, "strokes": DRAWN}
    request = RowSignRequest.model_validate(words | changes)
    return registersigning.sign(desk.estate, desk.caller, row.number, request)


def correct(desk: FrontDesk, number: int, column: Correctable, after: str) -> RegisterRowView:
    request = RowCorrectionRequest(
        request_id=new_id(), column=column, after=after, reason="登记时写的是旧名字"
    )
    return registersigning.correct(desk.estate, desk.caller, number, request)


def block(desk: FrontDesk, number: int, reason: str) -> None:
    request = BlockRequest(request_id=new_id(), reason=reason)
    blocking.block(desk.estate, desk.caller, number, request)


# --- a row with every act ------------------------------------------------------------------------


def test_a_new_card_is_a_row_with_all_its_columns_ic_17_ic_19(desk: FrontDesk) -> None:
    card = blank()
    view = desk.issue(desk.tenant, card)
    (row,) = rows(desk)
    assert (row.number, row.kind, row.card_number) == (1, RegisterKind.NEW_ISSUE, view.number)
    assert (row.holder_name, row.holder_class, row.unit) == ("陈立", "tenant", "5-0803")
    assert (row.station, row.operator, row.at) == ("desk-1", "张晓", desk.clock.now)
    assert row.chip == card.uid.hex()
    door = view.rights[RightKind.DOOR]
    assert (row.valid_from, row.valid_to) == (door.first, door.last)
    assert [right.kind for right in row.rights] == ["door"]
    assert row.fee_fen == 2000
    assert row.receipt
    assert {"lease", "id-copy"} <= set(row.proof.papers)
    assert row.proof.verification_id
    assert (row.signer, row.recipient, row.open) == (Signer.HOLDER, "陈立", True)
    assert row.abnormal == ()


def test_each_end_of_a_business_has_its_kind_ic_19b(desk: FrontDesk) -> None:
    card, second = blank(), blank()
    view = desk.issue(desk.owner, card)
    desk.add_parking(view, card)
    desk.top_up(view, card)
    desk.clock.forward(days=720)
    view = desk.do(desk.extend_request(view), card).card
    desk.do(desk.replace_request(view, "lost"), second)
    assert kinds(desk) == [
        RegisterKind.NEW_ISSUE,
        RegisterKind.PARKING_ADDED,
        RegisterKind.EXTENSION,  # the top-up stands in the money documents
        RegisterKind.LOSS_REPORT,
        RegisterKind.PAID_REPLACEMENT,
    ]
    last = rows(desk)[-1]
    assert last.former_card == view.number
    assert last.abnormal == (AbnormalReason.LOSS,)


def test_a_free_replacement_is_abnormal_ic_19c(desk: FrontDesk) -> None:
    view = desk.issue(desk.owner, blank())
    desk.do(desk.replace_request(view, "faulty"), blank())
    row = rows(desk)[-1]
    assert row.kind is RegisterKind.FREE_REPLACEMENT
    assert AbnormalReason.FREE_REPLACEMENT in row.abnormal
    assert row.fee_fen == 0


def test_a_staff_card_authorised_anew_names_its_former_number_ic_18(desk: FrontDesk) -> None:
    card = blank()
    first = desk.issue(desk.staff, card)
    desk.format(first, card)
    second = desk.issue(desk.other_staff, card)
    assert kinds(desk) == [
        RegisterKind.STAFF_ISSUE,
        RegisterKind.FORMATTED,
        RegisterKind.STAFF_REAUTHORISED,
    ]
    row = rows(desk)[-1]
    assert (row.former_card, row.card_number) == (first.number, second.number)
    assert row.approver
    assert row.proof.approval_id


def test_an_issue_on_a_telephone_call_is_abnormal_and_names_the_call_ic_04_ic_19c(
    desk: FrontDesk,
) -> None:
    verified = desk.verify(desk.family, method=VerificationMethod.PHONE)
    desk.do(IssueRequest(holder_id=desk.family, verification_id=verified), blank())
    (row,) = rows(desk)
    assert row.abnormal == (AbnormalReason.PHONE_CONFIRMED,)
    assert row.proof.phone_record_id


def test_a_cancelled_write_and_a_scrapped_blank_are_abnormal_rows_ic_09a_ic_19c(
    desk: FrontDesk,
) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    request = VoidRequest(evidence=card.evidence(), reason="undone-by-clerk")
    ending.void(desk.estate, desk.caller, ticket.operation_id, request)
    other = desk.begin(desk.issue_request(desk.owner), blank())
    gone = AbandonRequest(reason="card-not-returned", keep_sale=True)
    ending.abandon(desk.estate, desk.caller, other.operation_id, gone)
    assert kinds(desk) == [RegisterKind.CANCELLED, RegisterKind.SCRAPPED]
    for row in rows(desk):
        assert row.abnormal
        assert row.signer is None
        assert (row.valid_to, row.fee_fen, row.receipt) == (None, 0, "")


def test_a_chip_that_cannot_be_written_is_a_write_failure_ic_19c(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    request = VoidRequest(evidence=card.evidence(), reason="card-full", keep_sale=True)
    ending.void(desk.estate, desk.caller, ticket.operation_id, request)
    (row,) = rows(desk)
    assert (row.kind, row.abnormal) == (
        RegisterKind.WRITE_FAILURE,
        (AbnormalReason.WRITE_FAILURE,),
    )


def test_loss_block_and_unblock_are_rows_ic_19b(desk: FrontDesk) -> None:
    view = desk.issue(desk.owner, blank())
    block(desk, view.number, "lost")
    blocking.unblock(
        desk.estate,
        desk.caller,
        view.number,
        BlockRequest(request_id=new_id(), reason="found"),
    )
    block(desk, view.number, "dog ate it")
    assert kinds(desk)[1:] == [RegisterKind.LOSS_REPORT, RegisterKind.UNBLOCK, RegisterKind.BLOCK]
    assert [bool(row.abnormal) for row in rows(desk)] == [False, True, False, False]


def test_settling_twice_enters_once_ic_17(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    card.write(ticket)
    desk.settle(ticket, card)
    desk.settle(ticket, card)
    assert kinds(desk) == [RegisterKind.NEW_ISSUE]


def test_an_act_that_fails_leaves_no_row_and_no_hole_ic_17(desk: FrontDesk) -> None:
    view = desk.issue(desk.owner, blank())

    def deny_and_stumble() -> None:
        with writing(desk.estate, desk.caller) as turn:
            blocking.deny(turn, turn.find(CardRow, view.number, "card"), "lost")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deny_and_stumble()
    block(desk, view.number, "lost")
    assert [row.number for row in rows(desk)] == [1, 2]


# --- signatures ----------------------------------------------------------------------------------


def test_a_row_is_open_until_the_recipient_signed_on_the_pad_ic_07(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    (row,) = rows(desk, open_only=True)
    signed = sign(desk, row)
    assert not signed.open
    assert signed.signature is not None
    assert (signed.signature.signed_by, signed.signature.strokes) == ("王秀兰", DRAWN)
    assert (signed.signature.operator, signed.signature.at) == ("张晓", desk.clock.now)
    assert rows(desk, open_only=True) == ()


def test_a_signature_on_paper_names_page_and_line_ic_07a(desk: FrontDesk) -> None:
    desk.issue(desk.merchant, blank())
    (row,) = rows(desk)
    signed = sign(
        desk,
        row,
        how="paper",
        strokes="",
        page=3,
        line=14,
        signed_by="周敏的店员",
        signer="representative",
    )
    assert signed.signature is not None
    assert (signed.signature.page, signed.signature.line) == (3, 14)
    assert signed.signature.signer is Signer.REPRESENTATIVE


def test_a_row_is_signed_once_ic_19d(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    (row,) = rows(desk)
    again = new_id()
    sign(desk, row, request_id=again)
    sign(desk, row, request_id=again)
    with refused("already-signed", "IC-19d"):
        sign(desk, row)


def test_a_row_without_a_recipient_takes_no_signature_ic_07(desk: FrontDesk) -> None:
    view = desk.issue(desk.owner, blank())
    block(desk, view.number, "lost")
    with refused("no-signature-needed", "IC-07"):
        sign(desk, rows(desk)[-1], signed_by="王秀兰")


@pytest.mark.parametrize(
    "strokes", ["", "1,1", "10,80 60,20", "5,5 5,5 5,5 5,5 5,5 5,5 5,5 5,5 5,5"]
)
def test_a_dot_is_no_signature_ic_07a(desk: FrontDesk, strokes: str) -> None:
    desk.issue(desk.owner, blank())
    (row,) = rows(desk)
    with pytest.raises((RuleViolation, ValueError)):
        sign(desk, row, strokes=strokes)
    assert rows(desk, open_only=True) == (row,)


def test_only_a_desk_reads_and_signs_the_register_ic_23b(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    desk.caller = GATE
    with pytest.raises(NotPermitted):
        rows(desk)


# --- corrections ---------------------------------------------------------------------------------


def test_a_correction_is_a_new_row_that_refers_to_the_old_one_ic_19d(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    (before,) = rows(desk)
    made = correct(desk, 1, Correctable.HOLDER_NAME, "王秀蘭")
    assert (made.kind, made.refers_to, made.number) == (RegisterKind.CORRECTION, 1, 2)
    assert made.amendment is not None
    assert (made.amendment.before, made.amendment.after) == ("王秀兰", "王秀蘭")
    assert made.remark
    first = registerviews.row(desk.estate, desk.caller, 1)
    assert first == before.model_copy(update={"followed_by": (2,)})


def test_a_second_correction_starts_from_the_first_ic_19d(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    correct(desk, 1, Correctable.RELATION, "本人")
    made = correct(desk, 2, Correctable.RELATION, "配偶")
    assert made.refers_to == 1
    assert made.amendment is not None
    assert (made.amendment.before, made.amendment.after) == ("本人", "配偶")
    with refused("nothing-corrected", "IC-19d"):
        correct(desk, 1, Correctable.RELATION, "配偶")


def test_the_database_itself_refuses_to_change_or_delete_a_row_ic_19d(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    sign(desk, rows(desk)[0])
    for statement in (
        "UPDATE register_row SET holder_name = 'x'",
        "DELETE FROM register_row",
        "UPDATE register_signature SET signed_by = 'x'",
        "DELETE FROM register_signature",
    ):
        with writing(desk.estate, desk.caller) as turn:
            connection = turn.session.connection()
            with pytest.raises(DBAPIError, match=r"append-only|kept"), connection.begin_nested():
                connection.exec_driver_sql(statement)


# --- the end of a shift --------------------------------------------------------------------------


def test_open_rows_are_listed_at_the_end_of_the_shift_ic_07a(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    sign(desk, rows(desk)[0])
    desk.issue(desk.tenant, blank())
    desk.caller = OTHER_DESK
    desk.issue(desk.owner, blank())
    with reading(desk.estate, desk.caller) as turn:
        assert [row.number for row in open_rows(turn)] == [2, 3]
        assert [row.number for row in open_rows(turn, station="desk-1")] == [2]
        assert [row.number for row in open_rows(turn, operator="李明")] == [3]
        assert open_rows(turn, day=turn.today.replace(year=2024)) == []
    assert registerviews.open_count(desk.estate, desk.caller, "desk-1").today == 1


def test_unsigned_at_shift_end_becomes_abnormal_by_a_following_row_ic_19c(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    for _ in range(2):  # the second shift's end finds it marked already
        with writing(desk.estate, desk.caller) as turn:
            registersigning.note_unsigned(turn, station="desk-1", operator="张晓")
    first, second = rows(desk)
    assert (second.kind, second.refers_to) == (RegisterKind.UNSIGNED, 1)
    assert second.abnormal == (AbnormalReason.UNSIGNED,)
    assert first.open
    assert not sign(desk, first).open


# --- lists ---------------------------------------------------------------------------------------


def test_rows_are_found_by_day_unit_card_and_abnormality_ic_19d(desk: FrontDesk) -> None:
    day = desk.clock.now.date()
    one = desk.issue(desk.owner, blank())
    desk.issue(desk.tenant, blank())
    desk.clock.forward(days=1)
    two = desk.do(desk.replace_request(one, "lost"), blank()).card
    assert [row.number for row in rows(desk, day=day)] == [1, 2]
    assert [row.number for row in rows(desk, unit="5-0803")] == [2]
    assert [row.number for row in rows(desk, card=two.number)] == [4]
    assert [row.number for row in rows(desk, card=one.number)] == [1, 3, 4]
    assert [row.number for row in rows(desk, abnormal_only=True)] == [3, 4]
    page = registerviews.rows(desk.estate, HEAD_DESK, RowQuery(after=1, limit=2))
    assert ([row.number for row in page.rows], page.more, page.head_number) == ([2, 3], True, 4)


def test_what_was_entered_reads_back_as_it_was_hashed_ic_19d(desk: FrontDesk) -> None:
    desk.issue(desk.owner, blank())
    with Session(desk.estate.engine) as session:
        row = session.scalars(select(RegisterRow)).one()
        assert row.hash.hex() == rows(desk)[0].hash.hex()
