"""What stands in the counter's work is drawn anew in its place; a link in it leaves for a page.

Without its own word against it, such a link would draw that whole page, head and all, in the work;
and a form on the card beside it would take from the answer only what the card's own part wants.
"""

import re
from pathlib import Path

import kiosk.desk

TEMPLATES = Path(kiosk.desk.__file__).parent / "templates"
STAYS = 'hx-boost="false"'


def drawn_in(name: str, seen: set[str]) -> set[str]:
    """A template and all that it includes, and what those include."""
    if name not in seen:
        seen.add(name)
        text = (TEMPLATES / name).read_text("utf-8")
        for each in re.findall(r'{% include "([^"]+)" %}', text):
            drawn_in(each, seen)
    return seen


def test_a_link_in_the_work_opens_its_page_and_is_not_drawn_inside_the_counter() -> None:
    drawn = drawn_in("desk/work.html", set())
    links = {
        (name, link)
        for name in drawn
        for link in re.findall(r"<a [^>]*>", (TEMPLATES / name).read_text("utf-8"))
    }
    assert {name for name, _ in links} >= {"desk/holder.html", "desk/approvals/behind.html"}
    assert [each for each in links if STAYS not in each[1]] == []


def test_a_form_on_the_card_that_leads_to_the_work_takes_all_of_the_answer_ic_23a() -> None:
    forms = [
        form
        for name in drawn_in("desk/laid.html", set())
        for form in re.findall(r"<form [^>]*>", (TEMPLATES / name).read_text("utf-8"))
        if 'hx-target="#work"' in form
    ]
    assert forms
    assert [each for each in forms if 'hx-select="unset"' not in each] == []
