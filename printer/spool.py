"""Print a receipt and say truthfully what became of it: printed, not printed, or unknown.

    status before -> the job and a request for proof -> wait for the proof -> result

- *Not printed* is said only while nothing of the job was sent, so printing it again is safe.
- *Printed* is said only when the printer proved that everything up to the cut was done.
- All between is *unknown*, with the reason: a person looks at the paper, and what is printed again
  is marked 补打. A printer that ran out of paper in mid-job belongs here, because it may print the
  rest by itself once it has a new roll.

Every wait is bounded: the time the bytes need on the wire, and five seconds for the mechanism.
"""

import time
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import count
from typing import Final

from printer.channel import Channel
from printer.dialogue import ANSWER_S, Clock, Dialogue
from printer.errors import CoverOpen, PaperOut, PrinterError, PrinterOffline
from printer.escpos import encode, proof_request, void_strip
from printer.profile import Profile, Proof
from printer.receipt import Receipt
from printer.status import (
    SILENT,
    Paper,
    PrinterStatus,
    ProcessId,
    Reply,
    Sensor,
    Trouble,
)

MECHANISM_S: Final = 5.0
WIRE_BYTES_PER_S: Final = 960  # 9600 baud, 8N1: the slowest line in use

_NEEDS_HANDS: Final = frozenset(
    {Trouble.COVER_OPEN, Trouble.PAPER_OUT, Trouble.CUTTER, Trouble.BROKEN}
)
_job_numbers = count()


@unique
class Outcome(StrEnum):
    """What became of a job."""

    PRINTED = "printed"
    NOT_PRINTED = "not-printed"
    UNKNOWN = "unknown"


NO_PROOF: Final = "no-proof"  # the printer did not answer in time
UNPROVABLE: Final = "unprovable"  # this model cannot prove anything
BROKEN_OFF: Final = "broken-off"  # the way to the printer failed in mid-job


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintResult:
    """The end of a job.

    `reason` is empty when printed; else a `Trouble`, the `code` of a `PrinterError`, or one of
    NO_PROOF, UNPROVABLE and BROKEN_OFF. `status` is the last that was heard; `detail` is for the
    log.
    """

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    status: PrinterStatus = SILENT

    @property
    def broken(self) -> bool:
        """The printer may hold half a job; the next one is printed with ``after_break=True``."""
        return self.outcome is Outcome.UNKNOWN and self.reason != UNPROVABLE


def ask_status(channel: Channel, *, clock: Clock = time.monotonic) -> PrinterStatus:
    """Ask for everything a printer says in real time; what it does not answer is unknown.

    Raises:
        PrinterOffline: the way to the printer is gone.
    """
    return Dialogue(channel, clock).ask_status()


def require_ready(channel: Channel, *, name: str = "", clock: Clock = time.monotonic) -> None:
    """Refuse to go on unless the printer can print, before money is taken for a paper.

    Raises:
        PaperOut: so it says.
        CoverOpen: so it says.
        PrinterOffline: it is silent, has a fault, or cannot be reached.
    """
    trouble = ask_status(channel, clock=clock).trouble
    match trouble:
        case None:
            return
        case Trouble.PAPER_OUT:
            raise PaperOut(printer=name)
        case Trouble.COVER_OPEN:
            raise CoverOpen(printer=name)
        case _:
            raise PrinterOffline(f"the printer is {trouble}", printer=name)


def recover(
    channel: Channel, profile: Profile, *, wire_bytes_per_s: int = WIRE_BYTES_PER_S
) -> None:
    """Bring a printer back after a job that broke off: see `escpos.void_strip`.

    Raises:
        PrinterOffline: the way to the printer is gone.
    """
    data = void_strip(profile)
    channel.write(data, len(data) / wire_bytes_per_s + MECHANISM_S)


def print_job(
    channel: Channel,
    profile: Profile,
    receipt: Receipt,
    *,
    after_break: bool = False,
    wire_bytes_per_s: int = WIRE_BYTES_PER_S,
    clock: Clock = time.monotonic,
) -> PrintResult:
    """Print `receipt`. It blocks for the time on the wire and 5 s at most; it raises nothing.

    `after_break` says that the job before this one ended `broken`.
    """
    job_id = b"%04d" % (next(_job_numbers) % 10**4)
    status = SILENT
    try:
        job = encode(receipt, profile) + proof_request(profile, job_id)
        dialogue = Dialogue(channel, clock)
        if profile.status:
            status = dialogue.ask_status()
            if status.trouble:
                return PrintResult(
                    outcome=Outcome.NOT_PRINTED, reason=status.trouble, status=status
                )
        if after_break:
            recover(channel, profile, wire_bytes_per_s=wire_bytes_per_s)
    except PrinterError as error:
        return PrintResult(
            outcome=Outcome.NOT_PRINTED, reason=error.code, detail=str(error), status=status
        )
    limit_s = len(job) / wire_bytes_per_s + MECHANISM_S
    deadline = clock() + limit_s
    try:
        channel.write(job, limit_s)
        return _await_proof(dialogue, profile, job_id, status, deadline)
    except PrinterOffline as error:
        return PrintResult(
            outcome=Outcome.UNKNOWN, reason=BROKEN_OFF, detail=str(error), status=status
        )


def _await_proof(
    dialogue: Dialogue, profile: Profile, job_id: bytes, status: PrinterStatus, deadline: float
) -> PrintResult:
    """Wait for the proof. A printer that says it has stopped for a person ends the wait."""
    if profile.proof is Proof.NONE:
        return PrintResult(outcome=Outcome.UNKNOWN, reason=UNPROVABLE, status=status)
    stopped = False
    while True:
        until = dialogue.clock() if stopped else min(deadline, dialogue.clock() + ANSWER_S)
        reply = dialogue.next_reply(until)
        if reply is not None:
            if _proves(reply, profile.proof, job_id):
                return PrintResult(outcome=Outcome.PRINTED, status=status)
        elif stopped:
            return PrintResult(
                outcome=Outcome.UNKNOWN, reason=status.trouble or NO_PROOF, status=status
            )
        elif dialogue.clock() >= deadline:
            return PrintResult(outcome=Outcome.UNKNOWN, reason=NO_PROOF, status=status)
        elif profile.status:
            status = dialogue.ask_status()
            stopped = status.trouble in _NEEDS_HANDS


def _proves(reply: Reply, proof: Proof, job_id: bytes) -> bool:
    if proof is Proof.PROCESS_ID:
        return reply == ProcessId(job_id)
    return isinstance(reply, Sensor) and reply.paper is not Paper.OUT
