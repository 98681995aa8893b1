"""Papers of the station: a document of the server becomes a receipt, is printed, and is reported.

Printing comes last and undoes nothing: a paper that did not come out stays owed (FEE-32) and is
printed again, marked 补打 where one may already be in the world.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.document import MAY_EXIST, DocumentKind, PrintResult
from cardserver.domain.ids import card_number_text
from cardserver.domain.plan import ENDS, QuoteNote
from cardserver.domain.tariff import ChargeItem
from cardserver.wire_cards import CardView
from cardserver.wire_documents import DocumentContent, DocumentView
from kiosk.station import printed
from kiosk.station.clock import ESTATE_ZONE
from printer.channel import Channel
from printer.documents import (
    RECEIPT_REPRINT_NOTE,
    ReceiptCopy,
    ReceiptItem,
    card_slip,
    formal_receipt,
    pending_slip,
    test_page,
    together_remark,
    topup_slip,
)
from printer.errors import PrinterError
from printer.layout import preview
from printer.profile import Profile
from printer.receipt import Receipt, in_one_job, reprinted
from printer.spool import ask_patiently, print_job
from printer.status import Paper, PrinterStatus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What is printed on every paper of the estate; printed Chinese stays Chinese."""

    company: str
    station: str
    phone: str


class PaperDesk:
    """One receipt printer and what it owes. Used from several threads; one job at a time."""

    def __init__(
        self,
        *,
        open_channel: Callable[[], Channel],
        profile: Profile,
        letterhead: Letterhead,
        server: CardServerClient,
        copies: Sequence[ReceiptCopy] = tuple(ReceiptCopy),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._open_channel = open_channel
        self._profile = profile
        self._letterhead = letterhead
        self._server = server
        self._copies = copies
        self._lock = threading.Lock()
        self._documents = threading.Lock()
        self._broken = False
        self._stop = threading.Event()
        self.state = "unknown"

    def look(self) -> str:
        """Ask the printer; keeps and returns ``ready``, ``near-end`` or its trouble's word."""
        with self._lock:
            try:
                channel = self._open_channel()
            except PrinterError as error:
                self.state = error.code
                return self.state
            try:
                self.state = _word(ask_patiently(channel, clock=self._monotonic))
            except PrinterError as error:
                self.state = error.code
            finally:
                channel.close()
            return self.state

    def watch(self, changed: Callable[[], None], *, every_s: float = 3.0) -> None:
        """Look again and again on a thread of its own and tell when the state changed."""

        def run() -> None:
            while not self._stop.is_set():
                before = self.state
                if self.look() != before:
                    changed()
                self._stop.wait(every_s)

        threading.Thread(target=run, name="paper watch", daemon=True).start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()

    @property
    def can_print(self) -> bool:
        """True when the last look found nothing against printing."""
        return self.state in {"ready", "near-end"}

    def print_document(self, document: DocumentView) -> tuple[DocumentView, PrintResult]:
        """Print a document and report the result; what can't be reported stays owed.

        A document that was printed before, or may have been, is asked for again first and so
        carries its reprint counter. Of two that are asked for at once the second is printed when
        the end of the first is known.
        """
        with self._documents:
            return self._print_reported(document, str(uuid4()))

    def _print_reported(
        self, document: DocumentView, print_id: str
    ) -> tuple[DocumentView, PrintResult]:
        try:
            if document.state in MAY_EXIST:
                document = self._server.reprint(document.document_id, print_id)
            # Until the printer proves otherwise a paper may be in the world, also after a crash.
            document = self._server.record_print(
                document.document_id, print_id, PrintResult.UNKNOWN
            )
        except ServerError:
            _log.warning("document %s: the server did not allow it", document.document_id)
            return document, PrintResult.NOT_PRINTED
        result = self._send(self.sheets(document))
        try:
            document = self._server.record_print(document.document_id, print_id, result)
        except ServerError:
            _log.warning("document %s: result %s not reported", document.document_id, result)
        return document, result

    def print_pending(
        self, *, number: str, card_number: int, received_fen: int, reason: str, printed_at: datetime
    ) -> PrintResult:
        """Print the slip for money that waits for its card or for the desk (待核对)."""
        slip = pending_slip(
            company=self._letterhead.company,
            number=number,
            printed_at=printed_at.astimezone(ESTATE_ZONE),
            station=self._letterhead.station,
            business="停车充值",
            card_number=card_number_text(card_number),
            received_fen=received_fen,
            reason=printed.REASONS.get(reason, f"写卡未完成 ({reason})"),
            phone=self._letterhead.phone,
        )
        return self._send(slip)

    @property
    def letterhead(self) -> Letterhead:
        """What stands on every paper here."""
        return self._letterhead

    def print_test(self, printed_at: datetime) -> PrintResult:
        """Print a page that shows whether the printer and its profile fit; it is no receipt."""
        station, when = self._letterhead.station, printed_at.astimezone(ESTATE_ZONE)
        return self._send(test_page(self._profile, station=station, printed_at=when))

    def print_sheet(self, sheet: Receipt) -> PrintResult:
        """Print a paper that is no document of a sale: a shift's report, a movement's slip."""
        return self._send(sheet)

    def preview_sheet(self, sheet: Receipt) -> str:
        """Such a paper as text, for the screen."""
        return preview(sheet, self._profile)

    def print_card_slip(
        self, card: CardView, printed_at: datetime, *, notes: Sequence[QuoteNote] = ()
    ) -> PrintResult:
        """Print what goes with a card for which no receipt is written (IC-08).

        Of the `notes` it says the one about what the card ends with (IC-05a).
        """
        slip = card_slip(
            company=self._letterhead.company,
            printed_at=printed_at.astimezone(ESTATE_ZONE),
            holder=card.holder_name,
            unit=card.unit,
            card_number=card_number_text(card.number),
            last_days={printed.RIGHTS[kind]: right.last for kind, right in card.rights.items()},
            ends_with="".join(printed.ENDS_WITH[note] for note in notes if note in ENDS),
            phone=self._letterhead.phone,
        )
        return self._send(slip)

    def preview(self, document: DocumentView) -> str:
        """The paper as text, for the clerk's screen."""
        return preview(self.receipt(document), self._profile, qr=printed.QR_CODE)

    def sheets(self, document: DocumentView) -> Receipt:
        """All that is printed of a document: of a formal receipt each copy, once (FEE-24a).

        What is printed again is one sheet and stands for none of the copies.
        """
        if document.kind is not DocumentKind.FORMAL_RECEIPT or document.reprints:
            return self.receipt(document)
        return in_one_job([self._formal(document, copy) for copy in self._copies])

    def receipt(self, document: DocumentView) -> Receipt:
        """The paper of a document, as the customer gets it."""
        if document.kind is DocumentKind.FORMAL_RECEIPT:
            paper, note = self._formal(document, ReceiptCopy.CUSTOMER), RECEIPT_REPRINT_NOTE
        else:
            paper, note = self._slip(document), ""
        return reprinted(paper, document.reprints, note=note) if document.reprints else paper

    def _send(self, receipt: Receipt) -> PrintResult:
        with self._lock:
            try:
                channel = self._open_channel()
            except PrinterError as error:
                self.state = error.code
                return PrintResult.NOT_PRINTED
            try:
                done = print_job(
                    channel,
                    self._profile,
                    receipt,
                    after_break=self._broken,
                    clock=self._monotonic,
                )
            finally:
                channel.close()
            self._broken = done.broken
            self.state = _word(done.status) if not done.status.silent else done.reason or "unknown"
        if done.reason:
            _log.warning("paper %s: %s (%s)", receipt.number, done.outcome, done.reason)
        return PrintResult(done.outcome.value)

    def _formal(self, document: DocumentView, copy: ReceiptCopy) -> Receipt:
        content = document.content
        numbers = (card_number_text(content.card_number),) if content.card_number else ()
        return formal_receipt(
            company=self._letterhead.company,
            number=f"{document.number:06d}",
            issued_on=document.local_date,
            payer=f"{content.holder_name} {content.unit}",
            items=[
                ReceiptItem(
                    name=line.label or printed.ITEMS[line.item],
                    unit_price_fen=line.unit_price_fen,
                    quantity=line.quantity,
                    card_numbers=numbers,
                    per_card=line.item is ChargeItem.CARD_COST,
                )
                for line in content.lines
            ],
            way_of_payment=_way_of_payment(content),
            operator=document.operator or self._letterhead.station,
            station=self._letterhead.station,
            copy=copy,
            received_fen=_received(content),
            remark=_together(content),
            last_days={printed.RIGHTS[kind]: each.last for kind, each in content.after.items()},
            ends_with="" if content.ends_with is None else printed.ENDS_WITH[content.ends_with],
        )

    def _slip(self, document: DocumentView) -> Receipt:
        content = document.content
        period = content.added or max(content.after.values(), key=lambda each: each.last)
        number = f"{document.number:08d}"
        card = card_number_text(content.card_number)
        return topup_slip(
            company=self._letterhead.company,
            number=number,
            printed_at=document.issued_at.astimezone(ESTATE_ZONE),
            station=self._letterhead.station,
            card_number=card,
            plate=content.plate or "-",
            first_day=period.first,
            last_day=period.last,
            amount_fen=content.total_fen,
            qr_text=content.slip_code
            or f"YIKA-SLIP {number} {card} {content.total_fen} {document.local_date}",
            way_of_payment=_way_of_payment(content),
            received_fen=_received(content),
            credit_used_fen=content.from_credit_fen,
            credit_kept_fen=content.kept_fen,
            remark=_together(content),
            phone=self._letterhead.phone,
        )


def _way_of_payment(content: DocumentContent) -> str:
    """Cash, each provider through which it was paid, and the card's credit."""
    names = [printed.PROVIDERS.get(provider, provider) for provider in content.providers]
    if content.tender_kind in printed.WAYS_OF_PAYMENT:
        names.insert(0, printed.WAYS_OF_PAYMENT[content.tender_kind])
    if content.from_credit_fen:
        names.append(printed.CREDIT)
    return "、".join(names)


def _received(content: DocumentContent) -> int | None:
    """The cash of this paper alone; None where it was counted together with another paper's."""
    return content.received_fen if content.payment_fen is None else None


def _together(content: DocumentContent) -> str:
    if content.payment_fen is None:
        return ""
    return together_remark(content.payment_fen, content.received_fen)


def _word(status: PrinterStatus) -> str:
    if status.trouble is not None:
        return status.trouble.value
    if status.paper is Paper.NEAR_END:
        return "near-end"
    return "ready" if status.ready else "unknown"
