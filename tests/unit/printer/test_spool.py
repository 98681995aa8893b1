"""A job ends as printed, not printed or unknown, and never as a lie.

The printer is the virtual one, written from Epson's reference; what really came out of it decides
whether the answer was true.
"""

from dataclasses import replace

import pytest

from printer.charset import Rare
from printer.escpos import encode
from printer.profile import Profile, Proof, load_profile
from printer.receipt import HEADING, Amount, Qr, Receipt, Rule, Text, Title
from printer.spool import (
    BROKEN_OFF,
    BUSY,
    NO_PROOF,
    UNPROVABLE,
    Outcome,
    ask_patiently,
    ask_status,
    print_job,
)
from printer.status import Paper, Trouble
from simulators.paper import VirtualPrinter
from simulators.paper_line import PaperLine
from simulators.paper_model import CLONE_58, CLONE_80, PAPER_58, PAPER_80, PrinterModel
from simulators.stream import FaultyLine, StreamFault, StreamFaultKind
from tests.unit.printer.printer_desk import Desk

EPSON, GENERIC = load_profile("epson-tm-t82"), load_profile("generic-80")
RECEIPT = Receipt(
    number="CZ-7",
    lines=(
        Title("充值凭条"),
        Rule(),
        Amount("金额", 30000),
        Text("凭此条可到前台换领发票", HEADING),
        Qr("CZ-7"),
    ),
)
LAST_LINE = "[QR CZ-7]"


def whole_papers(printer: VirtualPrinter) -> int:
    return sum(LAST_LINE in sheet.text and not sheet.torn for sheet in printer.sheets)


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        (PAPER_80, "epson-tm-t82"),
        (replace(PAPER_80, dots=512), "epson-tm-t88"),
        (PAPER_80, "generic-80"),
        (CLONE_80, "xprinter-80"),
    ],
)
def test_a_job_is_printed_when_the_printer_proves_it(model: PrinterModel, profile: str) -> None:
    desk = Desk(model)
    result = print_job(desk.line, load_profile(profile), RECEIPT, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    assert result.reason == ""
    assert result.status.ready
    assert whole_papers(desk.printer) == 1


def test_a_printer_without_a_cutter_proves_it_as_well() -> None:
    desk = Desk(PAPER_58)
    result = print_job(desk.line, load_profile("generic-58"), RECEIPT, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    assert LAST_LINE in desk.printer.hanging.text


def test_a_printer_that_cannot_prove_anything_gives_unknown_and_is_not_broken() -> None:
    desk = Desk(CLONE_58)
    result = print_job(desk.line, load_profile("zjiang-58"), RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, UNPROVABLE)
    assert not result.broken
    assert "CZ-7" in desk.printer.hanging.text


def test_a_profile_that_promises_too_much_gives_unknown_in_time() -> None:
    desk = Desk(CLONE_80)
    started = desk.clock()
    result = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, NO_PROOF)
    assert result.broken
    assert desk.clock() - started < 6.0


@pytest.mark.parametrize(
    ("condition", "trouble"),
    [
        ({"paper_out": True}, Trouble.PAPER_OUT),
        ({"cover_open": True}, Trouble.COVER_OPEN),
        ({"cutter_jammed": True}, Trouble.CUTTER),
        ({"offline": True}, Trouble.OFFLINE),
        ({"powered": False}, Trouble.SILENT),
        ({"mute": True}, Trouble.SILENT),
    ],
)
def test_nothing_is_sent_to_a_printer_in_trouble(
    desk: Desk, condition: dict[str, bool], trouble: Trouble
) -> None:
    desk.printer.change(**condition)
    result = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.NOT_PRINTED, trouble)
    assert not result.broken
    questions = {desk.printer.log[at : at + 2] for at in range(0, len(desk.printer.log), 3)}
    assert questions <= {b"\x10\x04"}


def test_paper_near_its_end_is_told_with_the_printed_receipt(desk: Desk) -> None:
    desk.printer.change(paper_near_end=True)
    result = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    assert result.status.paper is Paper.NEAR_END


def test_a_receipt_that_cannot_be_encoded_is_not_sent(desk: Desk) -> None:
    strict = replace(EPSON, rare=Rare.REFUSE)
    result = print_job(desk.line, strict, Receipt(number="1", lines=(Text("张𠮷"),)))
    assert (result.outcome, result.reason) == (Outcome.NOT_PRINTED, "not-encodable")
    assert "𠮷" in result.detail
    assert desk.printer.log == b""


@pytest.mark.parametrize("profile", [EPSON, GENERIC], ids=lambda profile: profile.proof.value)
def test_paper_that_ends_at_any_byte_is_never_called_printed(profile: Profile) -> None:
    for after_bytes in range(len(encode(RECEIPT, profile))):
        desk = Desk(PAPER_80)
        desk.printer.run_out_of_paper(after_bytes=after_bytes)
        started = desk.clock()
        result = print_job(desk.line, profile, RECEIPT, clock=desk.clock)
        assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Trouble.PAPER_OUT)
        assert result.broken
        assert whole_papers(desk.printer) == 0
        assert desk.clock() - started < 1.0


def test_after_a_new_roll_the_next_receipt_is_whole_and_the_rest_is_void(desk: Desk) -> None:
    desk.printer.run_out_of_paper(after_bytes=120)
    first = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    desk.printer.load_paper()
    second = print_job(desk.line, EPSON, RECEIPT, after_break=first.broken, clock=desk.clock)
    assert second.outcome is Outcome.PRINTED
    assert desk.printer.sheets[0].torn
    assert "作废" in desk.printer.sheets[-2].text
    assert desk.printer.sheets[-1].text.count(LAST_LINE) == 1


def test_a_job_cut_off_at_any_byte_does_not_spoil_the_next_one() -> None:
    job = encode(RECEIPT, EPSON)
    desk = Desk(PAPER_80)
    print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    whole = desk.printer.sheets[-1].text
    for sent in range(1, len(job)):
        desk = Desk(PAPER_80)
        desk.line.write(job[:sent], 1.0)
        result = print_job(desk.line, EPSON, RECEIPT, after_break=True, clock=desk.clock)
        assert result.outcome is Outcome.PRINTED
        assert desk.printer.sheets[-1].text == whole
        assert "作废" in desk.printer.sheets[-2].text


def test_a_cable_pulled_before_the_job_leaves_it_not_printed(desk: Desk) -> None:
    desk.line.unplugged = True
    result = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.NOT_PRINTED, "printer-offline")


class PulledInMidJob(PaperLine):
    """The cable comes out when the job is written, after `kept` bytes of it."""

    kept = 100

    def write(self, data: bytes, timeout_s: float) -> None:
        if len(data) > self.kept:
            super().write(data[: self.kept], timeout_s)
            self.unplugged = True
        super().write(data, timeout_s)


def test_a_cable_pulled_in_mid_job_leaves_it_unknown(desk: Desk) -> None:
    line = PulledInMidJob(desk.printer, wait=desk.clock.wait)
    result = print_job(line, EPSON, RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, BROKEN_OFF)
    assert result.broken
    assert "cable" in result.detail


@pytest.mark.parametrize("kind", StreamFaultKind)
@pytest.mark.parametrize("profile", [EPSON, GENERIC], ids=lambda profile: profile.proof.value)
def test_no_fault_on_the_line_makes_the_result_a_lie(
    desk: Desk, profile: Profile, kind: StreamFaultKind
) -> None:
    for at_byte in range(12):
        printer = VirtualPrinter()
        faulty = FaultyLine(printer)
        faulty.break_line(StreamFault(kind=kind, at_byte=at_byte))
        line = PaperLine(faulty, wait=desk.clock.wait)
        result = print_job(line, profile, RECEIPT, clock=desk.clock)
        if result.outcome is Outcome.PRINTED:
            assert whole_papers(printer) == 1
        if result.outcome is Outcome.NOT_PRINTED:
            assert not printer.sheets
            assert printer.hanging.blank


def test_the_late_proof_of_another_job_proves_nothing() -> None:
    desk = Desk(replace(PAPER_80, process_id=False))
    for number in range(30):
        desk.line._answers += b"\x37\x22" + b"%04d" % number + b"\x00"
    result = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, NO_PROOF)


class Backlogged:
    """A printer that answers GS r 1 of a broken job late, and then stops for good."""

    def __init__(self, answers: int) -> None:
        self.answers_left = answers
        self.late = 0

    def receive(self, data: bytes) -> bytes:
        if data[:2] == b"\x10\x04":
            return b"\x12"
        self.late += 1
        if not data and self.late % 3 == 0 and self.answers_left:
            self.answers_left -= 1
            return b"\x00"
        return b""


def test_the_late_proof_of_a_broken_job_is_heard_out_before_the_next_one(desk: Desk) -> None:
    line = PaperLine(Backlogged(answers=2), wait=desk.clock.wait)
    result = print_job(line, GENERIC, RECEIPT, after_break=True, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, NO_PROOF)


def test_a_printer_that_does_not_finish_its_broken_job_gets_no_other(desk: Desk) -> None:
    line = PaperLine(Backlogged(answers=0), wait=desk.clock.wait)
    result = print_job(line, GENERIC, RECEIPT, after_break=True, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.NOT_PRINTED, BUSY)
    assert result.broken


def test_a_generic_printer_prints_after_a_break(desk: Desk) -> None:
    desk.printer.run_out_of_paper(after_bytes=120)
    assert print_job(desk.line, GENERIC, RECEIPT, clock=desk.clock).broken
    desk.printer.load_paper()
    result = print_job(desk.line, GENERIC, RECEIPT, after_break=True, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    assert desk.printer.sheets[-1].text.count(LAST_LINE) == 1


def test_automatic_status_in_between_does_not_disturb(desk: Desk) -> None:
    desk.line.write(b"\x1da\x0f", 1.0)
    result = print_job(desk.line, EPSON, RECEIPT, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED


def test_four_questions_take_no_waiting_and_sixteen_bytes(desk: Desk) -> None:
    started = desk.clock()
    status = ask_status(desk.line, clock=desk.clock)
    assert status.ready
    assert len(desk.printer.log) == 12  # and four bytes back: 17 ms at 9600 baud
    assert desk.clock() - started < 0.01


def test_a_silent_printer_costs_one_waiting_not_four(desk: Desk) -> None:
    desk.printer.change(mute=True)
    started = desk.clock()
    assert ask_status(desk.line, clock=desk.clock).silent
    assert desk.clock() - started < 0.5


@pytest.mark.parametrize("late_s", [0.35, 0.65])
def test_an_answer_that_comes_late_is_no_silence_and_answers_no_other_question(
    desk: Desk, late_s: float
) -> None:
    class Late(PaperLine):
        def read(self, size: int, timeout_s: float) -> bytes:
            rest = started + late_s - desk.clock()
            desk.clock.wait(max(0.0, min(timeout_s, rest)))
            return b"" if timeout_s < rest else super().read(size, timeout_s)

    desk.printer.change(paper_near_end=True)
    started = desk.clock()
    heard = ask_patiently(Late(desk.printer, wait=desk.clock.wait), clock=desk.clock)
    assert heard == ask_status(desk.line, clock=desk.clock)
    assert heard.paper is Paper.NEAR_END


def test_a_printer_that_stays_silent_is_asked_twice_and_no_more(desk: Desk) -> None:
    desk.printer.change(mute=True)
    started = desk.clock()
    assert ask_patiently(desk.line, clock=desk.clock).silent
    assert desk.clock() - started < 1.0
    assert len(desk.printer.log) == 6


def test_a_printer_that_talks_without_end_is_not_listened_to_for_ever(desk: Desk) -> None:
    class Chatter(PaperLine):
        def read(self, size: int, timeout_s: float) -> bytes:
            desk.clock.wait(0.01)
            return b"\xff" * size

    line = Chatter(desk.printer)
    result = print_job(line, EPSON, RECEIPT, clock=desk.clock)
    assert (result.outcome, result.reason) == (Outcome.NOT_PRINTED, Trouble.SILENT)


def test_a_job_is_given_the_time_its_bytes_need_on_the_wire(desk: Desk) -> None:
    limits: list[float] = []

    class Measured(PaperLine):
        def write(self, data: bytes, timeout_s: float) -> None:
            limits.append(timeout_s)
            super().write(data, timeout_s)

    line = Measured(desk.printer, wait=desk.clock.wait)
    print_job(line, EPSON, RECEIPT, wire_bytes_per_s=100, clock=desk.clock)
    size = len(encode(RECEIPT, EPSON)) + 11
    assert limits[-1] == pytest.approx(size / 100 + 5.0)


def test_the_profiles_proof_is_what_is_waited_for(desk: Desk) -> None:
    no_status = replace(EPSON, status=False, proof=Proof.IN_ORDER)
    result = print_job(desk.line, no_status, RECEIPT, clock=desk.clock)
    assert result.outcome is Outcome.PRINTED
    assert b"\x10\x04" not in desk.printer.log
