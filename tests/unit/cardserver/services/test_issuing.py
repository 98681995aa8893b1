"""A first card: verified, paid, planned, settled on evidence."""

from datetime import date, timedelta

import pytest

from cardserver.domain.document import DocumentKind, DocumentState
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import Keying, OperationState
from cardserver.domain.plan import QuoteNote
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind, zone_mask
from cardserver.domain.tariff import ChargeItem
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.services import accounts, beginning, holders, planning, setup
from cardserver.services.errors import Conflict, NotFound
from cardserver.wire_requests import IssueRequest
from tests.databases.frontdesk import DESK, FrontDesk, blank, refused


@pytest.mark.parametrize("medium", list(Medium))
def test_an_owner_gets_a_door_card_for_two_years(desk: FrontDesk, medium: Medium) -> None:
    """IC-02, CAL-02a; the bytes are proved by the vault, which knows nothing of this plan."""
    card = blank(medium)
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    assert ticket.keying is Keying.PERSONALISE
    assert [(change.slot, change.old) for change in ticket.changes] == [(0, b"")]
    card.write(ticket)
    settled = desk.settle(ticket, card)
    right = settled.card.rights[RightKind.DOOR]
    assert (right.first, right.last) == (date(2025, 6, 9), date(2027, 6, 8))
    assert right.sequence == 1
    assert right.zones == (0, 3)
    record = desk.estate.vault.open_record(ticket.changes[0].new, card.uid, medium)
    assert record.card_number == settled.card.number
    assert record.period.last == date(2027, 6, 8)
    assert record.zones == zone_mask(0, 3)
    assert record.holder_class is HolderClass.OWNER


def test_the_card_costs_twenty_yuan_and_a_formal_receipt_names_its_number(desk: FrontDesk) -> None:
    """IC-09, FEE-08, FEE-10."""
    settled = desk.do(desk.issue_request(desk.owner), blank())
    paper = settled.document
    assert paper is not None
    assert paper.kind is DocumentKind.FORMAL_RECEIPT
    assert paper.state is DocumentState.OWED
    assert paper.content.total_fen == 2000
    assert paper.content.card_number == settled.card.number
    assert paper.content.lines[0].item is ChargeItem.CARD_COST
    assert paper.local_date == date(2025, 6, 9)
    balances = accounts.ledger_balances(desk.estate, DESK).accounts
    assert balances == {"cash:desk-1": 2000, "income:card-cost": -2000}


def test_two_cards_cost_forty_yuan_and_each_receipt_has_its_own_number(desk: FrontDesk) -> None:
    """IC-09, FEE-23."""
    papers = [desk.do(desk.issue_request(desk.owner), blank()).document for _ in range(2)]
    assert [paper.number for paper in papers if paper] == [1, 2]
    assert accounts.trial(desk.estate, DESK).settled_fen == 4000


def test_no_card_without_a_stored_verification(desk: FrontDesk) -> None:
    """IC-02."""
    request = IssueRequest(holder_id=desk.owner)
    with refused("not-verified", "IC-02"):
        desk.open_sale(request)


def test_the_verification_of_another_holder_is_none(desk: FrontDesk) -> None:
    """IC-02."""
    request = IssueRequest(holder_id=desk.owner, verification_id=desk.verify(desk.family))
    with refused("not-verified"):
        desk.open_sale(request)


def test_a_phone_call_serves_on_its_own_day_only(desk: FrontDesk) -> None:
    """IC-04a: the day is the estate's, not that of UTC."""
    called = desk.verify(desk.family, method=VerificationMethod.PHONE)
    request = IssueRequest(holder_id=desk.family, verification_id=called)
    desk.clock.forward(hours=14)  # 23:00 of the same local day
    assert desk.begin(request, blank()).state is OperationState.OPEN
    desk.clock.forward(hours=2)
    with refused("verification-old", "IC-04a"):
        desk.open_sale(request)


@pytest.mark.parametrize("missing", [Paper.LEASE, Paper.ID_COPY])
def test_a_tenant_shows_lease_and_identity_copy(desk: FrontDesk, missing: Paper) -> None:
    """IC-05: either paper missing, no card."""
    papers = tuple(paper for paper in Paper if paper is not missing)
    verified = desk.verify(desk.tenant, papers=papers)
    with pytest.raises(RuleViolation, match=missing) as caught:
        desk.open_sale(IssueRequest(holder_id=desk.tenant, verification_id=verified))
    assert (caught.value.reason, caught.value.rule) == ("paper-missing", "IC-05")


@pytest.mark.parametrize(
    ("holder", "paper", "rule"),
    [("merchant", Paper.SEALED_APPLICATION, "IC-06"), ("staff", Paper.APPROVAL, "IC-13")],
)
def test_applications_must_have_been_seen(
    desk: FrontDesk, holder: str, paper: Paper, rule: str
) -> None:
    """IC-06, IC-13."""
    number = getattr(desk, holder)
    papers = tuple(each for each in Paper if each is not paper)
    request = IssueRequest(holder_id=number, verification_id=desk.verify(number, papers=papers))
    with refused("paper-missing", rule):
        beginning.begin(desk.estate, DESK, desk.begin_request(request, blank(), None))


def test_a_tenants_card_ends_with_the_lease(desk: FrontDesk) -> None:
    """IC-05a: the lease ends 2026-01-31, before the year is over."""
    request = desk.issue_request(desk.tenant)
    quote = planning.quote(desk.estate, DESK, request)
    assert quote.after[RightKind.DOOR].last == date(2026, 1, 31)
    assert QuoteNote.ENDS_WITH_LEASE in quote.notes


def test_a_tenants_card_is_never_longer_than_a_year(desk: FrontDesk) -> None:
    """IC-05."""
    holder = setup.register_holder(
        desk.estate, "长租", HolderClass.TENANT, unit_id=desk.rented, lease_end=date(2030, 1, 1)
    )
    quote = planning.quote(desk.estate, DESK, desk.issue_request(holder))
    assert quote.after[RightKind.DOOR].last == date(2026, 6, 8)
    assert quote.notes == ()


def test_an_expired_lease_is_refused(desk: FrontDesk) -> None:
    """IC-05a."""
    desk.clock.forward(days=300)
    with refused("lease-expired", "IC-05a"):
        planning.quote(desk.estate, DESK, desk.issue_request(desk.tenant))


def test_a_staff_card_is_free_and_owes_no_paper(desk: FrontDesk) -> None:
    """IC-13, IC-13a."""
    settled = desk.do(desk.issue_request(desk.staff), blank())
    assert settled.document is None
    assert settled.card.rights[RightKind.DOOR].last == date(2026, 6, 8)
    assert accounts.ledger_balances(desk.estate, DESK).accounts == {}


def test_the_unit_gives_the_zones_unless_the_clerk_names_fewer(desk: FrontDesk) -> None:
    named = desk.issue_request(desk.owner).model_copy(update={"zones": (3,)})
    assert desk.do(named, blank()).card.rights[RightKind.DOOR].zones == (3,)


def test_a_holder_without_a_unit_needs_zones(desk: FrontDesk) -> None:
    holder = setup.register_holder(desk.estate, "李雷", HolderClass.OWNER)
    with refused("zones-missing"):
        planning.quote(desk.estate, DESK, desk.issue_request(holder))


def test_nothing_is_written_before_it_is_paid(desk: FrontDesk) -> None:
    """IC-09a: take money, then write."""
    request = desk.issue_request(desk.owner)
    with refused("not-paid"):
        beginning.begin(desk.estate, DESK, desk.begin_request(request, blank(), None))
    sale = desk.open_sale(request)
    desk.pay(sale.sale_id, 1999)
    with refused("not-paid"):
        beginning.begin(desk.estate, DESK, desk.begin_request(request, blank(), sale.sale_id))


def test_a_sale_pays_only_for_what_was_asked(desk: FrontDesk) -> None:
    sale_id = desk.paid_sale(desk.issue_request(desk.owner))
    other = desk.begin_request(desk.issue_request(desk.family), blank(), sale_id)
    with refused("sale-differs"):
        beginning.begin(desk.estate, DESK, other)


def test_a_sale_pays_for_one_card_only(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    sale_id = desk.paid_sale(request)
    card = blank()
    ticket = beginning.begin(desk.estate, DESK, desk.begin_request(request, card, sale_id))
    for _ in range(2):
        with refused("sale-closed"):
            beginning.begin(desk.estate, DESK, desk.begin_request(request, blank(), sale_id))
        card.write(ticket)
        desk.settle(ticket, card)


def test_a_chip_that_carries_bytes_is_no_blank(desk: FrontDesk) -> None:
    card = blank()
    card.slots[1] = b"something"
    with refused("card-differs"):
        desk.begin(desk.issue_request(desk.owner), card)


def test_a_card_that_left_the_reader_before_settling_is_unknown_to_everybody(
    desk: FrontDesk,
) -> None:
    """IC-21: the issue list holds settled cards only."""
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    card.write(ticket)
    with pytest.raises(NotFound):
        holders.card_by_uid(desk.estate, DESK, card.uid)
    with pytest.raises(NotFound):
        holders.card_by_number(desk.estate, DESK, ticket.card_number)


def test_card_numbers_rise_and_a_repeated_begin_takes_none(desk: FrontDesk) -> None:
    first = desk.begin_request(desk.issue_request(desk.staff), blank(), None)
    tickets = [beginning.begin(desk.estate, DESK, first) for _ in range(2)]
    assert tickets[0] == tickets[1]
    second = desk.begin_request(desk.issue_request(desk.staff), blank(), None)
    other = beginning.begin(desk.estate, DESK, second)
    assert other.card_number == tickets[0].card_number + 1


def test_the_same_operation_id_with_another_body_is_refused(desk: FrontDesk) -> None:
    request = desk.begin_request(desk.issue_request(desk.staff), blank(), None)
    beginning.begin(desk.estate, DESK, request)
    other = request.model_copy(update={"uid": blank().uid})
    with refused("id-reused"):
        beginning.begin(desk.estate, DESK, other)


def test_a_ticket_is_not_given_again_for_an_ended_operation(desk: FrontDesk) -> None:
    card = blank()
    request = desk.begin_request(desk.issue_request(desk.staff), card, None)
    ticket = beginning.begin(desk.estate, DESK, request)
    card.write(ticket)
    desk.settle(ticket, card)
    with refused("operation-ended"):
        beginning.begin(desk.estate, DESK, request)


def test_a_second_clerk_on_the_same_card_is_told_who_was_first(desk: FrontDesk) -> None:
    card = blank()
    desk.begin(desk.issue_request(desk.staff), card)
    with pytest.raises(Conflict, match="张晓") as caught:
        desk.begin(desk.issue_request(desk.other_staff), card)
    assert caught.value.reason == "card-busy"


def test_a_door_card_is_extended_from_thirty_days_before_its_end(desk: FrontDesk) -> None:
    """IC-12a, IC-12b: free, nothing lost, the new period after the old one."""
    card = blank()
    view = desk.issue(desk.owner, card)
    desk.clock.now += timedelta(days=(date(2027, 5, 8) - date(2025, 6, 9)).days)
    with refused("too-early"):
        desk.begin(desk.extend_request(view), card)
    desk.clock.forward(days=1)
    settled = desk.do(desk.extend_request(view), card)
    right = settled.card.rights[RightKind.DOOR]
    assert (right.first, right.last) == (date(2025, 6, 9), date(2029, 6, 8))
    assert right.sequence == 2
    assert settled.document is None


def test_a_lapsed_door_card_starts_anew_on_the_day_of_extension(desk: FrontDesk) -> None:
    """IC-12b."""
    card = blank()
    view = desk.issue(desk.owner, card)
    desk.clock.forward(days=800)
    today = desk.clock.now.date()
    right = desk.do(desk.extend_request(view), card).card.rights[RightKind.DOOR]
    assert right.first == today
    assert right.last == today.replace(year=today.year + 2) - timedelta(days=1)


def test_an_extension_needs_the_papers_again(desk: FrontDesk) -> None:
    """IC-12a: a current lease for tenants."""
    card = blank()
    tenant = setup.register_holder(
        desk.estate, "长租", HolderClass.TENANT, unit_id=desk.rented, lease_end=date(2030, 1, 1)
    )
    view = desk.issue(tenant, card)
    desk.clock.forward(days=360)
    verified = desk.verify(tenant, papers=())
    request = desk.extend_request(view).model_copy(update={"verification_id": verified})
    with refused("paper-missing", "IC-05"):
        desk.begin(request, card)


def test_an_issued_card_is_live_and_belongs_to_its_holder(desk: FrontDesk) -> None:
    card = blank(Medium.DESFIRE)
    desk.issue(desk.owner, card)
    view = holders.card_by_uid(desk.estate, DESK, card.uid)
    assert view.status is CardStatus.LIVE
    assert view.holder_id == desk.owner
    assert view.secure_channel == "ev2"
    assert view.open_operation is None
