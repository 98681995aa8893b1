"""A form that is sent twice, or by two people at once, is one act and prints one paper."""

import threading
from uuid import uuid4

from cardserver.domain.errors import RuleViolation
from kiosk.desk.shiftforms import Drafts, Form


def form(**fields: str) -> dict[str, str]:
    return {"id": str(uuid4()), **fields}


def test_a_form_that_was_done_is_not_done_again() -> None:
    drafts, done = Drafts(), list[str]()
    once = form(amount="5")
    assert drafts.attempt("loan", once, lambda kept: done.append(kept["amount"]))
    assert not drafts.attempt("loan", once, lambda kept: done.append(kept["amount"]))
    assert done == ["5"]
    assert drafts.take() == ("", "")


def test_another_form_under_the_same_id_is_put_to_the_server() -> None:
    """It refuses it by itself; it is not passed over in silence."""
    drafts, done = Drafts(), list[str]()
    once = form(amount="5")
    drafts.attempt("loan", once, lambda kept: done.append(kept["amount"]))
    drafts.attempt("loan", {**once, "amount": "6"}, lambda kept: done.append(kept["amount"]))
    assert done == ["5", "6"]


def test_what_was_refused_is_tried_again_under_the_same_id() -> None:
    drafts, tries = Drafts(), list[str]()
    asked = form(amount="5")

    def act(kept: Form) -> None:
        tries.append(kept["id"])
        if len(tries) == 1:
            raise RuleViolation("drawer-short", rule="FEE-33")

    assert not drafts.attempt("loan", asked, act)
    assert drafts.of("loan")["amount"] == "5"
    assert drafts.attempt("loan", asked, act)
    assert tries == [asked["id"]] * 2


def test_somebody_else_signing_in_meanwhile_breaks_nothing() -> None:
    drafts = Drafts()
    drafts.belong_to("张晓")
    assert drafts.attempt("loan", form(), lambda _: drafts.belong_to("宋梅"))


def test_two_requests_of_one_click_are_one_act() -> None:
    drafts, once = Drafts(), form(amount="5")
    begun, go, acts = threading.Event(), threading.Event(), list[str]()

    def act(kept: Form) -> None:
        acts.append(kept["amount"])
        begun.set()
        assert go.wait(10)

    clicks = [threading.Thread(target=drafts.attempt, args=("loan", once, act)) for _ in range(2)]
    clicks[0].start()
    assert begun.wait(10)
    clicks[1].start()
    go.set()
    for each in clicks:
        each.join(10)
    assert acts == ["5"]
