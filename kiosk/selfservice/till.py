"""The kiosk's till: the banknote acceptor, and the server that is told of every note.

A note is announced to the server (*accepting*) before the acceptor may take it, and counts
(*credited*) on the acceptor's word alone. What becomes of an announced note is told even if it is
known late: after a lost line, after a power cut, after the visit, after a new start of the kiosk,
which finds in its journal what was unfinished. Until then the sale shows it as open
(`SaleView.open_tenders`), and so does a sale whose kiosk was switched off for good.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from uuid import uuid4

from cardserver.client import CardServerClient, ServerRefused, ServerUnavailable
from cardserver.domain.sale import TenderState
from cardserver.wire_sales import SaleView
from drivers.api.acceptors import AcceptorInfo, BillAcceptor, BillEvent, BillEventKind
from drivers.errors import DeviceError, DeviceFault
from kiosk.selfservice.hints import NOT_WANTED, hint_after
from kiosk.selfservice.journal import Entry, JournalBroken, TillJournal
from kiosk.selfservice.notes import Note, found
from kiosk.selfservice.unfinished import GivenUp, Unfinished

_log = logging.getLogger(__name__)

_WENT_BACK = frozenset(
    {BillEventKind.RETURNED, BillEventKind.REJECTED, BillEventKind.RETURNED_AT_POWER_UP}
)
_STACKED = frozenset({BillEventKind.STACKED})
_OF_A_NOTE = _WENT_BACK | {
    BillEventKind.READING,
    BillEventKind.ESCROW,
    BillEventKind.STACKING,
    BillEventKind.CREDITED,
    BillEventKind.STACKED,
}
_NOT_LET_IN = frozenset({401, 403})
"""HTTP statuses of a server that does not know us (any more): it may tomorrow, nothing is lost."""
_OUT_OF_ORDER = frozenset(
    {BillEventKind.JAM, BillEventKind.STACKER_FULL, BillEventKind.CASHBOX_REMOVED}
)


class Till:
    """Takes banknotes for one sale at a time. Belongs to the kiosk's thread.

    `notes_fen` are the notes the acceptor knows, none while it is away or out of order; `sale` is
    the sale last opened, as the server has it, `hint` what to say of a note that came back, and
    `stirred` is True where the last poll heard of a note at all. With `keep_rest` the payer of this
    sale has agreed that what a note is beyond the price becomes the card's credit.
    """

    def __init__(
        self,
        acceptor: BillAcceptor,
        server: CardServerClient,
        journal: TillJournal | None = None,
    ) -> None:
        self.notes_fen: tuple[int, ...] = ()
        self.sale: SaleView | None = None
        self.hint = ""
        self.stirred = False
        self.keep_rest = False
        self._acceptor = acceptor
        self._server = server
        self._journal = journal or TillJournal()
        self._open = False
        self._note: Note | None = None
        self._untold: deque[tuple[Note, TenderState]] = deque()
        self._given_up: deque[GivenUp] = deque()
        self._stacked: int | None = None  # what the acceptor should have counted by now
        self._whose = ""  # the acceptor that `_stacked` and the note on its way belong to
        self._moving = False
        self._missed = False
        self._enabled: Sequence[int] = ()
        self._refusal: ServerRefused | None = None
        self._remember()

    @property
    def stacked_ever(self) -> int | None:
        """Notes the acceptor has stacked in its life, by its own count; None where it has none."""
        return self._stacked

    @property
    def on_its_way_fen(self) -> int:
        """Value of a note that was announced and is neither credited nor back yet."""
        return self._note.value_fen if self._note else 0

    @property
    def received_fen(self) -> int:
        """What the payer of the present sale gave us, with what the server has not heard of yet."""
        credited = self.sale.put_in_fen if self.sale else 0
        untold = (note for note, state in self._untold if state is TenderState.CREDITED)
        return credited + sum(note.value_fen for note in untold) + self.on_its_way_fen

    @property
    def busy(self) -> bool:
        """True while a note is on its way or the server has not heard everything."""
        return self._note is not None or bool(self._untold or self._given_up)

    def accepted_notes(self) -> Sequence[int]:
        """Notes that can be taken now: there is no change unit, so none above what is missing,
        unless its payer keeps the rest (FEE-04a); and none where nothing is.
        """
        missing = self.sale.missing_fen if self.sale else 0
        if missing and self.keep_rest:
            return self.notes_fen
        return tuple(value for value in self.notes_fen if value <= missing)

    def start(self) -> None:
        """Meet the acceptor, for the first time or again.

        A note of ours that was on its way then is accounted for: by its credit, else by the count
        of stacked notes, else it is left to a person (待核对). Raises DeviceError; JournalBroken
        where no note could be written down.
        """
        self.notes_fen, self._enabled = (), ()
        if self._missed and not self.busy:
            self._journal.write(Entry.REST)
            self._missed = False
        info = self._acceptor.start()
        self._compare(info)
        events = self._acceptor.poll()
        kinds = {event.kind for event in events}
        # A note that comes back now need not be ours: the payer may have offered one more.
        self._hear([event for event in events if event.kind not in _WENT_BACK | _STACKED])
        self._moving = BillEventKind.STACKING in kinds
        if self._moving and kinds & _STACKED:
            self.start()  # it came to rest just now: the count may be the one of before
            return
        if not self._moving:
            self._end_note(found(self._stacked, info, events))
            self._stacked = info.stacked_count
        self.notes_fen = info.notes_fen

    def take_for(self, sale: SaleView, *, keep_rest: bool = False) -> None:
        """Take notes for this sale. Raises DeviceError."""
        self.sale, self._open, self.hint = sale, True, ""
        self.keep_rest = keep_rest and sale.may_keep_rest
        self._enable()

    def poll(self) -> None:
        """Hear what happened since the last time and tell it the server.

        Raises:
            DeviceError: the acceptor is lost; `start` it again.
            ServerError: the server is away or refuses a note, which went back; whatever it has to
                know is told the next time.
        """
        try:
            events = self._acceptor.poll()
            self.stirred = any(event.kind in _OF_A_NOTE for event in events)
            self._hear(events)
        except DeviceError:
            self.notes_fen = ()
            raise
        self.tell()
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            self.look()  # something was paid otherwise, or the sale has ended
            raise refusal
        if self._open and self.accepted_notes():
            self._enable()

    def look(self) -> None:
        """Have a fresh look at the sale. Raises ServerError."""
        if self.sale is not None:
            self.sale = self._server.sale(self.sale.sale_id)

    def tell(self) -> None:
        """Tell the server everything it has to know, in order. Raises ServerUnavailable."""
        while self._untold:
            note, state = self._untold[0]
            refused = self._call(partial(self._server.tender, note.sale_id, note.tender(state)))
            self._untold.popleft()
            if refused is not None and state is TenderState.CREDITED:
                _log.error("money in the box is not booked: %s", refused)
                self._keep(Entry.DISPUTED, tender_id=note.tender_id, reason=str(refused))
            else:
                self._keep(Entry.TOLD, tender_id=note.tender_id)
            self._rest()
        while self._given_up and self._note is None:
            sale_id, cancel_id, reason = self._given_up[0]
            self._call(partial(self._server.cancel_sale, sale_id, cancel_id, reason))
            self._given_up.popleft()
            self._keep(Entry.ENDED_SALE, cancel_id=cancel_id)
            self._rest()

    def shut(self) -> None:
        """Take no further note. A note on its way goes its way."""
        self._open, self._enabled = False, ()
        try:
            self._acceptor.disable()
        except DeviceError:
            self.notes_fen = ()

    def give_up(self, reason: str) -> None:
        """End the sale as soon as no note is on its way: what went in is owed back from then on."""
        if self.sale is not None:
            sale_id, cancel_id = self.sale.sale_id, str(uuid4())
            self._keep(Entry.GIVEN_UP, sale_id=sale_id, cancel_id=cancel_id, reason=reason)
            self._given_up.append(GivenUp(sale_id, cancel_id, reason))

    # --- the journal

    def _remember(self) -> None:
        """Take up again what was unfinished when the kiosk stopped."""
        left = Unfinished.of(self._journal.unfinished())
        self._note, self._stacked, self._whose = left.note, left.stacked, left.whose
        self._untold, self._given_up = left.untold, left.given_up

    def _keep(self, kind: Entry, **body: str | int | None) -> None:
        """Write down what has happened; it has happened even where the journal is broken."""
        try:
            self._journal.write(kind, **body)
        except JournalBroken:
            _log.exception("the kiosk's journal missed an entry")
            self._missed = True

    def _rest(self) -> None:
        if not self.busy:
            self._keep(Entry.REST)

    # --- the acceptor's side

    def _compare(self, info: AcceptorInfo) -> None:
        """Another acceptor, or one with other notes, can't say what became of a note of before."""
        if not info.notes_fen:
            return  # it is too busy to say who it is
        whose = f"{info.serial}/{info.firmware}/{info.currency}/{info.notes_fen}"
        if self._note is not None and self._whose not in {"", whose}:
            _log.error("acceptor %s stands where %s was with a note", whose, self._whose)
            self._end_note(TenderState.UNKNOWN)
        self._whose = whose

    def _enable(self) -> None:
        """Say which notes are wanted, where that has changed."""
        notes = self.accepted_notes()
        if notes == self._enabled:
            return
        try:
            self._acceptor.enable(notes)
        except DeviceError:
            self.notes_fen = ()
            raise
        self._enabled = notes

    def _hear(self, events: Sequence[BillEvent]) -> None:
        kinds = {event.kind for event in events}
        self.hint = hint_after(self.hint, events)
        for event in events:
            match event.kind:
                case BillEventKind.ESCROW:
                    self._decide(event.value_fen)
                case BillEventKind.CREDITED | BillEventKind.STACKED_AT_POWER_UP:
                    self._count(event)
                case kind if kind in _WENT_BACK:
                    self._end_note(TenderState.RETURNED)
                case _:
                    pass
        if trouble := kinds & _OUT_OF_ORDER:
            raise DeviceFault(f"banknote acceptor: {min(trouble)}", status=min(trouble))
        # It lost its power since and is off; or a note came to rest whose credit was lost on the
        # line, or that moved while we met, so that the count must say what became of it.
        unheard = kinds & _STACKED and (self._note is not None or self._moving)
        if BillEventKind.RESET in kinds or unheard:
            self.start()

    def _decide(self, value_fen: int) -> None:
        """Intent first: the server knows of the note before the acceptor may take it."""
        if self._note is not None:
            return
        wanted = self._open and not self.busy and value_fen in self.accepted_notes()
        if self._open and value_fen not in self.accepted_notes():
            self.hint = NOT_WANTED
        if not wanted or self.sale is None or not self._announce(self.sale, value_fen):
            self._acceptor.return_note()
            return
        self._acceptor.stack()

    def _announce(self, sale: SaleView, value_fen: int) -> bool:
        note = Note(sale_id=sale.sale_id, tender_id=str(uuid4()), value_fen=value_fen)
        try:
            self._journal.write(
                Entry.ANNOUNCED, stacked=self._stacked, acceptor=self._whose, **note.body()
            )
        except JournalBroken:
            self._missed = True
            self._acceptor.return_note()
            raise
        try:
            word = note.tender(TenderState.ACCEPTING, keep_rest=self.keep_rest)
            self.sale = self._server.tender(note.sale_id, word)
        except ServerRefused as refused:
            self._refusal = refused
            self._keep(Entry.REFUSED, tender_id=note.tender_id)
            self._rest()
            return False
        except ServerUnavailable:
            self._owe(note, TenderState.RETURNED)  # it may have heard of the note after all
            return False
        self._note = note
        return True

    def _count(self, event: BillEvent) -> None:
        """A note lies in the cashbox."""
        if self._stacked is not None:
            self._stacked += 1
        if self._note is not None:
            same = event.unnamed or event.value_fen == self._note.value_fen
            self._end_note(TenderState.CREDITED if same else TenderState.UNKNOWN)
        else:
            # Told twice, perhaps; if not, the count of the box will be higher than the ledger.
            what = "not named" if event.unnamed else f"of {event.value_fen} fen"
            _log.error("a note %s was told as taken, and none was on its way", what)

    def _end_note(self, state: TenderState) -> None:
        note, self._note = self._note, None
        if note is not None:
            self._owe(note, state)

    # --- the server's side

    def _owe(self, note: Note, state: TenderState) -> None:
        self._keep(Entry.ENDED, state=state.value, **note.body())
        self._untold.append((note, state))

    def _call(self, call: Callable[[], SaleView]) -> ServerRefused | None:
        """Say it to the server; its refusal is final, unless it doesn't know who we are."""
        try:
            sale = call()
        except ServerRefused as refused:
            if refused.status in _NOT_LET_IN:
                raise ServerUnavailable(f"the station is not let in: {refused}") from refused
            _log.warning("the till's word was refused: %s", refused)
            return refused
        if self.sale is not None and sale.sale_id == self.sale.sale_id:
            self.sale = sale
        return None
