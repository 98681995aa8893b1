"""Granted and passed are two facts: what the contacts of one lane say after it was asked to open.

| wired | opened by us and seen | passed | not passed |
|---|---|---|---|
| door contact | - | the door opens | it stayed shut until the time was over |
| loop (and arm) | the arm is up | the loop is free again, the arm not down | nobody left it |
| arm only | the arm is up | not told | not told |
| nothing | not told | not told | not told |

What opens without anybody having opened it is *forced*; what stays open with nobody in it is *held
open*. An arm that turns back because something came beneath it is neither (GB/T 24973-2010). An
exit button or a fire excuses whatever opens. No clock, no thread, no device: a caller says what the
contacts show at which instant (monotonic seconds).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cardserver.domain.gateevent import EventKind, GateEvent
from drivers.api.barriers import Inputs

EXCUSED_S: Final = 10.0
"""So long after the exit button was pressed a door may open without a card."""
REVERSAL_S: Final = 10.0
"""An arm that goes up again so soon after it came down was turned back by its own controller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long a lane waits, in seconds.

    `pass_s` for somebody to go through, `arm_s` for the arm to be up, `held_s` until a way that
    stands open with nobody in it is told.
    """

    pass_s: float = 15.0
    arm_s: float = 6.0
    held_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to be written down. `about` is the tap or opening by hand that it belongs to."""

    kind: EventKind
    about: GateEvent | None = None
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class _Opening:
    about: GateEvent
    at: float
    moved: bool = False  # the arm went up, or that it did not has been told


@dataclass(slots=True)
class Way:
    """One door or arm, which two lanes may open: a reader on each side of it. `opened_at` is when
    one of them last did: then the other takes it neither for forced nor for a car that followed.
    """

    opened_at: float = float("-inf")


class Passing:
    """What is expected of one lane, and what its contacts showed last."""

    def __init__(self, times: Times, way: Way | None = None) -> None:
        self._times = times
        self._one_way = way or Way()
        self._openings: list[_Opening] = []
        self._inputs: Inputs | None = None
        self._shut_at = self._excused_at = float("-inf")
        self._own_opening = self._one_way.opened_at
        self._open_since = 0.0
        self._forced = self._held = self._fault = False

    @property
    def feedback(self) -> bool:
        """True when this lane can tell whether somebody went through, as far as is known now."""
        seen = self._inputs
        return seen is not None and (seen.door_open is not None or seen.vehicle_present is not None)

    @property
    def way_open(self) -> bool | None:
        """Does the door or arm stand open? None where nothing tells."""
        return None if self._inputs is None else _way_open(self._inputs)

    @property
    def waiting(self) -> bool:
        """True while somebody may be going through."""
        return bool(self._openings) or bool(self.way_open)

    def awaits(self, about: GateEvent) -> bool:
        """True while nobody went through yet by the opening for the line `about`."""
        return any(each.about is about for each in self._openings)

    # --- what is asked of the lane

    def expect(self, about: GateEvent, now: float) -> None:
        """The lane is going to be asked to open, for the line `about`."""
        self._openings.append(_Opening(about=about, at=now))
        self._one_way.opened_at = self._own_opening = now

    def drop(self, about: GateEvent, detail: str) -> list[Finding]:
        """It was not asked after all, or nothing will tell whether it opened."""
        self._openings = [each for each in self._openings if each.about is not about]
        return [Finding(kind=EventKind.NOT_PASSED, about=about, detail=detail)]

    def confirmed(self) -> list[Finding]:
        """The board took the command. Where no arm is watched, that ends a fault."""
        watched = self._inputs is not None and self._inputs.arm_up is not None
        return [] if watched else self._fault_over()

    def unanswered(self, about: GateEvent, code: str) -> list[Finding]:
        """The board did not answer; the way may have opened or not, and the contacts will tell."""
        found = self._tell_fault(about, code)
        for each in self._openings:
            if each.about is about:
                each.moved = True
        return found if self.feedback else [*found, *self.drop(about, "barrier-fault")]

    # --- what the contacts show

    def look(self, inputs: Inputs, now: float, *, fire: bool = False) -> list[Finding]:
        """What has happened since the look before. The first look only learns how things stand."""
        if self._inputs is None:
            self._open_since = now  # however it came to stand open, it is looked at from now on
        before, self._inputs = self._inputs or inputs, inputs
        if inputs.exit_button and not before.exit_button:
            self._excused_at = now
        return [
            *self._went_through(before, now, fire=fire),
            *self._way(before, now, fire=fire),
            *self._arm(now),
            *self._time_over(now),
        ]

    def blind(self, now: float) -> list[Finding]:
        """The contacts can't be read: nothing is made up about what happens meanwhile."""
        found = self._time_over(now, detail="not-seen") if self._inputs is not None else []
        if not self._openings:
            self._inputs = None
        return found

    # --- inside

    def _went_through(self, before: Inputs, now: float, *, fire: bool) -> Iterator[Finding]:
        seen = self._seen
        if seen.door_open is not None:
            if seen.door_open and not before.door_open:
                yield from self._passed(now, fire=fire)
            while seen.door_open and self._openings:  # it stood open for the next one, too
                yield self._next_passed("door-open")
        elif (before.vehicle_present and not seen.vehicle_present) and (
            seen.arm_up is not False or before.arm_up is not False
        ):
            yield from self._passed(now, fire=fire)

    def _passed(self, now: float, *, fire: bool) -> Iterator[Finding]:
        if self._openings:
            yield self._next_passed("")
        elif fire:
            yield Finding(kind=EventKind.PASSED, detail="fire")
        elif now - self._excused_at <= EXCUSED_S:
            yield Finding(kind=EventKind.PASSED, detail="exit-button")
        elif self._tells_who_followed and not self._opened_beside(now):
            yield Finding(kind=EventKind.PASSED, detail="followed")

    @property
    def _tells_who_followed(self) -> bool:
        return self._seen.door_open is None and self._seen.arm_up is not None

    def _opened_beside(self, now: float) -> bool:
        """Did the lane on the other side open this way just now?"""
        at = self._one_way.opened_at
        return at > self._own_opening and now - at <= self._times.pass_s + self._times.held_s

    def _next_passed(self, detail: str) -> Finding:
        return Finding(kind=EventKind.PASSED, about=self._openings.pop(0).about, detail=detail)

    def _way(self, before: Inputs, now: float, *, fire: bool) -> Iterator[Finding]:
        was, stands = _way_open(before), _way_open(self._seen)
        if stands and not was:
            self._open_since = now
            if not fire and self._nobody_opened(now):
                self._forced = True
                yield Finding(kind=EventKind.FORCED)
        if was and not stands:
            self._shut_at = now
            yield from self._shut()
        if self._seen.vehicle_present or fire:
            self._open_since = now  # a car beneath it, or a fire, holds it open rightly
        too_long = now - max(self._open_since, self._one_way.opened_at) > self._times.held_s
        if stands and too_long and not self._held and not self._forced:
            self._held = True
            yield Finding(kind=EventKind.HELD_OPEN)

    def _nobody_opened(self, now: float) -> bool:
        opened, excused = now - self._one_way.opened_at, now - self._excused_at
        if opened <= self._times.pass_s or excused <= EXCUSED_S:
            return False
        turned_back = self._seen.vehicle_present or now - self._shut_at <= REVERSAL_S
        return self._seen.door_open is not None or not turned_back

    def _shut(self) -> Iterator[Finding]:
        if self._forced:
            yield Finding(kind=EventKind.ALARM_OVER, detail="forced")
        if self._held:
            yield Finding(kind=EventKind.ALARM_OVER, detail="held-open")
        self._forced = self._held = False

    def _arm(self, now: float) -> Iterator[Finding]:
        for each in self._openings:
            if self._seen.arm_up is None or each.moved:
                continue
            if not self._seen.arm_up and now - each.at > self._times.arm_s:
                each.moved = True
                yield from self._tell_fault(each.about, "arm-did-not-move")
            each.moved = each.moved or self._seen.arm_up
        if self._seen.arm_up:
            yield from self._fault_over()

    def _time_over(self, now: float, detail: str = "") -> list[Finding]:
        if self._seen.vehicle_present and not detail:
            return []
        over = [each for each in self._openings if now - each.at >= self._times.pass_s]
        self._openings = [each for each in self._openings if each not in over]
        if not self.feedback:
            return []
        return [
            Finding(kind=EventKind.NOT_PASSED, about=each.about, detail=detail) for each in over
        ]

    def _tell_fault(self, about: GateEvent, detail: str) -> list[Finding]:
        """A fault, and where it is a new one, who is inside is forgotten: nobody is locked out."""
        found = [Finding(kind=EventKind.BARRIER_FAULT, about=about, detail=detail)]
        if not self._fault:
            found.append(Finding(kind=EventKind.NEUTRAL, detail="barrier-fault"))
        self._fault = True
        return found

    def _fault_over(self) -> list[Finding]:
        over, self._fault = self._fault, False
        return [Finding(kind=EventKind.ALARM_OVER, detail="barrier-fault")] if over else []

    @property
    def _seen(self) -> Inputs:
        return self._inputs or Inputs()


def _way_open(inputs: Inputs) -> bool | None:
    return inputs.arm_up if inputs.door_open is None else inputs.door_open
