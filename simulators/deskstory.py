"""The story at the front desk: the first card, its parking, its replacement, and torn ones."""

from datetime import date
from urllib.parse import urlencode

from cardserver.domain.ids import card_number_text
from cardserver.domain.permits import Action
from cardserver.domain.rights import CardStatus, RightKind
from simulators.estate import BOOKS, HEAD
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.teller import YUAN, Teller, slips, story_day


def issue_to_the_owner(tell: Teller) -> None:
    """1 An owner is verified, pays 20 yuan, gets a card for two years and a formal receipt."""
    people = tell.site.people
    tell.open_business(people.owner, "issue")
    tell.expect("20 yuan are asked", true=tell.business()["due_fen"] == 20 * YUAN)
    tell.serve(received="100")
    tell.expect("80 yuan are given back", true=tell.business()["change_fen"] == 80 * YUAN)
    tell.blank("owner", "desfire-ev2")
    tell.lay("owner", "desk")
    tell.write()
    card = tell.card("owner")
    tell.numbers["owner"] = card.number
    door = card.rights[RightKind.DOOR]
    tell.expect("two years", true=(door.first, door.last) == (date(2025, 5, 9), date(2027, 5, 8)))
    paper = tell.paper("desk")
    number = next(first for _, first, _, value_fen in BOOKS if not value_fen)
    for words in (card_number_text(card.number), "贰拾元整", "找您80元", f"No. {number:06d}"):
        tell.expect(f"the receipt says {words}: {paper}", true=words in paper)
    tell.lift("desk")
    tell.money_agrees()


def add_parking(tell: Teller) -> None:
    """3a A parking right is added to the same card; the door right is not touched."""
    people = tell.site.people
    before = tell.card("owner").rights[RightKind.DOOR]
    tell.lay("owner", "desk")
    tell.open_business(
        people.owner,
        "add-parking",
        card_number=tell.numbers["owner"],
        agreement_id=people.owner_agreement,
        months=1,
    )
    tell.serve(("id-card", "driving-licence", "vehicle-licence"), received="300")
    tell.write()
    tell.lift("desk")
    rights = tell.card("owner").rights
    parking = rights[RightKind.PARKING]
    tell.expect(
        "one month", true=(parking.first, parking.last) == (story_day(5, 9), story_day(6, 8))
    )
    tell.expect("the door right is as it was", true=rights[RightKind.DOOR] == before)
    first = next(first for _, first, _, value_fen in BOOKS if value_fen == 100 * YUAN)
    [slip] = slips(tell)
    torn = (first, first + 1, first + 2)
    tell.expect(f"three invoices were torn off: {slip.invoices}", true=slip.invoices == torn)


def exchange_the_slip(tell: Teller) -> None:
    """3b' At the desk the slip is exchanged for invoices of equal value, once."""
    slip = slips(tell)[0]
    found = tell.page(_finding(slip.content.slip_code))
    tell.expect("the slip is ours", true="这张凭条是本小区的" in found)
    tell.expect("the slip is found", true="07000304-07000306" in found)
    path = f"/desk/papers/no/{slip.document_id}/invoices"
    tell.post(path, numbers="7000304-7000306")
    tell.expect("it is exchanged", true=len(slips(tell)[0].invoices) == 3)
    tell.post(path, numbers="7000307-7000309")
    tell.expect("once only", true=slips(tell)[0].invoices[0] == 7000304)


def _finding(typed: str) -> str:
    return f"/desk/papers/find?{urlencode({'number': typed})}"


def block_the_lost_card(tell: Teller) -> None:
    """4a A lost card is blocked: door and lane refuse it."""
    tell.post("/desk/holder", holder_id=tell.site.people.owner)
    tell.post("/desk/block", card_number=tell.numbers["owner"])
    tell.gate_knows()
    for lane in ("door", "carpark"):
        seen = tell.tap("owner", lane)
        tell.expect(f"{lane} refuses it: {seen}", true=seen["reason"] == "blocked")


def replace_it(tell: Teller) -> None:
    """4b Its replacement carries both rights on."""
    before = tell.card("owner").rights
    tell.open_business(
        tell.site.people.owner, "replace", card_number=tell.numbers["owner"], reason="lost"
    )
    tell.serve(received="20")
    tell.blank("owner's second", "classic-1k")
    tell.lay("owner's second", "desk")
    tell.write()
    tell.lift("desk")
    after = tell.card("owner's second")
    for kind in (RightKind.DOOR, RightKind.PARKING):
        tell.expect(f"{kind} is carried on", true=after.rights[kind].last == before[kind].last)
    tell.expect("the old is dead", true=tell.card("owner").status is CardStatus.REPLACED)
    tell.gate_knows()
    for lane in ("door", "carpark"):
        seen = tell.tap("owner's second", lane)
        tell.expect(f"{lane} opens: {seen}", true=seen["granted"] and seen["opened"])
    seen = tell.tap("owner", "door")
    tell.expect(f"the old card stays refused: {seen}", true=not seen["granted"])


def format_a_staff_card(tell: Teller) -> None:
    """5 A staff card takes a head, and is formatted before it is authorised anew."""
    staff = tell.site.people.staff
    tell.open_business(staff, "issue")
    tell.expect("an agent is refused", true=tell.state("desk")["notice"] == "not-permitted")
    for _ in range(2):
        tell.apply_for_staff(staff)
    tell.step_up(HEAD, Action.OPERATE_STAFF_CARD)
    tell.open_business(staff, "issue")
    tell.serve(("approval",))
    tell.blank("staff", "classic-1k")
    tell.lay("staff", "desk")
    tell.write()
    number = tell.card("staff").number
    tell.open_business(staff, "issue")
    tell.serve(("approval",))
    tell.post("/desk/act/write")
    tell.until("it is refused", lambda: tell.business().get("problem") == "format-first")
    tell.post("/desk/act/cancel")
    tell.open_business(staff, "format", card_number=number)
    tell.write()
    tell.expect("the old entry is closed", true=tell.card("staff").status is CardStatus.RETURNED)
    tell.open_business(staff, "issue")
    tell.serve(("approval",))
    tell.write()
    tell.lift("desk")
    tell.expect("a new number", true=tell.card("staff").number > number)


def finish_a_torn_card(tell: Teller) -> None:
    """6a The card is pulled off in mid-write; laid on again, the operation is completed."""
    _tear(tell, "family", "desfire-ev1", at=36)
    words = tell.page("/desk/")
    tell.expect("the clerk reads what to do", true="请把同一张卡放回读卡器" in words)
    tell.lay("family", "desk")
    tell.until("completed", lambda: tell.business().get("phase") == "paper")
    tell.hand_over()
    tell.lift("desk")
    door = tell.card("family").rights[RightKind.DOOR]
    tell.expect("two years", true=(door.first, door.last) == (story_day(6, 9), date(2027, 6, 8)))
    tell.money_agrees()
    tell.gate_knows()
    seen = tell.tap("family", "door")
    tell.expect(f"it opens the door: {seen}", true=seen["granted"])


def undo_a_torn_card(tell: Teller) -> None:
    """6b Torn again, and undone at the clerk's word: the card is blank, the money is back."""
    _tear(tell, "second family", "classic-1k", at=27)
    tell.post("/desk/undo", wanted="yes")
    tell.lay("second family", "desk")
    tell.until("undone", lambda: tell.business().get("phase") == "closed")
    tell.expect("20 yuan go back", true=tell.business()["refund_fen"] == 20 * YUAN)
    tell.post("/desk/act/cancel")
    tell.lift("desk")
    tell.money_agrees()
    tell.gate_knows()
    seen = tell.tap("second family", "door")
    tell.expect(f"it opens nothing: {seen}", true=not seen["granted"])


def expire(tell: Teller) -> None:
    """2' On its last day the card opens; the day after it does not, and the screen says why."""
    tell.travel(date(2027, 5, 8), hour=23, minute=58)
    seen = tell.tap("owner's second", "door")
    tell.expect(f"open on the last day: {seen}", true=seen["granted"])
    tell.travel(date(2027, 5, 9), hour=0, minute=2)
    seen = tell.tap("owner's second", "door")
    tell.expect(f"refused the day after: {seen}", true=seen["reason"] == "expired")
    words = tell.page("/gate/lane/door")
    tell.expect("politely, with a way on", true="2027-05-08" in words and "延期" in words)
    tell.money_agrees()


def _tear(tell: Teller, name: str, kind: str, *, at: int) -> None:
    """Issue to the family and pull the card away after so many exchanges of the write."""
    tell.open_business(tell.site.people.family, "issue")
    tell.serve(received="20")
    tell.blank(name, kind)
    tell.lay(name, "desk")
    reader = tell.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=at)))
    tell.post("/desk/act/write")
    tell.until("the card is torn away", lambda: tell.business().get("phase") == "broken-off")
    reader.plan(None)
    tell.site.box.lift("desk")
    tell.until("the desk sees it go", lambda: not tell.state("desk")["reader"]["uid"])
