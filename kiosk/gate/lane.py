"""A lane at work: a card arrives, is read and decided on, journalled, and the barrier is asked.

Nothing waits for the server. The order is fixed: decide, commit the tap, open; each on the thread
that owns what it touches, so that the next card is decided while the line of the one before is on
its way to the disk, or its opening to the barrier. A read that was too old when it was decided on
is refused with that word; a tap that grew old afterwards (a slow disk, a barrier's line) is never
acted on; an opening that failed is told, never repeated later. Every read is a line in the journal,
also one of which nothing could be read.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cardserver.domain.admission import NO_RULES, Decision, Lane, Presented, Reason, Snapshot
from cardserver.domain.gateevent import EventKind
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.gaterules import ClonePolicy
from cardserver.domain.lanerules import rules_of
from drivers.api.barriers import Barrier, Lamp
from drivers.api.codes import CodeRead, CodeReader
from drivers.api.displays import TextDisplay
from drivers.api.readers import CardReader
from drivers.errors import CardAbsent, CardRemoved, DeviceError
from drivers.worker import DeviceWorker
from kiosk.gate.actuation import Actuator
from kiosk.gate.codes import CodePost, presented_by
from kiosk.gate.deciding import STALE_S, Tap, Verdict, settle, tap_line
from kiosk.gate.displaying import LaneDisplay, notice_of
from kiosk.gate.guarding import Guarding
from kiosk.gate.overriding import write_down
from kiosk.gate.passing import Finding, Times, Way
from kiosk.gate.reading import read_presented
from kiosk.gate.sametap import LastLetIn, line_again
from kiosk.gate.shared import Shared
from kiosk.gate.underway import ROOM, UnderWay
from kiosk.station.i18n import DEFAULT_LANGUAGE
from kiosk.station.post import ReaderPost

_log = logging.getLogger(__name__)

LANES: Final = "lanes"
READER_AWAY: Final = "reader-away"
READER_TAMPER: Final = "reader-tamper"
DISPLAY_AWAY: Final = "display-away"
_GO_S: Final = 3.0
_STOP_S: Final = 2.0
_DONE_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the lane's screen shows: the last decision, when it fell, whether the opening went out.

    `opened` is None where nothing was to be opened; `about` is the tap's line in the journal.
    """

    decision: Decision
    at: datetime
    opened: bool | None = None
    try_again: bool = False
    about: int = 0


class LaneLoop:
    """One lane: a reader, a barrier or strike, and what it knows.

    The reader either opens cards (`reader`) or only tells numbers (`codes`); `owner` is the thread
    of a line that several lanes share, `way` the door or arm that another lane opens as well.
    """

    def __init__(
        self,
        *,
        lane: Lane,
        name: str,
        barrier: Barrier,
        keys: GateKeys,
        snapshot: Callable[[], Snapshot],
        shared: Shared,
        reader: CardReader | None = None,
        codes: CodeReader | None = None,
        display: TextDisplay | None = None,
        owner: DeviceWorker | None = None,
        nearest_space: str = "",
        times: Times | None = None,
        way: Way | None = None,
    ) -> None:
        self.lane = lane
        self.name = name
        self.nearest_space = nearest_space
        self.shown: Shown | None = None
        self._keys = keys
        self._snapshot = snapshot
        self._shared = shared
        self._turn = threading.Lock()
        self._under_way = UnderWay()
        self._acting = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"acts {name}")
        self._reading = False
        self._looked_at = 0.0
        times = times or Times()
        shared.interlock.hold(lane.lane_id, times.pass_s)
        self._actuator = Actuator(barrier, name, owner=owner, ticks=shared.ticks)
        self.contacts = Guarding(
            lane.lane_id,
            self._actuator,
            times=times,
            found=self._found,
            trouble=self._trouble,
            interlock=shared.interlock,
            fire=shared.fire,
            quiet=self._quiet,
            beside=self._look_at_reader,
            ticks=shared.ticks,
            way=way,
        )
        self._last = LastLetIn(shared.clock, self.contacts.awaits)
        self.post = self._posted(reader, codes)
        self.display = self._displayed(display)

    def start(self) -> None:
        """Begin to serve."""
        self.post.start()
        self.contacts.start()
        if self.display is not None:
            self.display.start()

    def stop(self) -> None:
        """Stop serving and give the devices back."""
        self.post.stop()
        self._under_way.wait_for_all(_DONE_S)
        self._acting.shutdown()
        self.contacts.stop()
        if self.display is not None:
            self.display.stop()
        self._actuator.stop()

    def offer(self, presented: Presented, read_at: float, then: Callable[[bool], None]) -> None:
        """Decide what was read from `read_at` (of the ticks) on, and have it written down.

        As soon as it is on disk the barrier is asked; `then` is told whether the board took the
        command to open, on a thread of the lane. Waits where too many taps are under way, or
        another one of this card.
        """

        def done(opened: bool) -> None:
            self._under_way.leave(presented.uid)
            then(opened)

        with self._turn:
            self._under_way.enter(presented.uid, room=self._room())
            try:
                first = self._last.same(presented)
                if first is None:
                    self._settle(Tap(presented, read_at), done)
                else:
                    again = line_again(first, presented, self._shared.clock())
                    self._shared.recorder.write(again)
            except Exception as error:  # noqa: BLE001 - S13: a mistake of ours opens nothing
                _log.exception("lane %s could not decide", self.name)
                try:
                    self._not_decided(presented.uid, type(error).__name__)
                finally:
                    done(False)
            else:
                if first is not None:
                    done(True)

    def open_by_hand(self, by: str, reason: str, *, card_number: int | None = None) -> bool:
        """A guard opens, with name and reason; True when the board took the command.

        Written down before anything moves. It goes before every rule and before the interlock: a
        person looks at the lane. `card_number` says for whom, where that is known.

        Raises:
            OverrideRefused: ``name-missing``, ``reason-missing``, or ``no-journal`` when it could
                not be written down. Nothing opens then.
        """
        asked_at = self._shared.ticks()
        line = write_down(
            self._shared,
            EventKind.OPENED_BY_HAND,
            by=by,
            reason=reason,
            lane=self.lane.lane_id,
            card_number=card_number,
        )
        self._shared.interlock.take(self.lane.lane_id, ())
        opened = self.contacts.open(line, asked_at + STALE_S).opened
        self._ring()
        return opened

    # --- a tap

    def _room(self) -> int:
        """An airlock takes one at a time: how this one ends decides about the next."""
        rules = rules_of(self._snapshot().rules, self.lane.lane_id)
        return 1 if rules.interlocked else ROOM

    def _settle(self, tap: Tap, done: Callable[[bool], None]) -> None:
        def written(verdict: Verdict) -> None:
            try:
                self._acting.submit(self._act, tap, verdict, done)
            except RuntimeError:  # the lane was put away meanwhile
                done(False)

        settle(tap, self.lane, self._snapshot(), self._shared, written)

    def _act(self, tap: Tap, verdict: Verdict, done: Callable[[bool], None]) -> None:
        opened = False
        try:
            opened = self._open(tap, verdict)
        except Exception:  # noqa: BLE001 - the next tap's turn comes all the same
            _log.exception("lane %s could not act on a tap", self.name)
        finally:
            done(opened)

    def _open(self, tap: Tap, verdict: Verdict) -> bool:
        """Do what was decided, and show it."""
        decision, line, opened = verdict.decision, verdict.line, None
        for beside in verdict.beside:
            self._shared.recorder.write(beside)
        if line is not None and decision.granted:
            opened = self.contacts.open(line, tap.read_at + STALE_S).opened
        self._last.note(tap.presented, line if opened else None)
        self._show(
            Shown(
                decision=decision,
                at=line.at if line is not None else self._shared.clock(),
                opened=opened,
                try_again=decision.reason is Reason.READ_TOO_OLD,
                about=line.sequence if line is not None else 0,
            )
        )
        return bool(opened)

    # --- a read

    def _look(self, reader: CardReader) -> Tap:
        # Taken before the reading: what the reader itself held up is old as well.
        read_at = self._looked_at = self._shared.ticks()
        self._reading = True
        snapshot = self._snapshot()
        # A gate whose centre set no rules keeps its five exchanges.
        counting = snapshot.rules is not NO_RULES and snapshot.rules.clone is not ClonePolicy.OFF
        presented = read_presented(
            reader, self.lane.right, self._keys, snapshot.cards, counting=counting
        )
        return Tap(presented, read_at)

    def _arrived(self, seen: Tap | DeviceError) -> None:
        try:
            if isinstance(seen, DeviceError):
                self._unreadable(seen)
            else:
                self.offer(seen.presented, seen.read_at, lambda _opened: None)
        finally:
            self._reading = False

    def _quiet(self) -> bool:
        """A card's opening goes before a look at the contacts, as long as it still may open: a disk
        that hangs hides no fire.
        """
        waits = self._reading or self._under_way.busy
        return waits and self._shared.ticks() - self._looked_at < STALE_S

    def _told(self, read: CodeRead, then: Callable[[bool], None]) -> None:
        self.offer(presented_by(read), read.read_at, then)

    def _unreadable(self, error: DeviceError) -> None:
        left = isinstance(error, (CardRemoved, CardAbsent))
        if not left:
            _log.warning("lane %s: %s", self.name, error.code)
        trembled = left and (self._under_way.busy or self._last.just_now() is not None)
        self._not_decided(b"", error.code, show=not trembled)

    def _not_decided(self, uid: bytes, why: str, *, show: bool = True) -> None:
        """Something was held there and came to no decision: a line all the same."""
        decision = Decision(reason=Reason.TORN)
        snapshot, now = self._snapshot(), self._shared.clock()
        line = tap_line(Presented(uid=uid), self.lane, snapshot, now, decision, detail=why)
        self._shared.recorder.write(line)
        if show:
            self._show(Shown(decision=decision, at=line.at, try_again=True))

    # --- what the devices tell

    def _found(self, lane: str, finding: Finding) -> None:
        self._shared.recorder.note(lane, finding)
        shown, about = self.shown, finding.about
        fault = finding.kind is EventKind.BARRIER_FAULT
        if fault and shown and shown.opened and about and shown.about == about.sequence:
            self._show(replace(shown, at=self._shared.clock(), opened=False))
        self._ring()

    def _reader_changed(self) -> None:
        self._trouble(READER_AWAY, bool(self.post.fault))
        self._ring()

    def _look_at_reader(self) -> None:
        if isinstance(self.post, CodePost):
            self._trouble(READER_TAMPER, bool(self.post.link.tamper))

    def _trouble(self, word: str, stands: bool) -> None:
        self._shared.recorder.trouble(word, self.lane.lane_id, stands=stands)

    # --- what is shown

    def _show(self, shown: Shown) -> None:
        self.shown = shown
        self._ring()
        if shown.try_again:
            return
        lamp, for_s = (Lamp.GO, _GO_S) if shown.opened else (Lamp.STOP, _STOP_S)
        self.contacts.light(lamp, for_s)
        if self.display is not None:
            notice = notice_of(
                shown.decision,
                opened=shown.opened,
                right=self.lane.right,
                nearest=self.nearest_space,
                reminder=self._snapshot().rules.reminder.texts.get(DEFAULT_LANGUAGE, ""),
            )
            self.display.say(notice)

    def _ring(self) -> None:
        self._shared.bell.ring(LANES)

    # --- the devices

    def _posted(
        self, reader: CardReader | None, codes: CodeReader | None
    ) -> ReaderPost[Tap] | CodePost:
        changed = self._reader_changed
        if codes is not None:
            return CodePost(codes, self.name, arrived=self._told, fault_changed=changed)
        if reader is None:
            raise ValueError("a lane needs a reader")
        return ReaderPost(reader, look=self._look, arrived=self._arrived, fault_changed=changed)

    def _displayed(self, display: TextDisplay | None) -> LaneDisplay | None:
        if display is None:
            return None

        def changed(code: str) -> None:
            self._trouble(DISPLAY_AWAY, bool(code))

        return LaneDisplay(display, self.name, fault_changed=changed, ticks=self._shared.ticks)
