"""Calls about an operation on a card: begin it, key the card, end it on evidence."""

from cardserver.clientbase import Calls
from cardserver.wire_operations import (
    AbandonRequest,
    BeginRequest,
    Evidence,
    KeyingRequest,
    KeyingState,
    KeyingSteps,
    OperationList,
    OperationView,
    Outcome,
    Settled,
    Ticket,
    Voided,
    VoidRequest,
)


class OperationCalls(Calls):
    """Operations on cards."""

    def begin(self, request: BeginRequest) -> Ticket:
        """Open an operation. Refused e.g. with reason ``card-differs``, ``card-busy``."""
        return self._post("/api/operations", request, Ticket)

    def open_operation(self, uid: bytes) -> Ticket | None:
        """The open operation of the card on the reader, to be resumed; None when there is none."""
        return self._find("/api/operations/open", Ticket, {"uid": uid.hex()})

    def open_operations(self) -> list[OperationView]:
        """All operations nobody has ended yet."""
        return list(self._get("/api/operations", OperationList).operations)

    def outcome(self, operation_id: str) -> Outcome:
        """What became of an operation, open or ended. Refused with ``not-found``."""
        return self._get(f"/api/operations/{operation_id}", Outcome)

    def keying_steps(self, operation_id: str) -> dict[str, KeyingState]:
        """The keying journal of an operation."""
        return self._get(f"/api/operations/{operation_id}/keying", KeyingSteps).steps

    def record_keying(self, operation_id: str, step: str, state: KeyingState) -> None:
        """Record a step of keying before the card is touched."""
        body = KeyingRequest(step=step, state=state)
        self._post(f"/api/operations/{operation_id}/keying", body, KeyingSteps)

    def settle(self, operation_id: str, evidence: Evidence) -> Settled:
        """End an operation whose card was read back as planned; the server judges by itself."""
        return self._post(f"/api/operations/{operation_id}/settlement", evidence, Settled)

    def void(
        self, operation_id: str, evidence: Evidence, reason: str, *, keep_sale: bool = False
    ) -> Voided:
        """End an operation whose card was read back unchanged."""
        body = VoidRequest(evidence=evidence, reason=reason, keep_sale=keep_sale)
        return self._post(f"/api/operations/{operation_id}/void", body, Voided)

    def abandon(self, operation_id: str, reason: str, *, keep_sale: bool = False) -> Voided:
        """End an operation without evidence: the card is denied, the money is 待核对."""
        body = AbandonRequest(reason=reason, keep_sale=keep_sale)
        return self._post(f"/api/operations/{operation_id}/abandonment", body, Voided)
