"""What `yika doctor` found of one thing: how it is, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Mark(StrEnum):
    """How a thing is."""

    FINE = "fine"
    LOOK = "look"  # works, or is as it should be, but somebody should know
    WRONG = "wrong"  # needs hands


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the checkup. `advice` is empty where there is nothing to do."""

    subject: str
    mark: Mark
    says: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


def fine(subject: str, says: str) -> Finding:
    """All is well with it."""
    return Finding(subject=subject, mark=Mark.FINE, says=says)


def look(subject: str, says: str, advice: str = "") -> Finding:
    """Somebody should know."""
    return Finding(subject=subject, mark=Mark.LOOK, says=says, advice=advice)


def wrong(subject: str, says: str, advice: str) -> Finding:
    """It needs hands."""
    return Finding(subject=subject, mark=Mark.WRONG, says=says, advice=advice)


def guarded(subject: str, check: Check) -> Iterator[Finding]:
    """The findings of a check, which never takes the other checks along when it fails itself."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - a sick machine must not silence its doctor
        yield wrong(
            subject,
            f"could not be looked at: {type(error).__name__}: {error}",
            "This is a fault of the program. Please report it with this line.",
        )
