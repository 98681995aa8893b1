"""Acts around the writing: begin it, and what to do with a card that was torn away."""

from cardserver.domain.sale import SaleState
from kiosk.desk.business import Business, Phase
from kiosk.desk.cardwork import another_card
from kiosk.desk.counter import Counter, act


@act
def write(counter: Counter) -> None:
    """Write the card on the reader; the page follows by the bell."""
    if business := counter.at(Phase.CARD):
        laid = counter.laid
        if laid is None or laid.identity is None:
            counter.note("card-absent")
            return
        business.phase = Phase.WRITING
        business.undo_wanted = False
        channel, known = laid.secure_channel, laid.known
        counter.later(lambda: counter.cardwork.write(business, channel, known=known))


@act
def want_undo(counter: Counter, *, wanted: bool) -> None:
    """With a card torn away: when it comes back, undo instead of finishing."""
    if business := counter.at(Phase.BROKEN_OFF):
        business.undo_wanted = wanted


@act
def retry(counter: Counter) -> None:
    """Go on with a broken-off card that lies there again, or find out how it ended."""
    if business := counter.at(Phase.BROKEN_OFF):
        laid = counter.look_again()
        if laid is not None and laid.unfinished is not None:
            counter.resume(laid.unfinished)
        else:
            _find_end(counter, business)


@act
def abandon(counter: Counter) -> None:
    """The torn card will not come back: it is denied.

    Where a blank was being made the money waits for another blank (IC-09a), and a month that
    the bank collected for the next card; else the money is 待核对.
    """
    business = counter.at(Phase.BROKEN_OFF)
    if business is None or _find_end(counter, business):
        return
    ended = counter.server.abandon(
        business.ids.operation, "card-not-returned", keep_sale=business.new_card
    )
    if business.new_card:
        another_card(business)
        business.phase = Phase.CARD
    else:
        business.begun = False
        business.collected = ended.sale is not None and ended.sale.state is SaleState.OPEN
        business.phase, business.problem = Phase.CLOSED, "abandoned"


def _find_end(counter: Counter, business: Business) -> bool:
    """True when the operation has ended and the business moved on."""
    counter.cardwork.find_end(business)
    if business.phase is Phase.PAPER:
        counter.later(lambda: counter.cardwork.print_paper(business))
    return business.phase is not Phase.BROKEN_OFF
