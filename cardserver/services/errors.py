"""Refusals of the services. Each has a stable `code`, and `reason` and `rule` where they help."""

from typing import ClassVar


class ServiceError(Exception):
    """Root of the services' errors."""

    code: ClassVar[str] = "service-error"

    def __init__(self, message: str, *, reason: str = "", rule: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason
        self.rule = rule


class NotFound(ServiceError):
    """There is no such thing; `reason` says what was looked for."""

    code = "not-found"

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(f"no {kind} {name}", reason=kind)


class Conflict(ServiceError):
    """What the caller believes is not, or no longer, so; `reason` says what."""

    code = "conflict"

    def __init__(self, reason: str, message: str = "", *, rule: str = "") -> None:
        super().__init__(message, reason=reason, rule=rule)


class NotSignedOn(ServiceError):
    """No token, or none that is known."""

    code = "not-signed-on"

    def __init__(self) -> None:
        super().__init__("this station's token is missing or not known")


class NotSignedIn(ServiceError):
    """Nobody is signed in at this desk, or no longer."""

    code = "not-signed-in"

    def __init__(self) -> None:
        super().__init__("nobody is signed in at this desk")


class NotPermitted(ServiceError):
    """Neither the station's kind nor anybody's office there carries this."""

    code = "not-permitted"

    def __init__(self, action: str) -> None:
        super().__init__(f"this station may not do: {action}", reason=action)


class ClockSetBack(ServiceError):
    """The server's clock is behind what is known to have passed: no issuing, no money (FEE-28a)."""

    code = "clock-set-back"

    def __init__(self) -> None:
        super().__init__("the server's clock was set back", rule="FEE-28a")


class StoreBusy(ServiceError):
    """The database could not be had just now; nothing was done, ask again."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("the database is busy; nothing was changed")


class StoreFailed(StoreBusy):
    """The disk is full or fails, or the database's file is damaged; nothing was done.

    It is a technician's matter, and no better in a second.
    """

    code = "store-failed"

    def __init__(self) -> None:
        ServiceError.__init__(self, "the database fails; nothing was changed")


class GateRefused(ServiceError):
    """A signed request that isn't taken; `reason` says why, `proven` that the gate did sign it."""

    code: ClassVar[str] = "gate-refused"

    def __init__(self, reason: str, message: str, *, proven: bool = False) -> None:
        super().__init__(message, reason=reason, rule="GATE-07a")
        self.proven = proven
