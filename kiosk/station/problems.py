"""From an error to the one word under which screens find what to say."""

from typing import Final

UNEXPECTED: Final = "unexpected"


def problem_of(error: Exception) -> str:
    """The reason the server gave, else the stable code of the error's class."""
    reason = getattr(error, "reason", "")
    code = getattr(error, "code", "")
    return str(reason or code or UNEXPECTED)
