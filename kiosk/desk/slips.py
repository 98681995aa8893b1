"""Telling a slip of ours from another, without asking anybody (PARK-07a).

The desk keeps the estate's public keys beside its settings and looks them over with the server
whenever a slip names a key it does not hold. They are no secret; who can change that file can make
this desk believe a slip, but the server still knows the slip's number, money and card.
"""

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.errors import RuleViolation
from cardserver.domain.keys import EstateId
from cardserver.domain.slipcode import SlipFacts, Verdict, judge
from cardserver.wire_papers import SlipKeys

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    estate: EstateId
    keys: Mapping[int, bytes]


class SlipCheck:
    """The public keys this desk holds, and what it makes of a slip by them."""

    def __init__(self, server: CardServerClient, path: Path | None = None) -> None:
        self._server = server
        self._path = path
        self._lock = threading.Lock()
        self._held = _read(path)

    def check(self, typed: str) -> SlipFacts:
        """What a genuine code says. Works without the server once the keys are here.

        Raises RuleViolation ``slip-not-ours``, ``slip-other-estate``, ``slip-key-unknown``.
        """
        held = self._held or self.refresh()
        verdict, facts = (Verdict.KEY_UNKNOWN, None) if held is None else _judged(typed, held)
        if verdict is Verdict.KEY_UNKNOWN and (fresh := self.refresh()) is not None:
            verdict, facts = _judged(typed, fresh)
        if facts is None:
            raise _refusal(verdict)
        return facts

    def hold(self) -> None:
        """Have the keys at hand before they are needed."""
        if self._held is None:
            self.refresh()

    def refresh(self) -> _Held | None:
        """Ask the server for the keys and keep them; what was held before where it is away."""
        with self._lock:
            try:
                told = self._server.papers.slip_keys()
            except ServerError:
                return self._held
            self._held = _of(told)
            _write(self._path, told)
            return self._held


def _refusal(verdict: Verdict) -> RuleViolation:
    reasons = {
        Verdict.NOT_OURS: "slip-not-ours",
        Verdict.OTHER_ESTATE: "slip-other-estate",
        Verdict.KEY_UNKNOWN: "slip-key-unknown",
    }
    return RuleViolation(reasons[verdict], rule="PARK-07a")


def _judged(typed: str, held: _Held) -> tuple[Verdict, SlipFacts | None]:
    return judge(typed, held.estate, held.keys)


def _of(told: SlipKeys) -> _Held:
    keys = {each.version: each.public_key for each in told.keys}
    return _Held(estate=EstateId(told.estate), keys=keys)


def _read(path: Path | None) -> _Held | None:
    if path is None or not path.exists():
        return None
    try:
        return _of(SlipKeys.model_validate_json(path.read_bytes()))
    except (OSError, ValidationError):
        _log.warning("%s holds no keys of slips; they are asked for anew", path)
        return None


def _write(path: Path | None, told: SlipKeys) -> None:
    """Keep them, whole or as before."""
    if path is None:
        return
    fresh = path.with_name(f"{path.name}.new")
    try:
        text = json.dumps(told.model_dump(mode="json"), indent=1)
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        _log.warning("the keys of slips were not kept: %s", error)
