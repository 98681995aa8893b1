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
from printer.errors import PrinterError, PrinterOffline
from printer.escpos import SENSOR_IN_ORDER, encode, proof_request, unblock, void_strip
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
BUSY: Final = "busy"  # it is still at work on what it was sent before


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintResult:
    """The end of a job.

    `reason` is empty when printed; else a `Trouble`, the `code` of a `PrinterError`, or one of
    NO_PROOF, UNPROVABLE, BROKEN_OFF and BUSY. `broken` says that the printer may hold half a job:
    the next one is printed with ``after_break=True``. `status` is the last that was heard; `detail`
    is for the log.
    """

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    status: PrinterStatus = SILENT
    broken: bool = False


def ask_status(channel: Channel, *, clock: Clock = time.monotonic) -> PrinterStatus:
    """Ask for everything a printer says in real time; what it does not answer is unknown.

    Raises:
        PrinterOffline: the way to the printer is gone.
    """
    return Dialogue(channel, clock).ask_status()


def ask_patiently(channel: Channel, *, clock: Clock = time.monotonic) -> PrinterStatus:
    """What `ask_status` tells, asked for once more where nothing came: a single answer that a busy
    machine or a USB bridge held up is no silence, and nobody is sent away for it.

    What comes late is waited for and thrown away: it is not taken for the next question's answer.

    Raises:
        PrinterOffline: the way to the printer is gone.
    """
    dialogue = Dialogue(channel, clock)
    status = dialogue.ask_status()
    if not status.silent:
        return status
    dialogue.next_reply(clock() + ANSWER_S)
    return dialogue.ask_status()


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

    `after_break` says that the job before this one ended `broken`: the printer is first freed from
    half a command, and the half paper that may hang out is marked void and cut.
    """
    job_id = b"%04d" % (next(_job_numbers) % 10**4)
    status = SILENT

    def not_printed(reason: str, detail: str = "") -> PrintResult:
        return PrintResult(
            outcome=Outcome.NOT_PRINTED,
            reason=reason,
            detail=detail,
            status=status,
            broken=after_break,
        )

    try:
        job = encode(receipt, profile) + proof_request(profile, job_id)
        if after_break:
            job = void_strip(profile) + job
            channel.write(unblock(), _limit_s(unblock(), wire_bytes_per_s))
        dialogue = Dialogue(channel, clock)
        if profile.status:
            status = dialogue.ask_status()
            if status.trouble:
                return not_printed(status.trouble)
        if after_break and profile.proof is Proof.IN_ORDER and not _backlog_done(channel, dialogue):
            return not_printed(BUSY)
    except PrinterError as error:
        return not_printed(error.code, detail=str(error))
    limit_s = _limit_s(job, wire_bytes_per_s)
    deadline = clock() + limit_s
    try:
        channel.write(job, limit_s)
        return _await_proof(dialogue, profile, job_id, status, deadline)
    except PrinterOffline as error:
        return _unknown(BROKEN_OFF, status, detail=str(error))


def _backlog_done(channel: Channel, dialogue: Dialogue) -> bool:
    """Wait until all that was sent before is worked off, so that its proof cannot pass for ours.

    A printer that goes on with a broken job after a new roll answers that job's GS r 1 as well, and
    the answers have no names; so one more is asked for, and all are heard out.
    """
    channel.write(SENSOR_IN_ORDER, MECHANISM_S)
    until = dialogue.clock() + MECHANISM_S
    answered = False
    while True:
        reply = dialogue.next_reply(min(until, dialogue.clock() + ANSWER_S))
        if reply is None and (answered or dialogue.clock() >= until):
            return answered
        answered = answered or isinstance(reply, Sensor)


def _await_proof(
    dialogue: Dialogue, profile: Profile, job_id: bytes, status: PrinterStatus, deadline: float
) -> PrintResult:
    """Wait for the proof. A printer that says it has stopped for a person ends the wait."""
    if profile.proof is Proof.NONE:
        return _unknown(UNPROVABLE, status)
    stopped = False
    while True:
        until = dialogue.clock() if stopped else min(deadline, dialogue.clock() + ANSWER_S)
        reply = dialogue.next_reply(until)
        if reply is not None:
            if _proves(reply, profile.proof, job_id):
                return PrintResult(outcome=Outcome.PRINTED, status=status)
        elif stopped:
            return _unknown(status.trouble or NO_PROOF, status)
        elif dialogue.clock() >= deadline:
            return _unknown(NO_PROOF, status)
        elif profile.status:
            status = dialogue.ask_status()
            stopped = status.trouble in _NEEDS_HANDS


def _proves(reply: Reply, proof: Proof, job_id: bytes) -> bool:
    if proof is Proof.PROCESS_ID:
        return reply == ProcessId(job_id)
    return isinstance(reply, Sensor) and reply.paper is not Paper.OUT


def _unknown(reason: str, status: PrinterStatus, detail: str = "") -> PrintResult:
    return PrintResult(
        outcome=Outcome.UNKNOWN,
        reason=reason,
        detail=detail,
        status=status,
        broken=reason != UNPROVABLE,
    )


def _limit_s(data: bytes, wire_bytes_per_s: int) -> float:
    return len(data) / wire_bytes_per_s + MECHANISM_S
