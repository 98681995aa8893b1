"""The story at the kiosk: a month is paid in banknotes, by phone, and with a note too many."""

from cardserver.domain.ids import card_number_text
from cardserver.domain.rights import RightKind
from simulators.acceptor_path import Stage
from simulators.teller import YUAN, Teller, story_day


def _choose_a_month(tell: Teller) -> None:
    """With the owner's card on the kiosk, as far as paying."""
    tell.lay("owner", "kiosk")
    tell.until("the months are offered", lambda: tell.state("kiosk")["screen"] == "months")
    tell.post("/kiosk/touch/months-chosen", months=1)
    tell.until("the price is shown", lambda: tell.state("kiosk")["screen"] == "confirm")
    tell.post("/kiosk/touch/confirmed")
    tell.until("money is asked for", lambda: tell.state("kiosk")["screen"] == "pay")


def top_up_at_the_kiosk(tell: Teller) -> None:
    """3b At the kiosk one month is paid in banknotes: 9 June to 8 July; the slip comes out."""
    tell.travel(story_day(6, 9))
    _choose_a_month(tell)
    for paid in (100, 200, 300):
        _put_in(tell, 100, paid)
    tell.until("topped up", lambda: tell.state("kiosk")["screen"] == "done")
    paper = tell.paper("kiosk")
    for words in ("2025年6月9日", "2025年7月8日", card_number_text(tell.numbers["owner"])):
        tell.expect(f"the slip says {words}: {paper}", true=words in paper)
    tell.lift("kiosk")
    parking = tell.card("owner").rights[RightKind.PARKING]
    tell.expect(
        "9 June to 8 July", true=(parking.first, parking.last) == (story_day(6, 9), story_day(7, 8))
    )
    tell.money_agrees()


def top_up_by_phone(tell: Teller) -> None:
    """3b+ The next month is paid with the phone: a code on the screen, 9 July to 8 August."""
    _choose_a_month(tell)
    tell.post("/kiosk/touch/qr-chosen", provider="wechat")
    tell.until("a code is shown", lambda: bool(tell.state("kiosk")["code"]))
    order = tell.site.payments.book.orders()[-1]
    shown = tell.state("kiosk")["code"] == order.code
    tell.expect("it is the provider's own code", true=shown and order.amount_fen == 300 * YUAN)
    tell.site.payments.scan(order.provider, order.number)
    tell.site.payments.pay(order.provider, order.number)
    tell.until("topped up", lambda: tell.state("kiosk")["screen"] == "done")
    paper = tell.paper("kiosk")
    for words in ("微信支付", "2025年7月9日", "2025年8月8日"):
        tell.expect(f"the slip says {words}: {paper}", true=words in paper)
    tell.lift("kiosk")
    held = tell.site.balances().get("provider:wechat", 0)
    tell.expect("the provider holds it for us", true=held == 300 * YUAN)
    tell.money_agrees()


def keep_the_rest(tell: Teller) -> None:
    """3b++ A note is 50 yuan too much: the rest stays on the card, the desk sees it (FEE-04a)."""
    _choose_a_month(tell)
    for note, paid in ((100, 100), (100, 200), (50, 250)):
        _put_in(tell, note, paid)
    taken = tell.state("kiosk")["accepted_notes_fen"]
    tell.expect(f"no note is taken that is too much: {taken}", true=100 * YUAN not in taken)
    tell.post("/kiosk/touch/keep-rest")
    _put_in(tell, 100, 350)
    tell.until("topped up", lambda: tell.state("kiosk")["screen"] == "done")
    paper = tell.paper("kiosk")
    tell.expect(f"the slip says so: {paper}", true="50元留作卡内余额" in paper)
    tell.lift("kiosk")
    tell.lay("owner", "desk")
    tell.until("the desk shows it", lambda: "卡内余额" in tell.page("/desk/"))
    tell.lift("desk")
    owed = tell.site.trial().credit_fen
    tell.expect(f"the books have it: {owed}", true=owed == 50 * YUAN)
    tell.money_agrees()


def _put_in(tell: Teller, yuan: int, paid: int) -> None:
    """One note, once the slot is open; `paid` yuan are in after it."""
    tell.until("the slot is open", lambda: slot_is_free(tell))
    tell.site.acceptor.insert_note(yuan * YUAN)
    fen = paid * YUAN
    tell.until(f"{paid} yuan are in", lambda: tell.state("kiosk")["credited_fen"] == fen)


def slot_is_free(tell: Teller) -> bool:
    """True while the acceptor takes notes and holds none."""
    view = tell.site.acceptor.view()
    return view.enabled and view.stage is Stage.EMPTY
