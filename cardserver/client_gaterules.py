"""Calls about the rules of the gates."""

from cardserver.clientbase import Calls
from cardserver.wire_gates import (
    CheckRulesRequest,
    GateRulesView,
    RulesChecked,
    RulesHistory,
    RulesOnFile,
    RulesVersion,
    SetRulesRequest,
)


class GateRulesCalls(Calls):
    """What the rules page asks for."""

    def current(self) -> GateRulesView | None:
        """The rules that stand now; None where none were ever set."""
        return self._get("/api/gate-rules", RulesOnFile).rules

    def history(self) -> tuple[RulesVersion, ...]:
        """The versions there were, newest first."""
        return self._get("/api/gate-rules/history", RulesHistory).versions

    def check(self, document: str) -> RulesChecked:
        """Everything that is to be put right in a document; nothing is kept."""
        request = CheckRulesRequest(document=document)
        return self._post("/api/gate-rules/check", request, RulesChecked)

    def put(self, request: SetRulesRequest) -> GateRulesView | None:
        """Put a new version on file. Refused with ``gate-rules-flawed``, ``gate-rules-changed``."""
        return self._post("/api/gate-rules", request, RulesOnFile).rules
