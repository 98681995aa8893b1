"""What gates decide with, on the wire: the issue list and the rules; and how rules are set."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from cardserver.domain.admission import CardEntry, ListedRight, Snapshot
from cardserver.domain.cardlist import CardList, ListRow
from cardserver.domain.cardrow import pack_card
from cardserver.domain.gatechecks import LONGEST_SLIP
from cardserver.domain.gaterules import NO_RULES, GateRules
from cardserver.domain.ids import CardNumber
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.ruledocument import MAX_DOCUMENT, RulesFlawed, read_rules
from cardserver.domain.ruleflaws import FlawWord
from cardserver.domain.schedules import Calendar
from cardserver.domain.validity import ValidityPeriod
from cardserver.wire_cards import Period
from cardserver.wirebase import (
    Count,
    Instant,
    KeyVersion,
    Number,
    Text,
    Told,
    Uid,
    Uuid,
    Wire,
    Word,
)

ZoneMask = Annotated[int, Field(ge=0, lt=2**32)]
RightLine = tuple[HolderClass, ZoneMask, date, date]
"""A right as listed (`cardserver.domain.cardrow.RightLine`)."""

Era = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16})?$")]
"""The name of a history of the list; empty where nobody says so."""

Slip = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SLIP)]

UNDERSTOOD: Final[frozenset[str]] = frozenset()
"""What a list may name in its `needs`. Nothing so far: every field there is may be passed over."""

Document = Annotated[str, StringConstraints(max_length=MAX_DOCUMENT, pattern=r"^[^\x00]*$")]


class SnapshotCard(Told):
    """One card of the issue list, see `cardserver.domain.admission.CardEntry`."""

    uid: Uid
    number: Number
    status: CardStatus
    sequences: dict[RightKind, int]
    pending: dict[RightKind, Period]
    key_version: KeyVersion
    secure_channel: Literal["ev1", "ev2"] | None
    until: date | None = None
    rights: dict[RightKind, RightLine] = Field(default_factory=dict)
    space: Annotated[int, Field(ge=0, lt=2**32)] = 0
    before: tuple[Number, ...] = ()

    def to_domain(self) -> CardEntry:
        """The card as a lane knows it."""
        return CardEntry(
            card_number=CardNumber(self.number),
            status=self.status,
            sequences=self.sequences,
            pending={kind: period.to_domain() for kind, period in self.pending.items()},
            key_version=self.key_version,
            secure_channel=self.secure_channel,
            until=self.until,
            rights={kind: _right(line) for kind, line in self.rights.items()},
            space=self.space,
            before=tuple(CardNumber(each) for each in self.before),
        )

    def row(self) -> ListRow:
        """The same card as a list keeps it, without making the other first: a list is long."""
        pending = {kind: period.to_domain() for kind, period in self.pending.items()}
        before = tuple(CardNumber(each) for each in self.before)
        return self.uid, pack_card(self.uid, self.number, self, self.rights), pending, before


class GateRulesView(Told):
    """A version of the rules: the document as it was written, who set it, and the free days.

    `years` are those whose holidays and make-up days are on file (CAL-04a).
    """

    version: Count
    document: Document
    note: str
    set_by: str
    at: Instant
    holidays: tuple[date, ...] = ()
    make_ups: tuple[date, ...] = ()
    years: tuple[int, ...] = ()

    def to_domain(self) -> GateRules:
        """The rules a lane decides with. Raises RulesFlawed, a ValueError."""
        calendar = Calendar(
            holidays=frozenset(self.holidays),
            make_ups=frozenset(self.make_ups),
            years=frozenset(self.years),
        )
        return read_rules(
            self.document, calendar, version=self.version, by=self.set_by, since=self.at
        )


class SnapshotView(Told):
    """The issue list, whole (`complete`) or only what changed after the version asked for.

    `rules` None means those the gate has; a whole list without them says that there are none.
    `era` names the history that the version belongs to. `restored` says that the version asked for
    belongs to another: the centre went back to an older copy, and the gate's list is not its own.
    `slips` are goods slips that were taken back at some gate (GATE-04). `needs` names what a gate
    has to understand to decide by this list; what is not named there it may pass over.
    """

    version: int
    complete: bool
    taken_at: Instant
    time_floor: Instant
    zone: str
    cards: tuple[SnapshotCard, ...]
    rules: GateRulesView | None = None
    era: Era = ""
    restored: bool = False
    slips: tuple[Slip, ...] = ()
    needs: tuple[Word, ...] = ()

    @property
    def beyond(self) -> frozenset[str]:
        """What this program would have to understand and does not: then it takes no such list."""
        return frozenset(self.needs) - UNDERSTOOD

    def to_domain(self, base: Snapshot | None = None) -> Snapshot:
        """The value a lane decides with; changes are laid over `base`."""
        laid_over = None if self.complete else base
        return Snapshot(
            version=self.version,
            taken_at=self.taken_at,
            time_floor=self.time_floor,
            zone=ZoneInfo(self.zone),
            cards=self._cards(laid_over),
            rules=self._rules(laid_over, base),
            slips=frozenset(self.slips).union(laid_over.slips if laid_over else ()),
        )

    def _rules(self, laid_over: Snapshot | None, base: Snapshot | None) -> GateRules:
        if self.rules is None:
            return NO_RULES if laid_over is None else laid_over.rules
        try:
            return self.rules.to_domain()
        except RulesFlawed:
            # Written for a later program: cards go on being blocked and unblocked meanwhile.
            known = NO_RULES if base is None else base.rules
            return replace(known, unread=self.rules.version)

    def _cards(self, base: Snapshot | None) -> CardList:
        if base is None:
            return CardList.of_rows(card.row() for card in self.cards)
        known = base.cards
        whole = known if isinstance(known, CardList) else CardList.of(known.items())
        return whole.with_changes(self._entries())

    def _entries(self) -> Iterator[tuple[bytes, CardEntry]]:
        return ((card.uid, card.to_domain()) for card in self.cards)


class CheckRulesRequest(Wire):
    """A document to be looked through; nothing is kept."""

    document: Document


class RuleFlawView(Wire):
    """What is to be put right, where, and what was found there."""

    word: FlawWord
    where: str
    found: str


class RulesChecked(Wire):
    """Everything that is to be put right, empty for a good document; `after` is what stands now.

    `missing_years` are years the gates will soon need whose holidays nobody put on file (CAL-04a).
    """

    flaws: tuple[RuleFlawView, ...]
    after: Count
    missing_years: tuple[int, ...] = ()


class SetRulesRequest(Wire):
    """A new version of the rules; `after` is the one it was written over, 0 for none."""

    request_id: Uuid
    document: Document
    note: Text
    after: Count


class RulesVersion(Wire):
    """One line of the history: which version, why, by whom and when."""

    version: Count
    note: str
    set_by: Word
    at: Instant


class RulesHistory(Wire):
    """Every version there was, newest first."""

    versions: tuple[RulesVersion, ...]


class RulesOnFile(Wire):
    """The rules that stand now; None where none were ever set: a card's right decides alone."""

    rules: GateRulesView | None


def _right(line: RightLine) -> ListedRight:
    holder_class, zones, first, last = line
    period = ValidityPeriod.inclusive(first=first, last=last)
    return ListedRight(holder_class=holder_class, zones=zones, period=period)
