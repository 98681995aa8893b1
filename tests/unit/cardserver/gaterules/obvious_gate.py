"""The rules of passing, written down a second time as plainly as can be.

Nothing is kept but the lines a gate knows. Each question sorts them anew and goes through them from
the beginning. It is slow, and there is nothing in it that could be wrong without being seen.
"""

from dataclasses import dataclass, field

from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import GateRules
from cardserver.domain.lanes import Direction

UNKNOWN = "?"
OUT = ""
EVERYBODY = 0


@dataclass
class ObviousGate:
    """What one gate knows, all of its lanes being for one right, and what it would say."""

    rules: GateRules
    lines: dict[int, list[GateEvent]] = field(default_factory=dict)
    answers: dict[int, GateEvent | None] = field(default_factory=dict)

    def learn(self, line: GateEvent) -> None:
        """A line becomes known; twice is once. What was answered about its card counts no more."""
        of_card = self.lines.setdefault(line.card_number or EVERYBODY, [])
        if line not in of_card:
            of_card.append(line)
            self.answers.pop(line.card_number or EVERYBODY, None)
            if line.card_number is None:
                self.answers.clear()

    def history(self, card: int) -> list[GateEvent]:
        """All lines about a card, and about everybody, in the order in which they happened."""
        lines = self.lines.get(card, []) + self.lines.get(EVERYBODY, [])
        return sorted(lines, key=lambda line: (line.at, line.lane, line.sequence))

    def chain(self, area: str) -> list[str]:
        """An area and those around it."""
        found = []
        while area:
            found.append(area)
            area = self.rules.areas[area].parent
        return found

    def last_passage(self, card: int) -> GateEvent | None:
        """The last line by which this card went through a lane; None if it was forgotten since."""
        if card not in self.answers:
            self.answers[card] = self._last_passage(card)
        return self.answers[card]

    def _last_passage(self, card: int) -> GateEvent | None:
        history = self.history(card)
        last: GateEvent | None = None
        undecided: GateEvent | None = None
        for line in history:
            if line.kind is EventKind.PASSED:
                last, undecided = line, None
            elif line.granted or line.kind is EventKind.OPENED_BY_HAND:
                undecided = line
            elif line.kind is EventKind.NOT_PASSED and undecided and undecided.lane == line.lane:
                undecided = None
        passage, behind = undecided or last, False
        for line in history:
            if line.kind is EventKind.NEUTRAL and behind and self.forgets(line, passage, card):
                return None
            behind = behind or line is passage
        return passage

    def forgets(self, line: GateEvent, passage: GateEvent | None, card: int) -> bool:
        """Does setting to neutral take this passage out of memory?"""
        if passage is None:
            return False
        if line.card_number is not None:
            return line.card_number == card
        if line.lane not in self.rules.lanes or line.detail == "estate":
            return True
        neutral = self.rules.lanes[line.lane].area
        return neutral in self.chain(self.rules.lanes[passage.lane].area)

    def place(self, card: int) -> str:
        """Where a card is: an area, OUT or UNKNOWN."""
        passage = self.last_passage(card)
        if passage is None:
            return UNKNOWN
        rule = self.rules.lanes[passage.lane]
        if rule.direction is Direction.ENTRY:
            return rule.area
        return self.rules.areas[rule.area].parent

    def is_in(self, card: int, area: str) -> bool:
        """Is a card known to be in an area, or in one within it?"""
        place = self.place(card)
        return place not in {UNKNOWN, OUT} and area in self.chain(place)

    def verdict(
        self, card: int, lane: str, minute: float, garage_mates: list[int], cards: list[int]
    ) -> str:
        """The word for a card that may pass by its own right; `minute` is now."""
        rule = self.rules.lanes[lane]
        area = self.rules.areas[rule.area]
        entering = rule.direction is Direction.ENTRY
        passage, place = self.last_passage(card), self.place(card)
        said = set()
        if passage is not None:
            ago = minute - passage.at.timestamp() / 60
            if passage.lane == lane:
                said.add(self.passback(rule.passback, entering, ago))
            if entering == self.is_in(card, rule.area):
                said.add(self.passback(area.passback, entering, ago))
            comes_from = area.parent if entering else place
            if (entering and place != comes_from) or (
                not entering and not self.is_in(card, rule.area)
            ):
                said.add(self.passback(self.rules.estate.get(area.right), entering, ago))
        for refusal in ("passback", "passback-timed"):
            if refusal in said:
                return refusal
        if entering:
            outermost_car_park = area.right.value == "parking" and area.parent == OUT
            inside = [mate for mate in garage_mates if self.place(mate) not in (OUT, UNKNOWN)]
            if self.rules.one_car_per_space and outermost_car_park and inside:
                return "space-taken"
            own_space = area.own_space and area.right.value == "parking" and garage_mates
            full = area.limit is not None and area.limit <= sum(
                self.is_in(each, rule.area) for each in cards
            )
            if full and not own_space and not self.is_in(card, rule.area):
                return "area-full"
        return "granted-passback" if "granted-passback" in said else "granted"

    def passback(self, setting: object, entering: bool, minutes_ago: float) -> str:
        """What one level says to a card that can't be here."""
        if setting is None:
            return ""
        mode, minutes, exits = setting.mode.value, setting.minutes, setting.exits  # type: ignore[attr-defined]
        if mode == "off" or (mode == "timed" and minutes_ago >= minutes):
            return ""
        if mode == "soft" or not (entering or exits):
            return "granted-passback"
        return "passback-timed" if mode == "timed" else "passback"
