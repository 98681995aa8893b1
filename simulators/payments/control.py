"""The control surface of the simulated providers: the resident's phone, and what goes wrong.

    flask_app.register_blueprint(blueprint(providers), url_prefix="/api")

Each call is one small JSON object in, the providers' state out; `docs/simulators.md` lists them.
The panel of the demo and ``yika sim pay`` both serve it.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from cardserver.payments.api import ProviderName
from simulators.pages import refusal
from simulators.panel_body import BadCall, Body, body
from simulators.payments.book import OrderState, Refusal, SimOrder
from simulators.payments.faults import NOTICE_TROUBLES, Call, PayFault, Trouble, troubles_of
from simulators.payments.notices import Letter
from simulators.payments.providers import PayProviders
from simulators.payments.server import CONTROL

SHOWN: Final = 20
SHOWN_FAULTS: Final = (
    (Call.CREATE, Trouble.DROP_AFTER),
    (Call.QUERY, Trouble.ERROR_BEFORE),
    (Call.QUERY, Trouble.SLOW),
    (Call.CLOSE, Trouble.PAID_MEANWHILE),
    (Call.REFUND, Trouble.ERROR_AFTER),
    (Call.NOTICE, Trouble.LOST),
    (Call.NOTICE, Trouble.LATE),
    (Call.NOTICE, Trouble.DOUBLE),
    (Call.NOTICE, Trouble.WRONG_AMOUNT),
    (Call.NOTICE, Trouble.REPLAYED),
    (Call.NOTICE, Trouble.FORGED),
)
"""Those on the panel's page; every other is a call."""
TIMES_LIMIT: Final = 100
SECONDS_LIMIT: Final = 600
SLOW_S: Final = 10
"""Longer than any limit of the adapters."""

Json = dict[str, Any]


def create_app(providers: PayProviders) -> Flask:
    """The calls by themselves, under `CONTROL`."""
    app = Flask("simulators.payments")
    app.register_blueprint(blueprint(providers), url_prefix=CONTROL.rstrip("/"))

    @app.get(f"{CONTROL}state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(providers))

    return app


def blueprint(providers: PayProviders) -> Blueprint:
    """The calls, for any app."""
    control = Blueprint("payments", __name__)
    _add_refusals(control)
    _add_phone(control, providers)
    _add_troubles(control, providers)
    return control


def state_of(providers: PayProviders) -> Json:
    """What the phone and the providers' offices would show, newest first."""
    courier = providers.courier
    carried = [*reversed(courier.history[-SHOWN:])]
    return {
        "orders": [_order(each) for each in [*reversed(providers.book.orders())][:SHOWN]],
        "faults": [_fault(each) for each in providers.faults.waiting],
        "notices": [_letter(each) for each in [*courier.held, *carried]],
    }


def _add_refusals(control: Blueprint) -> None:
    @control.errorhandler(Refusal)
    def refused(error: Refusal) -> ResponseReturnValue:
        status = (
            HTTPStatus.NOT_FOUND if error.status == HTTPStatus.NOT_FOUND else HTTPStatus.CONFLICT
        )
        return refusal(status, _plain(error), f"the provider says {error}")

    @control.errorhandler(BadCall)
    def bad_call(error: BadCall) -> ResponseReturnValue:
        return refusal(error.status, error.code, str(error))


def _add_phone(control: Blueprint, providers: PayProviders) -> None:
    @control.post("/payments/scan")
    def scan() -> ResponseReturnValue:
        wish = body()
        provider, number = _which(wish)
        wish.finish()
        return _shown(providers, [_try(lambda: providers.scan(provider, number), "scanned")])

    @control.post("/payments/pay")
    def pay() -> ResponseReturnValue:
        wish = body()
        provider, number = _which(wish)
        times = wish.integer("times", low=1, high=TIMES_LIMIT, default=1)
        late = wish.flag("late") if wish.has("late") else False
        wish.finish()
        return _shown(
            providers,
            [
                _try(lambda: providers.pay(provider, number, late=late), "paid")
                for _ in range(times)
            ],
        )


def _shown(providers: PayProviders, phone: list[str]) -> ResponseReturnValue:
    """The state, and what the phone showed each time."""
    return jsonify(state_of(providers) | {"phone": phone})


def _try(act: Callable[[], object], word: str) -> str:
    """The word, or the provider's no; an order that is not there stays an error."""
    try:
        act()
    except Refusal as no:
        if no.status == HTTPStatus.NOT_FOUND:
            raise
        return _plain(no)
    return word


def _add_troubles(control: Blueprint, providers: PayProviders) -> None:
    @control.post("/payments/fault")
    def fault() -> ResponseReturnValue:
        wish = body()
        provider = ProviderName(wish.choice("provider", list(ProviderName)))
        call, _, trouble = wish.choice("what", _plannable(provider)).partition(":")
        planned = PayFault(
            provider=provider,
            call=Call(call),
            trouble=Trouble(trouble),
            times=wish.integer("times", low=1, high=TIMES_LIMIT, default=1),
            seconds=wish.integer("seconds", low=0, high=SECONDS_LIMIT, default=SLOW_S),
        )
        wish.finish()
        providers.faults.plan(planned)
        return jsonify(state_of(providers))

    @control.post("/payments/no-fault")
    def no_fault() -> ResponseReturnValue:
        body().finish()
        providers.faults.clear()
        return jsonify(state_of(providers))

    @control.post("/payments/notice")
    def notice() -> ResponseReturnValue:
        wish = body()
        provider, number = _which(wish)
        troubles = sorted(NOTICE_TROUBLES)
        trouble = Trouble(wish.choice("trouble", troubles)) if wish.has("trouble") else None
        wish.finish()
        providers.tell_again(provider, number, trouble)
        return jsonify(state_of(providers))


def _which(wish: Body) -> tuple[ProviderName, str]:
    """An order as ``wechat:NUMBER``."""
    name, _, number = wish.text("order", limit=80).partition(":")
    if name not in list(ProviderName) or not number:
        raise BadCall("order is wechat:NUMBER or alipay:NUMBER")
    return ProviderName(name), number


def _plannable(provider: ProviderName) -> list[str]:
    return [f"{call}:{trouble}" for call in Call for trouble in sorted(troubles_of(provider, call))]


def _order(order: SimOrder) -> Json:
    paid_back = bool(order.refunds) and order.refunded_fen == order.amount_fen
    return {
        "order": f"{order.provider}:{order.number}",
        "amount_fen": order.amount_fen,
        "subject": order.subject,
        "code": order.code,
        "state": "refunded" if paid_back else order.state.value,
        "payable": order.state is OrderState.OPEN,
        "scanned": order.scanned,
        "expires": order.expires.isoformat(timespec="seconds"),
        "refunded_fen": order.refunded_fen,
    }


def _fault(fault: PayFault) -> Json:
    return {
        "provider": fault.provider.value,
        "what": f"{fault.call}:{fault.trouble}",
        "times": fault.times,
    }


def _letter(letter: Letter) -> Json:
    return {
        "order": f"{letter.provider}:{letter.number}",
        "trouble": letter.trouble.value if letter.trouble else None,
        "status": letter.status,
        "taken": letter.taken,
    }


def _plain(no: Refusal) -> str:
    return no.wechat.lower().replace("_", "-")
