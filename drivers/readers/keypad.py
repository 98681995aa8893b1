"""What is typed on a reader's pad just before a card: only whether it was the sign of duress.

The digits themselves go nowhere: no log, no event.
"""

from dataclasses import dataclass, field
from typing import Final

TYPED_FOR_S: Final = 10.0
"""Digits older than this when the card comes belong to nobody."""
_MOST: Final = 16
_LONGEST_SIGN: Final = 8


@dataclass(slots=True)
class Keypad:
    """Remembers digits for a few seconds. `sign` is the agreed one, ``""`` for none."""

    sign: str = field(repr=False)
    _typed: list[tuple[float, str]] = field(default_factory=list, init=False, repr=False)

    def press(self, digit: str, at: float) -> None:
        """A key was pressed."""
        if self.sign:
            self._typed = [*self._typed, (at, digit)][-_MOST:]

    def duress(self, at: float) -> bool:
        """Was the sign typed just before? Forgets what was typed."""
        typed, self._typed = self._typed, []
        fresh = "".join(digit for pressed_at, digit in typed if at - pressed_at <= TYPED_FOR_S)
        return bool(self.sign) and fresh.endswith(self.sign)


def duress_sign(text: str) -> str:
    """The setting ``duress`` of a reader: one to eight digits. Raises ValueError."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_SIGN):
        raise ValueError("duress must be one to eight digits")
    return text
