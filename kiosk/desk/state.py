"""The counter as JSON, for scripts that drive the demo and for tests."""

from cardserver.wire_cards import CardView
from kiosk.desk.business import Business
from kiosk.desk.counter import Counter


def state_of(counter: Counter) -> dict[str, object]:
    """Who is here, what lies on the reader, and how the business stands."""
    here = counter.presence.here
    business = counter.business if here else None
    laid, holder = (counter.laid, counter.holder) if here else (None, None)
    return {
        "operator": counter.operator,
        "station": counter.station,
        "notice": counter.notice,
        "locked": counter.presence.locked,
        "holder_id": holder.holder_id if holder else None,
        "reader": {
            "fault": counter.post.fault,
            "uid": laid.identity.uid.hex() if laid and laid.identity else None,
            "card": laid.identity.name if laid and laid.identity else None,
            "card_number": laid.card.number if laid and laid.card else None,
            "problem": laid.problem if laid else "",
        },
        "business": None if business is None else _business_state(business),
    }


def _business_state(business: Business) -> dict[str, object]:
    card: CardView | None = business.card
    return {
        "kind": business.kind,
        "phase": business.phase,
        "step": business.step,
        "due_fen": business.due_fen,
        "credit_fen": business.credit_fen,
        "received_fen": business.received_fen,
        "change_fen": business.change_fen,
        "refund_fen": business.refund_fen,
        "problem": business.problem,
        "problem_rule": business.problem_rule,
        "card_number": card.number if card else None,
        "document": business.document.number if business.document else None,
        "document_state": business.document.state if business.document else None,
        "handed": business.handed,
        "invoices": business.invoices,
    }
