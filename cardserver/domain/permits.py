"""Who may do what: station kind × action and role × action, held by the server and nobody else.

At a machine the station's kind alone decides. At a desk both tables must say yes: the station is
there for it, and the person who signed in, or who stepped up for it, has the right by office
(requirements, section 0.1).
"""

from collections.abc import Collection
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.station import StationKind


@unique
class Action(StrEnum):
    """What a call is about."""

    # holders and cards
    FIND_HOLDERS = "find-holders"
    EDIT_HOLDERS = "edit-holders"  # units, people, owner change, import
    UNMASK = "unmask"  # see a phone or ID number in full; each time is logged (IC-23b)
    READ_CARD = "read-card"
    READ_KEYS = "read-keys"  # of one card; they can't write
    VERIFY = "verify"
    STORE_IMAGE = "store-image"  # a picture of a paper, where the estate stores them
    SEE_IMAGE = "see-image"  # each time is logged
    PURGE_IMAGE = "purge-image"  # before its day
    OPERATE = "operate"  # begin, key, settle, void; which kinds: cardserver.domain.station
    OPERATE_STAFF_CARD = "operate-staff-card"  # IC-14: the two heads and nobody else
    ABANDON = "abandon"
    LIST_OPERATIONS = "list-operations"
    BLOCK = "block"
    APPRAISE = "appraise"  # a damaged or lost staff card (IC-16a)
    CHECK_MERCHANT = "check-merchant"  # IC-06, step 2
    APPROVE_MERCHANT = "approve-merchant"  # IC-06, step 3
    APPLY_STAFF_CARD = "apply-staff-card"  # IC-13
    APPROVE_STAFF_CARD = "approve-staff-card"  # IC-13
    EDIT_TARIFF = "edit-tariff"  # tariffs, spaces
    EDIT_AGREEMENTS = "edit-agreements"
    WAIVE = "waive"  # back-dated parking let go (PARK-05b)
    # registers
    READ_REGISTER = "read-register"
    SIGN_REGISTER = "sign-register"  # enter a signature or a correction in F1
    REVIEW_QUARTER = "review-quarter"  # compute, count, explain and sign F2
    SEE_REVIEW = "see-review"  # the department head has seen F2
    REPORTS = "reports"
    # money and papers
    SELL = "sell"  # quote, sale, tender, change, cancel
    REFUND = "refund"  # hand cash back
    PRINT = "print"
    WORK_SHIFT = "work-shift"  # open, count and close one's own shift
    CLOSE_ANY_SHIFT = "close-any-shift"
    SPOT_CHECK = "spot-check"  # FEE-33
    DRAW_BOOK = "draw-book"  # take a receipt book (FEE-21)
    HAND_OUT_BOOK = "hand-out-book"  # the cashier's half of it, and settling (FEE-25)
    VOID_PAPER = "void-paper"  # with all copies at hand (FEE-23)
    VOID_GIVEN_PAPER = "void-given-paper"  # after the customer's copy has left (FEE-23a)
    HAND_OUT_INVOICE = "hand-out-invoice"  # quota invoices and exchange of slips (PARK-07a)
    FREE_AMOUNT = "free-amount"  # FEE-36
    REPORT_COUNTERFEIT = "report-counterfeit"  # FEE-34
    APPROVE_PAYOUT = "approve-payout"  # FEE-38
    SETTLE_SUSPENSE = "settle-suspense"  # 待核对
    RECONCILE = "reconcile"  # count cash boxes, compare with bills, settle differences
    # the house
    SIGN_IN = "sign-in"  # and sign out, and step up: nobody is signed in yet who could have a role
    MANAGE_OPERATORS = "manage-operators"
    SERVICE = "service"  # a machine's service page
    # gates
    READ_GATE_RULES = "read-gate-rules"
    SET_GATE_RULES = "set-gate-rules"  # schedules, passback, quotas, worker passes
    SEE_GATES = "see-gates"  # last lines, alarms and taking note of them, who is inside, refusals
    TRACE_CARD = "trace-card"  # where a card was seen; each time is logged (PIPL, article 28)
    GATE_REPORTS = "gate-reports"
    OPEN_GATES = "open-gates"  # at a gate's own screen, by hand and with a reason (GATE-02a)
    SNAPSHOT = "snapshot"
    TAPS = "taps"


_GATE: Final = frozenset({Action.SNAPSHOT, Action.TAPS})
_KIOSK: Final = frozenset(
    {
        Action.READ_CARD,
        Action.READ_KEYS,
        Action.SELL,
        Action.OPERATE,
        Action.PRINT,
        Action.SIGN_IN,
        Action.SERVICE,
    }
)
_OFFICE: Final = frozenset(
    {
        Action.SIGN_IN,
        Action.FIND_HOLDERS,
        Action.READ_CARD,
        Action.LIST_OPERATIONS,
        Action.REPORTS,
        Action.CHECK_MERCHANT,
        Action.APPROVE_MERCHANT,
        Action.APPLY_STAFF_CARD,
        Action.APPROVE_STAFF_CARD,
        Action.SEE_GATES,
        Action.TRACE_CARD,
        Action.GATE_REPORTS,
    }
)
"""Whoever has no place at the desk reads here, says yes or no to applications (IC-06, IC-13) and
takes note of the gates' alarms; nothing else is changed."""

PERMITS: Final = {
    StationKind.DESK: frozenset(Action) - _GATE - {Action.OPEN_GATES},
    StationKind.KIOSK: _KIOSK,
    StationKind.GATE: _GATE | {Action.SIGN_IN, Action.OPEN_GATES},
    StationKind.OFFICE: _OFFICE,
    StationKind.PANEL: frozenset[Action](),
}
"""Least privilege: a kiosk can't issue or block, a gate can't look anybody up."""

OF_PEOPLE: Final = frozenset({StationKind.DESK, StationKind.OFFICE})
"""Where people work, each under an own name; at a machine the station itself is the one."""

MAY_SIGN_IN: Final = OF_PEOPLE | {StationKind.KIOSK, StationKind.GATE}
"""Where somebody may sign in. At a kiosk that is a technician or the cashier, behind its door, at a
gate the guard; what residents do there is the machine's own and needs nobody."""


@unique
class Role(StrEnum):
    """An office a person holds; one person may hold several."""

    AGENT = "agent"  # 前台客服人员, 发卡人员
    CASH_RESPONSIBLE = "cash-responsible"  # 前台收费责任人
    FRONT_DESK_HEAD = "front-desk-head"  # 前台负责人
    CUSTOMER_SERVICE_HEAD = "customer-service-head"  # 客服负责人
    SECTION_HEAD = "section-head"  # 业务块负责人, 部门主管
    SHOP_HEAD = "shop-head"  # 商铺负责人
    DEPARTMENT_HEAD = "department-head"  # 部门负责人
    CENTRE_HEAD = "centre-head"  # 物业服务中心负责人
    CASHIER = "cashier"  # 出纳
    FINANCE = "finance"  # 财务管理部
    GUARD = "guard"  # 安全人员
    TECHNICIAN = "technician"  # 设备技术员
    ADMINISTRATOR = "administrator"  # 系统管理员


_LOOK: Final = frozenset(
    {Action.FIND_HOLDERS, Action.READ_CARD, Action.READ_KEYS, Action.LIST_OPERATIONS}
)
_AGENT: Final = _LOOK | {
    Action.EDIT_HOLDERS,
    Action.UNMASK,
    Action.VERIFY,
    Action.STORE_IMAGE,
    Action.OPERATE,
    Action.ABANDON,
    Action.BLOCK,
    Action.EDIT_AGREEMENTS,
    Action.READ_REGISTER,
    Action.SIGN_REGISTER,
    Action.REPORTS,
    Action.SELL,
    Action.REFUND,
    Action.PRINT,
    Action.WORK_SHIFT,
    Action.DRAW_BOOK,
    Action.VOID_PAPER,
    Action.HAND_OUT_INVOICE,
    Action.SEE_GATES,
}
_MOVEMENTS: Final = frozenset({Action.SEE_GATES, Action.TRACE_CARD, Action.GATE_REPORTS})
_EITHER_HEAD: Final = (
    _AGENT
    | _MOVEMENTS
    | {
        Action.SEE_IMAGE,
        Action.PURGE_IMAGE,
        Action.OPERATE_STAFF_CARD,
        Action.APPRAISE,
        Action.WAIVE,
        Action.EDIT_TARIFF,
        Action.CLOSE_ANY_SHIFT,
        Action.VOID_GIVEN_PAPER,
        Action.READ_GATE_RULES,
    }
)
_REGISTERS: Final = frozenset({Action.READ_REGISTER, Action.REPORTS})

ROLE_PERMITS: Final = {
    Role.AGENT: _AGENT,
    Role.CASH_RESPONSIBLE: _AGENT,
    Role.FRONT_DESK_HEAD: _EITHER_HEAD | {Action.REVIEW_QUARTER},
    Role.CUSTOMER_SERVICE_HEAD: _EITHER_HEAD,
    Role.SECTION_HEAD: frozenset({Action.FIND_HOLDERS, Action.APPLY_STAFF_CARD}),
    Role.SHOP_HEAD: frozenset({Action.FIND_HOLDERS, Action.CHECK_MERCHANT}),
    Role.DEPARTMENT_HEAD: _REGISTERS
    | _MOVEMENTS
    | {
        Action.FIND_HOLDERS,
        Action.READ_CARD,
        Action.APPROVE_MERCHANT,
        Action.APPROVE_STAFF_CARD,
        Action.SEE_REVIEW,
    },
    Role.CENTRE_HEAD: _REGISTERS | _MOVEMENTS | {Action.APPROVE_PAYOUT, Action.READ_GATE_RULES},
    Role.CASHIER: _REGISTERS
    | {
        Action.FIND_HOLDERS,
        Action.SPOT_CHECK,
        Action.HAND_OUT_BOOK,
        Action.FREE_AMOUNT,
        Action.REPORT_COUNTERFEIT,
        Action.SETTLE_SUSPENSE,
        Action.RECONCILE,
        Action.SERVICE,
    },
    Role.FINANCE: frozenset({Action.REPORTS, Action.RECONCILE}),
    Role.GUARD: frozenset({Action.SEE_GATES, Action.OPEN_GATES}),
    Role.TECHNICIAN: frozenset({Action.SERVICE, Action.SEE_GATES, Action.OPEN_GATES}),
    Role.ADMINISTRATOR: frozenset(
        {
            Action.MANAGE_OPERATORS,
            Action.EDIT_TARIFF,
            Action.REPORTS,
            Action.READ_GATE_RULES,
            Action.SET_GATE_RULES,
        }
    ),
}
"""An administrator keeps accounts and cannot touch a card (IC-14)."""


def role_permits(roles: Collection[Role], action: Action) -> bool:
    """True when one of these offices carries the right to the action."""
    return not _CARRIED_BY[action].isdisjoint(roles)


_CARRIED_BY: Final = {
    action: frozenset(role for role in Role if action in ROLE_PERMITS[role]) for action in Action
}
"""The same table from the other side."""
