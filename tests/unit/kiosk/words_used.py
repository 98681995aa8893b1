"""Which texts the pages and the code ask for: read out of the templates and the modules themselves.

A key is asked for in full (``t('desk.title')``) or as a prefix and something that the program knows
(``t('class.' ~ holder.holder_class)``); for each prefix `GROUPS` names all that can follow.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, TypeGuard, get_args

import jinja2
from jinja2 import nodes

import cardserver.cli_serve
import cardserver.payments.api  # noqa: F401 - every error class of the server is loaded
import kiosk.desk.station
import kiosk.gate.station
import kiosk.selfservice.station
from cardserver.db.tables_parking import AgreementEvent, FileEvent
from cardserver.domain.admission import GRANTING, Reason
from cardserver.domain.application import ApplicationKind, CardForm, Stage
from cardserver.domain.application import Step as ApplicationStep
from cardserver.domain.appraisal import Finding
from cardserver.domain.bankcollection import LineFate
from cardserver.domain.bankfile import RowFlaw
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.clonetrap import CloneSign
from cardserver.domain.denial import Denial
from cardserver.domain.document import DocumentKind, DocumentState, PrintResult
from cardserver.domain.drawer import DrawerKind
from cardserver.domain.errors import DomainError
from cardserver.domain.gateevent import EventKind
from cardserver.domain.keys import VaultError
from cardserver.domain.operation import OperationKind, Verdict
from cardserver.domain.ownerfile import Fate
from cardserver.domain.parking import AgreementType, SpaceKind, SpaceState
from cardserver.domain.people import Details, FileAct
from cardserver.domain.permits import Action, Role
from cardserver.domain.phonerecord import CallResult
from cardserver.domain.plan import QuoteNote
from cardserver.domain.receiptbook import BookKind, VoidOutcome
from cardserver.domain.reconciliation import DifferenceKind
from cardserver.domain.register import AbnormalReason, Correctable, RegisterKind
from cardserver.domain.review import Business as QuarterBusiness
from cardserver.domain.review import Decision, Leaving, Part, StockMove
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.ruleflaws import FlawWord
from cardserver.domain.shift import HoldKind, SuspenseOutcome
from cardserver.domain.signature import Signer
from cardserver.domain.tariff import ChargeItem, ReplaceReason
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.services.errors import ServiceError
from cardserver.wire_imports import ImportState
from cardserver.wire_payments import Provider
from cardserver.wire_people import Hidden, Standing
from cardserver.wire_queue import QueueWord
from cardserver.wire_reminders import ReminderWord
from drivers import loader
from drivers.api.cards import CardKind
from drivers.errors import DeviceError
from kiosk.desk.business import Phase
from kiosk.desk.cashpages import TABS as CASH_TABS
from kiosk.desk.figures import STATES as CARD_STATES
from kiosk.desk.figures import TAKINGS
from kiosk.desk.gatepages import TABS as GATE_TABS
from kiosk.desk.pages import PAGES
from kiosk.desk.papers import TABS as PAPER_TABS
from kiosk.desk.register import REMARKS
from kiosk.desk.views import KEYS
from kiosk.gate.checkpages import RESULTS as CHECK_RESULTS
from kiosk.gate.guarding import BOARD_AWAY, TAMPER
from kiosk.gate.guardpages import REASONS as OPEN_REASONS
from kiosk.gate.housekeeping import (
    CLOCK_OFF,
    CLOCK_SET_BACK,
    COPY_TOO_OLD,
    LINES_HELD_UP,
    PROGRAM_TOO_OLD,
)
from kiosk.gate.lane import DISPLAY_AWAY, READER_AWAY, READER_TAMPER
from kiosk.gate.registration import WITHDRAWN
from kiosk.gate.troubles import BEGINS
from kiosk.gate.wentback import CENTRE_RESTORED, DENIAL_LOST
from kiosk.station.ages import how_long
from kiosk.station.operating import Step
from printer import spool
from printer.errors import PrinterError
from printer.form_font import FontMissing
from printer.status import Trouble

ROOT = Path(kiosk.desk.station.__file__).parents[2]
FACES = (kiosk.desk.station, kiosk.selfservice.station, kiosk.gate.station)
_WORD = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")
_COUNTED = ("one", "other")
_REFUSALS = ("RuleViolation", "Conflict", "OverrideRefused")


def templates() -> list[Path]:
    """Every template of the stations."""
    return sorted((ROOT / "kiosk").glob("**/templates/**/*.html"))


def modules(*folders: str) -> list[Path]:
    """Every module under these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).glob("**/*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# --- what templates ask for ----------------------------------------------------------------------


def _key(node: nodes.Node) -> str | None:
    """A constant is itself; a constant and more is the constant and a star."""
    if isinstance(node, nodes.Const):
        return str(node.value)
    if isinstance(node, nodes.Concat) and isinstance(node.nodes[0], nodes.Const):
        return f"{node.nodes[0].value}*"
    return None


def _calls(page: nodes.Template) -> Iterator[tuple[str, nodes.Call]]:
    for call in page.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.args:
            yield call.node.name, call


@cache
def asked_by_templates() -> frozenset[str]:
    """Keys, and prefixes that end in a star, in all templates."""
    asked: set[str] = set()
    for path in templates():
        page = jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for name, call in _calls(page):
            if name in {"t", "t_in"}:
                key = _key(call.args[1 if name == "t_in" else 0])
                asked |= {key} if key else set()
            elif name == "count":
                asked |= {f"{_key(call.args[0])}.{form}" for form in _COUNTED}
            elif name == "words_for":
                asked |= {f"{_key(call.args[0])}.*"}
        for scope in page.find_all(nodes.With):  # {% with key = 'common.away' %}
            constants = (each for each in scope.values if isinstance(each, nodes.Const))
            asked |= {text for each in constants if "." in (text := str(each.value))}
    return frozenset(asked)


def ages() -> set[str]:
    """What gates and the desk can say of how old something is, and how long it goes on."""
    some = (timedelta(minutes=1), timedelta(hours=5), timedelta(days=5))
    said: tuple[Literal["ago", "for"], ...] = ("ago", "for")
    return {f"{how_long(way, age)[0]}.{form}" for way in said for age in some for form in _COUNTED}


# --- what the program can put after a prefix -----------------------------------------------------


def paper_states() -> set[str]:
    """Every word that `kiosk.station.paper.PaperDesk.state` can hold."""
    words = {str(each) for each in Trouble} | codes(PrinterError)
    words |= {spool.NO_PROOF, spool.UNPROVABLE, spool.BROKEN_OFF, spool.BUSY}
    return words | {"ready", "near-end", "unknown"}


def codes(*families: type[Exception]) -> set[str]:
    """Codes of these families' classes, all drivers loaded."""
    for kind in ("acceptors", "barriers", "cards", "readers"):
        for name in loader.names(kind):
            loader.load(kind, name)
    found: set[str] = set()
    waiting = list(families)
    while waiting:
        each = waiting.pop()
        found.add(str(each.code))  # type: ignore[attr-defined]
        waiting += each.__subclasses__()
    return found


def values(*enums: Iterable[object]) -> set[str]:
    return {str(value) for each in enums for value in each}


APPROVING = {"check-merchant", "approve-merchant", "approve-staff-card"}
"""Rights that an application can wait for."""

PEOPLE_FIELDS = set(Details.__slots__) | {"class", "unit", "label", "zones", "company-number"}
PEOPLE_FIELDS |= {"ends", "transferred_on"}
PEOPLE_HEADS = {"at", "by", "act", "what", "why", "paper", "folder", "number", "status"}
PEOPLE_HEADS |= {"door", "parking"}
_PARKING_HEADS = {"space", "kind", "state", "agreement", "agreement-type", "holder", "plate"}
_PARKING_HEADS |= {"paid-until", "month", "first", "last", "at", "what", "card", "days", "amount"}
_PARKING_HEADS |= {"who", "line", "result", "fate"}
ALARM_WORDS = {
    *(BOARD_AWAY, TAMPER, CLOCK_OFF, CLOCK_SET_BACK, COPY_TOO_OLD),
    *(DISPLAY_AWAY, READER_AWAY, READER_TAMPER),
    *(CENTRE_RESTORED, DENIAL_LOST, LINES_HELD_UP, PROGRAM_TOO_OLD, WITHDRAWN),
    *BEGINS.values(),
}

GROUPS: dict[str, set[str]] = {
    "action.": values(Action),
    "figures.state.": set(CARD_STATES),
    "figures.taken.": set(TAKINGS),
    "reminders.": {
        *get_args(ReminderWord),
        *("ending", "unsigned", "papers", "invoices", "unfiled"),
    },
    "reminders.head.": {"day", "unit", "holder", "card", "number"},
    "reconciliation.difference.": values(DifferenceKind),
    "service.device.": {"reader", "printer", "acceptor", "server"},
    "service.done.": {"test-page", "box"},
    "reconciliation.subject.": {"cash-box", *get_args(Provider)},
    "review.business.": values(QuarterBusiness),
    "review.column.": {"card", "holder", "unit", "reason", "day", "state", "note"},
    "review.decision.": values(Decision),
    "review.move.": values(StockMove),
    "review.part.": values(Part),
    "review.reason.": {
        *values(Leaving),
        *("without-receipt", "expired", "no-agreement", "agreement-ended"),
        *("unsigned", "let-in-denied", "pass-out"),
    },
    "review.stock.head.": {"day", "move", "amount", "why", "who", "at"},
    "review.tab.": {"quarter", "stock", "work-years"},
    "waiting.event.": set(get_args(QueueWord)),
    "waiting.head.": {"at", "event", "number", "threshold", "station", "who"},
    "application-step.": {"applied", *values(ApplicationStep)},
    "application.": values(ApplicationKind),
    "approvals.card.": values(ReportKind) - {ReportKind.LOST},
    "approvals.lease.": {"original", "copy"},
    "approvals.not-ready.": values(ApplicationKind),
    "approvals.sure.": APPROVING,
    "approvals.waits.": APPROVING,
    "blocked.": values(Denial),
    "blocked-next.": values(Denial),
    "call-result.": values(CallResult),
    "card-form.": values(CardForm),
    "finding.": values(Finding),
    "report.": values(ReportKind) - {ReportKind.LOST},
    "reporter.": values(Reporter),
    "stage.": values(Stage) - {Stage.TO_CHECK, Stage.TO_APPROVE},
    "agreement-event.": values(AgreementEvent),
    "agreement-type.": values(AgreementType),
    "apology.": {"no-page", "other-origin", "too-large", "unexpected"},
    "business.": values(OperationKind),
    "card-kind.": values(CardKind),
    "cash.kind.": values(DrawerKind) - {DrawerKind.FLOAT, DrawerKind.CLOSING},
    "cash.outcome.": values(SuspenseOutcome),
    "cash.tab.": set(CASH_TABS),
    "charges.is.": {"open", "settled", "cancelled"},
    "class.": values(HolderClass),
    "desk.closed.": {"undone", "abandoned"},
    "desk.keys.": set(KEYS.values()),
    "desk.pages.": {page.word for page in PAGES},
    "desk.paper.": {"handed-over", "in-the-box"},
    "papers.book.": {"used", "void", "blank"},
    "papers.book-kind.": values(BookKind),
    "papers.tab.": set(PAPER_TABS),
    "papers.void.": values(VoidOutcome),
    "desk.verified.": values(HolderClass),
    "desk.verify.": values(HolderClass),
    "document.": values(DocumentKind),
    "document.state.": values(DocumentState),
    "expired.": values(RightKind),
    "gates.alarm-word.": ALARM_WORDS,
    "gate.guard.said.": {"opened", "not-opened", "neutral", "goods", "goods-differ", "material"},
    "gate.checks.": set(CHECK_RESULTS),
    "gate.open-reason.": set(OPEN_REASONS),
    "gates.clone.": values(CloneSign),
    "gates.event.": values(EventKind),
    "gates.flaw.": values(FlawWord),
    "gates.tab.": set(GATE_TABS),
    "guard-reason.": values(Reason),
    "item.": values(ChargeItem),
    "kiosk.provider.": set(get_args(Provider)),
    "kiosk.how.": {"lay", "months", "notes", "pay", "slip"},
    "file-event.": values(FileEvent),
    "line-fate.": values(LineFate),
    "log-ins.done.": {"offices", "password", "end", "again", "unlock"},
    "log-ins.head.": {"name", "offices", "state", "seen"},
    "light.paper.": paper_states(),
    "note.": values(QuoteNote),
    "paper.": values(Paper),
    "parking.head.": _PARKING_HEADS,
    "parking.tab.": {"spaces", "signing", "tariffs", "bank"},
    "people.act.": values(FileAct),
    "people.field.": PEOPLE_FIELDS,
    "people.head.": PEOPLE_HEADS,
    "people.needs.": values(HolderClass),
    "people.standing.": set(get_args(Standing)),
    "people.tab.": {"people", "units", "import", "unfiled"},
    "people.unmask.": set(get_args(Hidden)),
    "images.gone.": {"due", "asked", "refused", "unfinished"},
    "import.fate.": values(Fate),
    "import.head.": {"file", "at", "by", "state", "line", "fate", "unit", "name", "what"},
    "import.state.": set(get_args(ImportState)),
    "progress.": values(Step),
    "register.column.": values(Correctable),
    "register.export.": {"pdf", "xlsx", "csv"},
    "register.kind.": values(RegisterKind),
    "register.method.": values(VerificationMethod),
    "register.reason.": values(AbnormalReason),
    "register.signer.": values(Signer),
    "reason.": values(Reason) - {Reason.EXPIRED},
    "replace.": values(ReplaceReason) - {ReplaceReason.LOST},
    "right.": values(RightKind),
    "row-flaw.": values(RowFlaw),
    "space-kind.": values(SpaceKind),
    "space-state.": values(SpaceState),
    "shift.hold.": values(HoldKind),
    "shift.hold-next.": values(HoldKind),
    "role.": values(Role),
    "status.": values(CardStatus),
    "step.": values(Phase) - {Phase.WRITING, Phase.BROKEN_OFF, Phase.CLOSED},
}
SAID_BY_PAGES = {
    "register.remark.": {word.replace(" ", "-") for word in REMARKS},
}
"""What no template asks for, but the code of a page."""

REFUSING = frozenset(set(Reason) - GRANTING)


# --- codes that reach a screen -------------------------------------------------------------------


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _constants(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def reasons_of_the_server() -> set[str]:
    """Every reason that a RuleViolation or a Conflict can carry, found where it is raised."""
    return set(_raised("cardserver"))


@cache
def _raised(folder: str) -> frozenset[str]:
    found: set[str] = set()
    for path in modules(folder):
        if not any(name in path.read_text(encoding="utf-8") for name in _REFUSALS):
            continue
        for function in ast.walk(tree(path)):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _called(call) in _REFUSALS:
                    found |= _reasons(call.args[0], function)
    return frozenset(found)


def _reasons(reason: ast.expr, function: ast.FunctionDef) -> set[str]:
    if isinstance(reason, ast.Constant):
        return {str(reason.value)}
    if isinstance(reason, ast.JoinedStr):  # f"evidence-{verdict}"
        head = str(getattr(reason.values[0], "value", ""))
        return {f"{head}{verdict}" for verdict in set(Verdict) - {Verdict.CONFLICT}}
    return {word for word in _constants(function) if "-" in word and _WORD.fullmatch(word)}


def words_of_the_counter() -> set[str]:
    """Problems and notices that the desk finds by itself."""
    found = {f"paper-{result}" for result in set(PrintResult) - {PrintResult.PRINTED}}
    found |= _raised("kiosk/desk") | _raised("kiosk/station") | {FontMissing.code}
    found |= _raised("kiosk/gate")  # the guard's page speaks from the same catalogue
    for path in modules("kiosk/desk"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and _called(node) in {"whole", "words"}:
                found |= {word for each in node.args[1:] for word in _constants(each)}
            if isinstance(node, ast.Call) and _called(node) == "note":
                found |= set(_constants(node.args[0]))
            elif (isinstance(node, ast.Assign) and _tells(node)) or (
                isinstance(node, ast.keyword) and node.arg == "problem"
            ):
                found |= set(_constants(node.value))
    own_words = {"undone", "abandoned"}
    return {word for word in found - own_words if _WORD.fullmatch(word)}


def _tells(node: ast.AST) -> TypeGuard[ast.Assign | ast.keyword]:
    """True for an assignment to a notice or a problem, or for an argument of that name."""
    if isinstance(node, ast.keyword):
        return node.arg == "problem"
    if not isinstance(node, ast.Assign):
        return False
    targets = [each for target in node.targets for each in ast.walk(target)]
    return any(
        isinstance(each, ast.Attribute) and each.attr in {"notice", "problem"} for each in targets
    )


def words_of_the_kiosk() -> set[str]:
    """Every hyphenated word that a module of the kiosk's machine holds."""
    return {
        word
        for path in modules("kiosk/selfservice")
        for word in _constants(tree(path))
        if _WORD.fullmatch(word)
    }


def device_codes() -> set[str]:
    """Codes of devices and cards that a person at a station can meet."""
    of_developers = {"driver-unknown", "transcript-mismatch", "config-invalid"}
    return codes(DeviceError) - of_developers


def server_codes() -> set[str]:
    """Codes of refusals that come over the wire."""
    families = {"domain-error", "service-error"}
    of_the_shell = {"store-error", "database-url-invalid", "store-unusable", "account-invalid"}
    known = codes(DomainError, ServiceError) - codes(VaultError) - families - of_the_shell
    return known | {"vault-error", "http", "invalid", "server-unavailable"}
