"""A small estate by chance: areas in areas, lanes at several gates, cards that share spaces."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from cardserver.domain.admission import CardEntry, Decision, Lane, Presented, Snapshot, decide
from cardserver.domain.cardlist import CardList
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import Area, GateRules, LaneRule, Passback, PassbackMode
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.presence import Presence
from cardserver.domain.record import CardRecord
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.standing import standing_at
from cardserver.domain.validity import ValidityPeriod
from tests.unit.cardserver.gaterules.obvious_gate import ObviousGate

START = datetime(2025, 6, 9, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
PERIOD = ValidityPeriod(first=date(2025, 1, 1), after_last=date(2027, 1, 1))
CARDS = 8
GATES = 3
TREES = (
    (("east", ""), ("west", "")),
    (("garage", ""), ("cellar", "garage")),
    (("garage", ""), ("cellar", "garage"), ("west", "")),
)


@dataclass
class Gate:
    """One gate: the code that is tested, and the obvious one beside it."""

    presence: Presence
    obvious: ObviousGate
    written: int = 0
    to_send: list[GateEvent] = field(default_factory=list)

    def learn(self, line: GateEvent) -> None:
        self.presence.note(line)
        self.obvious.learn(line)

    def write(self, at: datetime, lane: str, kind: EventKind, **more: object) -> None:
        self.written += 1
        line = GateEvent(sequence=self.written, at=at, lane=lane, kind=kind)
        line = line._replace(**more)  # type: ignore[arg-type]
        self.learn(line)
        self.to_send.append(line)


@dataclass
class RandomEstate:
    """A history by chance, step by step."""

    chance: Random
    now: datetime = START

    def __post_init__(self) -> None:
        self.right = self.chance.choice(list(RightKind))
        self.rules = self._rules()
        self.gates = [Gate(Presence(self.rules), ObviousGate(self.rules)) for _ in range(GATES)]
        self.lanes = {lane: at % GATES for at, lane in enumerate(self.rules.lanes)}
        spaces = [self.chance.choice([0, 1, 2, 3]) for _ in range(CARDS)]
        self.space = dict(enumerate(spaces, 1))
        self.snapshot = Snapshot(
            version=1,
            taken_at=START,
            time_floor=START,
            zone=SHANGHAI,
            cards=CardList.of((uid(card), self._entry(card)) for card in self.space),
            rules=self.rules,
        )

    def passage(self) -> tuple[str, str]:
        """A card is shown at a lane; what was decided, and what the obvious gate says."""
        chance = self.chance
        self.now += timedelta(seconds=chance.choice([5, 20, 60, 240]))
        card, lane_id = chance.randint(1, CARDS), chance.choice(list(self.lanes))
        gate, rule = self.gates[self.lanes[lane_id]], self.rules.lanes[lane_id]
        lane = Lane(lane_id=LaneId(lane_id), right=self.right, zone=1, direction=rule.direction)
        presented = Presented(uid=uid(card), record=record(card, self.right))
        standing = standing_at(gate.presence, presented, lane, self.snapshot)
        decision = decide(presented, lane, self.snapshot, self.now, standing=standing)
        mates = [each for each, space in self.space.items() if space and space == self.space[card]]
        minute = self.now.timestamp() / 60
        expected = gate.obvious.verdict(card, lane_id, minute, mates, list(self.space))
        self._what_follows(gate, lane_id, card, decision)
        return decision.reason, expected

    def exchange(self, *, all_of_it: bool = False) -> None:
        """Some lines reach some gates: late, out of order, some of them twice."""
        for gate in self.gates:
            if not all_of_it and self.chance.random() < 0.5:
                continue
            sent, gate.to_send = gate.to_send, []
            told = sent + self.chance.sample(sent, len(sent) // 3)
            for other in self.gates:
                self.chance.shuffle(told)
                for line in told:
                    other.learn(line)

    def _what_follows(self, gate: Gate, lane: str, card: int, decision: Decision) -> None:
        chance, number = self.chance, CardNumber(card)
        told = {"card_number": number, "reason": decision.reason}
        gate.write(self.now, lane, EventKind.TAP, granted=decision.granted, **told)
        opened = decision.granted
        if not opened and chance.random() < 0.3:  # the guard helps
            gate.write(self.now, lane, EventKind.OPENED_BY_HAND, card_number=number, by="王强")
            opened = True
        after = self.now + timedelta(seconds=chance.choice([2, 4, 30]))
        if opened and chance.random() < 0.8:
            kind = EventKind.PASSED if chance.random() < 0.8 else EventKind.NOT_PASSED
            gate.write(after, lane, kind, card_number=number)
        if chance.random() < 0.02:
            detail = chance.choice(["", "", "estate"])
            gate.write(after, chance.choice([lane, ""]), EventKind.NEUTRAL, detail=detail)
        if chance.random() < 0.03:
            gate.write(after, lane, EventKind.NEUTRAL, card_number=number)

    def _rules(self) -> GateRules:
        areas = {
            name: Area(
                area_id=name,
                right=self.right,
                parent=parent,
                passback=self._passback(),
                limit=self.chance.choice([None, 1, 2, 4]),
                own_space=self.chance.random() < 0.5,
            )
            for name, parent in self.chance.choice(TREES)
        }
        lanes = {
            f"{name}-{direction}-{number}": LaneRule(
                lane_id=LaneId(f"{name}-{direction}-{number}"),
                area=name,
                direction=direction,
                passback=self._passback(),
            )
            for name in areas
            for direction in Direction
            for number in (1, 2)
        }
        return GateRules(
            version=1,
            areas=areas,
            lanes=lanes,
            estate={self.right: self._passback()},
            one_car_per_space=self.chance.random() < 0.5,
        )

    def _passback(self) -> Passback:
        mode = self.chance.choice([PassbackMode.OFF, *PassbackMode])
        minutes = self.chance.choice([1, 3, 10]) if mode is PassbackMode.TIMED else 0
        return Passback(mode=mode, minutes=minutes, exits=self.chance.random() < 0.3)

    def _entry(self, card: int) -> CardEntry:
        return CardEntry(
            card_number=CardNumber(card), status=CardStatus.LIVE, space=self.space[card]
        )


def uid(card: int) -> bytes:
    return b"\x04" + card.to_bytes(6, "big")


_RECORDS: dict[tuple[int, RightKind], CardRecord] = {}


def record(card: int, right: RightKind) -> CardRecord:
    key = (card, right)
    if key not in _RECORDS:
        _RECORDS[key] = CardRecord(
            kind=right,
            holder_class=HolderClass.OWNER,
            key_version=1,
            card_number=CardNumber(card),
            zones=2,
            period=PERIOD,
            sequence=1,
        )
    return _RECORDS[key]
