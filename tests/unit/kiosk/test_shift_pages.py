"""The pages of shift and money over the whole demo site: a day's end as a clerk goes through it."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from cardserver.client import ServerUnavailable
from cardserver.domain.signin import DEMO_PASSWORD
from kiosk.desk.business import Phase
from simulators.estate import CASHIER, CHANGE_FUND
from simulators.site import Site


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.stations["desk"].app.test_client()


def page(desk: FlaskClient, path: str) -> str:
    """What a page says, without its tags."""
    answer = desk.get(path, follow_redirects=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def notes(fund: dict[int, int]) -> dict[str, str]:
    return {f"n{face}": str(count) for face, count in fund.items()}


def send(desk: FlaskClient, action: str, form: dict[str, str]) -> str:
    """Send a form as the page has it: with its own id."""
    answer = desk.post(action, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def action(desk: FlaskClient, path: str, ending: str) -> str:
    """Where the form of a page goes whose address ends so."""
    found = re.search(rf'action="([^"]*{ending})"', desk.get(path).text)
    assert found
    return found.group(1)


def z_papers(site: Site) -> list[str]:
    sheets = ("".join(sheet.text.split()) for sheet in site.printers["desk"].sheets)
    return [each for each in sheets if "Z000001" in each]


def test_a_shift_ends_with_a_blind_count_and_begins_anew_fee_33(
    site: Site, desk: FlaskClient
) -> None:
    before = page(desk, "/shift/")
    assert "清点抽屉" in before
    assert "应有 200.00" not in before, "what should be there is not told yet"

    count = action(desk, "/shift/", "/count")
    short = {**CHANGE_FUND, 1_00: CHANGE_FUND[1_00] - 1}
    counted = send(desk, count, notes(short))
    assert "应有 200.00" in counted
    assert "差额 -1.00" in counted

    close = action(desk, "/shift/", "/close")
    count_id = re.search(r'name="count_id" value="([^"]+)"', desk.get("/shift/").text)
    assert count_id
    form = {"count_id": count_id.group(1), "books": "1", "seals": "2", "comment": "少一元"}
    assert "请先锁好票据和印章" in send(desk, close, form)
    kept = desk.get("/shift/").text
    assert 'value="少一元"' in kept, "what was typed stays"
    last = {**form, "locked": "yes", "id": str(uuid4())}
    ended = send(desk, close, last)
    assert "Z000001" in ended
    printed = z_papers(site)
    assert [sheet.count("补打") for sheet in printed] == [0]
    send(desk, close, last)
    assert z_papers(site) == printed, "a doubled click prints nothing more"
    send(desk, "/shift/z/1", {})
    assert ["补打" in sheet for sheet in z_papers(site)] == [False, True]
    assert site.counter.server.shifts.reprint_z(1, str(uuid4()), original=True) == 2
    assert "差额 -1.00" in ended
    assert "票据和印章已锁好" in ended

    assert "开班" in page(desk, "/shift/")
    opened = send(desk, action(desk, "/shift/", "/open"), notes(CHANGE_FUND))
    assert "班次 000002" in opened
    assert "Z000001" in opened


def test_an_x_is_shown_and_printed_at_any_time_fee_33(site: Site, desk: FlaskClient) -> None:
    address = re.search(r'href="([^"]*/x)"', desk.get("/shift/").text)
    assert address
    shown = page(desk, address.group(1))
    assert "当班小计 X" in shown
    assert "(不是收据)" in shown
    assert "应有现金" not in shown, "the count stays blind"
    sheets = len(site.printers["desk"].sheets)
    send(desk, address.group(1), {})
    assert len(site.printers["desk"].sheets) == sheets + 1


@pytest.mark.parametrize("act", ["count", "close"])
def test_a_count_or_an_end_while_the_server_is_away_is_told_in_words(
    site: Site, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    own = site.counter.server.shifts.own()
    assert own is not None

    def away(*_args: object, **_kwargs: object) -> None:
        raise ServerUnavailable

    calls = type(site.counter.server.shifts)
    for call in ("own", "count", "close_shift", "recent", "z_reports"):
        monkeypatch.setattr(calls, call, away)
    form = {"count_id": str(uuid4()), "books": "1", "seals": "1"}
    assert "服务器暂时连不上" in send(desk, f"/shift/{own.shift_id}/{act}", form)


def test_nonsense_in_a_count_is_told_kindly_and_kept(desk: FlaskClient) -> None:
    said = send(desk, action(desk, "/shift/", "/count"), {"n10000": "abc", "n5000": "2"})
    assert "请把表格填写完整" in said
    assert 'value="abc"' in desk.get("/shift/").text


def test_cash_to_the_cashier_asks_for_the_cashiers_leave(desk: FlaskClient) -> None:
    said = send(desk, "/money/to-cashier", {"amount": "1", "shift_id": ""})
    assert "请有权限的同事授权" in said
    assert 'value="1"' in desk.get("/money/cash").text, "after it the same button works"


def lend(desk: FlaskClient, name: str, action: str) -> None:
    """A second person gives leave at the desk."""
    desk.post(
        "/step-up",
        data={"name": name, "password": DEMO_PASSWORD, "action": action},
        headers={"Referer": "http://localhost/money/cash"},
    )


def test_with_the_cashiers_leave_cash_goes_over_with_a_slip_and_a_check_is_signed_fee_33(
    site: Site, desk: FlaskClient
) -> None:
    desk.post("/holder", data={"holder_id": site.people.owner})
    desk.post("/business", data={"kind": "issue"})
    desk.post("/verify")
    desk.post("/agree")
    desk.post("/money", data={"received": "20"})
    lend(desk, CASHIER, "spot-check")
    said = send(desk, "/money/to-cashier", {"amount": "5", "shift_id": ""})
    assert "SJ000001" in said
    assert "现金上缴单" in site.printers["desk"].sheets[-1].text.replace(" ", "")
    own = site.counter.server.shifts.own()
    assert own is not None
    counted = {**notes(CHANGE_FUND), "n1000": str(CHANGE_FUND[10_00] + 1), "n500": "7"}
    form = {**counted, "shift_id": own.shift_id, "comment": ""}
    assert "CC000001" in send(desk, "/money/check", form)
    assert site.balances()["cash:desk-1"] == 15_00
    desk.post("/step-up/end")
    desk.post("/act/cancel")
    desk.post("/home")


@pytest.mark.parametrize("path", ["/money/cash", "/money/check", "/money/suspense"])
def test_each_page_of_money_is_drawn(desk: FlaskClient, path: str) -> None:
    assert "上缴和借支" in page(desk, path)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/money/loan", {"amount": "5"}),
        ("/money/counterfeit", {"face": "7"}),
        ("/money/check", {"shift_id": "no"}),
        ("/money/suspense", {"outcome": "thrown-away"}),
        ("/money/suspense", {"outcome": "kept", "sale_id": "no"}),
    ],
)
def test_nonsense_in_a_form_of_money_is_told_kindly(
    desk: FlaskClient, address: str, form: dict[str, str]
) -> None:
    assert "请把表格填写完整" in send(desk, address, form)


def test_an_amount_that_is_no_number_is_told_by_its_own_word(desk: FlaskClient) -> None:
    assert "请用数字填写金额" in send(desk, "/money/loan", {"amount": "x"})


# --- money at the counter ------------------------------------------------------------------------


@pytest.fixture
def paying(site: Site, desk: FlaskClient) -> Iterator[FlaskClient]:
    """A card for an owner, at the step where money is taken; it is given up afterwards."""
    desk.post("/holder", data={"holder_id": site.people.owner})
    desk.post("/business", data={"kind": "issue"})
    desk.post("/verify")
    desk.post("/agree")
    assert site.counter.business is not None
    assert site.counter.business.phase is Phase.MONEY
    yield desk
    desk.post("/act/cancel")
    desk.post("/home")


def test_a_note_the_checker_does_not_take_is_declined_in_these_words_fee_03(
    site: Site, paying: FlaskClient
) -> None:
    before = site.balances()
    paying.post("/act/note-refused")
    assert "不好意思，验钞机不能识别这张，请麻烦您更换一张，谢谢。" in page(paying, "/")
    assert site.balances() == before, "it is not counted"
    assert "假" not in page(paying, "/").split("验钞机")[1][:40]


def test_money_is_typed_by_its_notes_and_a_hundred_waits_for_the_checker_fee_03(
    site: Site, paying: FlaskClient
) -> None:
    business = site.counter.business
    assert business is not None
    paying.post("/money", data={"received": "100x1"})
    assert (business.phase, business.problem) == (Phase.MONEY, "note-not-checked")
    paying.post("/money", data={"received": "50+50"})
    assert business.phase is Phase.CARD, "two fifties are prompted only (FEE-03a)"


def test_received_and_returned_are_said_as_the_agent_says_it_fee_04(
    site: Site, paying: FlaskClient
) -> None:
    paying.post("/money", data={"received": "100", "checked": "yes"})
    assert "一共收您100元,找您80元。" in page(paying, "/").replace("，", ",")


def test_without_a_shift_the_counter_says_how_to_go_on_fee_33(
    site: Site, desk: FlaskClient
) -> None:
    count = action(desk, "/shift/", "/count")
    send(desk, count, notes(CHANGE_FUND))
    close = action(desk, "/shift/", "/close")
    count_id = re.search(r'name="count_id" value="([^"]+)"', desk.get("/shift/").text)
    assert count_id
    form = {"count_id": count_id.group(1), "books": "1", "seals": "2", "comment": "清点"}
    send(desk, close, {**form, "locked": "yes", "seen": "yes"})
    desk.post("/holder", data={"holder_id": site.people.owner})
    desk.post("/business", data={"kind": "issue"})
    desk.post("/verify")
    desk.post("/agree")
    assert "收付现金之前请先开班" in page(desk, "/")
    desk.post("/act/cancel")
    send(desk, action(desk, "/shift/", "/open"), notes(CHANGE_FUND))
